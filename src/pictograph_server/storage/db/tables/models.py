"""Models, and how they were measured."""

from sqlalchemy import (
    Column,
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

models = Table(
    "models",
    metadata,
    id_column(),
    organization_column(),
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
    Column("training_run_id", String(36)),
    Column("name", String(200), nullable=False),
    Column("description", Text),
    Column("model_type", String(40), nullable=False),
    Column("architecture", String(80)),
    Column("visibility", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("metrics", Json),
    # "0" -> class name, in the order the network answers.
    Column("class_mapping", Json),
    Column("version", String(40), nullable=False),
    Column("parent_model_id", String(36)),
    # The version of the dataset that it was trained on; see `versions`, which it may outlive.
    Column("dataset_version_id", String(36), index=True),
    Column("dataset_version", Integer),
    # The model card (R14) and where its files are: file name -> blob key.
    Column("card", Json, nullable=False),
    Column("files", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_models_newest", "organization_id", "created_at", "id"),
)

model_evaluations = Table(
    "model_evaluations",
    metadata,
    id_column(),  # also the id of the job that does it
    organization_column(),
    Column("model_id", String(36), ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    dataset_column(index=True),
    # train, val, test, all; null for the images that the model has not learned from.
    Column("split", String(8)),
    Column("status_filter", String(20), nullable=False),
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    # Every figure, once it is completed.
    Column("result", Json),
    Column("created_by", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Index("ix_model_evaluations_newest", "model_id", "created_at", "id"),
)
