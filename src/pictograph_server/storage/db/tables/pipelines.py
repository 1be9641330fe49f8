"""Pipeline runs: a folder on its way to a model, and how far it is."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import id_column, metadata, organization_column, partial_index

pipeline_runs = Table(
    "pipeline_runs",
    metadata,
    id_column(),
    organization_column(),
    # Null while a program that drives its run itself has not made the dataset.
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), index=True),
    Column("dataset_name", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text),
    # `server`: dispatchers move it on. `client`: a program does, and reports what it did.
    Column("driver", String(16), nullable=False),
    # waiting, running, completed, failed, cancelled
    Column("status", String(16), nullable=False),
    # upload, annotate, review, train, done
    Column("stage", String(16), nullable=False),
    # images, review, credits
    Column("waiting_for", String(16)),
    # What was asked for: `services/pipelines/request.py`.
    Column("request", Json, nullable=False),
    # Stage -> state, when it began and ended.
    Column("stages", Json, nullable=False),
    # What was sent, was there already, and could not be sent and why.
    Column("upload", Json, nullable=False),
    # The job of the stage; all there were in this run, the last one last.
    Column("batch_id", String(36)),
    Column("export_id", String(36)),
    Column("training_run_id", String(36)),
    Column("batch_ids", Json, nullable=False),
    Column("training_run_ids", Json, nullable=False),
    # Images that waited for people when the review began.
    Column("review_total", Integer),
    # Somebody took what waits as it is: it becomes complete, some thousand at a time.
    Column("is_accepting", Boolean, nullable=False, server_default=text("false")),
    Column("model_id", String(36)),
    Column("credit_skip_reason", Text),
    Column("error_code", String(60)),
    Column("error_message", Text),
    # On whose behalf it goes on: id, role, name, kind.
    Column("actor", Json, nullable=False),
    Column("created_by", String(36)),
    Column("rerun_of", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    # When the driver was last heard of; a server's run is never silent.
    Column("reported_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Index("ix_pipeline_runs_newest", "organization_id", "id"),
    # What dispatchers look at every second.
    partial_index(
        "ix_pipeline_runs_open",
        ("driver", "id"),
        sqlite_where="status IN ('running', 'waiting')",
        postgres_where="status IN ('running', 'waiting')",
    ),
)
