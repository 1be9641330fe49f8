"""Batches of auto-annotation."""

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

batch_jobs = Table(
    "batch_jobs",
    metadata,
    id_column(),  # the wire's `job_id`; the jobs of the queue that do its shards have ids of their own
    organization_column(),
    dataset_column(index=True),
    Column("status", String(16), nullable=False),
    Column("total_images", Integer, nullable=False),
    Column("processed_images", Integer, nullable=False, server_default=text("0")),
    Column("failed_images", Integer, nullable=False, server_default=text("0")),
    Column("annotations_added", Integer, nullable=False, server_default=text("0")),
    Column("estimated_credits", Integer, nullable=False),
    # What was asked for: classes with prompts and output types, thresholds, top_k, model.
    Column("request", Json, nullable=False),
    # The engine and checkpoint that answered, known once the job has loaded it.
    Column("engine", String(200)),
    # [[seconds since the epoch, images settled by then], …] of the last minute at work.
    Column("pace", Json, nullable=False),
    # Class -> how many annotations were found in each twentieth of the confidence.
    Column("confidences", Json, nullable=False, server_default=text("'{}'")),
    Column("error_message", Text),
    Column("created_by", String(36)),
    Column("created_by_name", String(320)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Index("ix_batch_jobs_newest", "organization_id", "id"),
)

# The shards of a batch that have not ended: a row leaves with its job, the last one takes the batch to its end.
batch_shards = Table(
    "batch_shards",
    metadata,
    Column("job_id", String(36), primary_key=True),
    Column("batch_id", String(36), ForeignKey("batch_jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    # Positions of its images; the end is not among them.
    Column("first_position", Integer, nullable=False),
    Column("end_position", Integer, nullable=False),
)

batch_images = Table(
    "batch_images",
    metadata,
    Column("batch_id", String(36), ForeignKey("batch_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, nullable=False),
    # pending, done, failed
    Column("state", String(16), nullable=False),
    Column("annotations_added", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Index("ix_batch_images_pending", "batch_id", "state", "position"),
    # Deleting an image looks for what refers to it.
    Index("ix_batch_images_image_id", "image_id"),
)

# What a batch with the destination "proposals" found: to be measured, the dataset is left as it is.
proposals = Table(
    "proposals",
    metadata,
    Column("batch_id", String(36), ForeignKey("batch_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True),
    # The wire's list of annotations; [] for an image that was searched and shows nothing.
    Column("document", Json, nullable=False),
    # Class name -> confidence of what was asked for as a tag and is there.
    Column("tags", Json, nullable=False),
)
