"""Jobs, their checkpoints and events."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import id_column, metadata, partial_index

jobs = Table(
    "jobs",
    metadata,
    id_column(),
    Column("organization_id", String(36), ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    # The task function's name (`export`, `train` …) and the lane whose slots it takes.
    Column("task", String(60), nullable=False),
    Column("lane", String(20), nullable=False),
    Column("payload", Json, nullable=False),
    # Of the people's list of jobs: the dataset it works on, where it is one, and who asked for it.
    Column("dataset_id", String(36)),
    Column("created_by", String(36)),
    Column("created_by_name", String(320)),
    # queued, running, succeeded, failed, cancelled
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("max_attempts", Integer, nullable=False),
    # Attempts in a row that got no further, by how they ended: the task raised, its process died, its worker vanished.
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("deaths", Integer, nullable=False, server_default=text("0")),
    Column("losses", Integer, nullable=False, server_default=text("0")),
    # Grows with every claim. A runner that holds an older one has lost the job and may write nothing more.
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("worker", String(120)),
    # Database clock, seconds since the epoch: hosts of a fleet need not agree on the time.
    Column("lease_expires_at", Float),
    Column("run_after", Float, nullable=False),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("progress", Float, nullable=False, server_default=text("0")),
    Column("message", Text),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index("ix_jobs_claim", "state", "lane", "run_after"),
    Index("ix_jobs_organization", "organization_id", "lane", "started_at"),
    # Ids sort by the time they were made.
    Index("ix_jobs_newest", "organization_id", "id"),
    Index("ix_jobs_ended", "organization_id", "finished_at"),
    partial_index(
        "ix_jobs_live",
        ("organization_id", "id"),
        sqlite_where="state IN ('queued', 'running')",
        postgres_where="state IN ('queued', 'running')",
    ),
)

job_checkpoints = Table(
    "job_checkpoints",
    metadata,
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("value", Json),
    Column("fence", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job_id", String(36), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("data", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
