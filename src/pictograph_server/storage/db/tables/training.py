"""Training runs, their epochs and splits."""

from sqlalchemy import (
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

from .columns import dataset_column, id_column, metadata, organization_column

training_runs = Table(
    "training_runs",
    metadata,
    id_column(),  # also the id of the job that runs it
    organization_column(),
    dataset_column(index=True),
    Column("export_id", String(36)),
    # The version of the dataset that it learns from; see `versions`, which it may outlive.
    Column("dataset_version_id", String(36), index=True),
    Column("dataset_version", Integer),
    Column("model_id", String(36)),
    # The model that it goes on from.
    Column("parent_model_id", String(36)),
    Column("name", String(100), nullable=False),
    Column("pipeline_type", String(40), nullable=False),
    Column("gpu_type", String(16)),
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("current_epoch", Integer, nullable=False, server_default=text("0")),
    Column("total_epochs", Integer),
    Column("metrics", Json, nullable=False),
    Column("config", Json, nullable=False),
    # What the run really used, in words: "cpu (2 threads)", "NVIDIA A10G".
    Column("device", String(120)),
    # The weights at the start, in words; random ones when there are none.
    Column("started_from", String(200)),
    # What a person should know of the data: classes dropped, nothing held back.
    Column("remarks", Json, nullable=False),
    Column("eta_seconds", Integer),
    # Spent on epochs, over all attempts: what the run is charged for.
    Column("training_seconds", Float),
    Column("error_message", Text),
    Column("created_by", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Index("ix_training_runs_newest", "organization_id", "created_at", "id"),
)

training_epochs = Table(
    "training_epochs",
    metadata,
    Column("run_id", String(36), ForeignKey("training_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    # Losses, figures of the val split where it was measured, learning rate, images a second.
    Column("metrics", Json, nullable=False),
    Column("eta_seconds", Integer),
    Column("seconds", Float, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
)

# One row a run: read whole or not at all, and apart from the run because it may hold 100,000 ids.
training_splits = Table(
    "training_splits",
    metadata,
    Column("run_id", String(36), ForeignKey("training_runs.id", ondelete="CASCADE"), primary_key=True),
    # Split -> ids of its images; split -> class -> annotations.
    Column("images", Json, nullable=False),
    Column("objects", Json, nullable=False),
)
