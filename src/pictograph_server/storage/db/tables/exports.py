"""Exports."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import dataset_column, id_column, metadata, organization_column

exports = Table(
    "exports",
    metadata,
    id_column(),
    organization_column(),
    dataset_column(),
    Column("job_id", String(36)),
    Column("name", String(100), nullable=False),
    Column("format", String(20), nullable=False),
    Column("include_images", Boolean, nullable=False),
    Column("class_filter", Json),
    Column("status_filter", String(20)),
    # The version of the dataset that went in; see `versions`, which it may outlive.
    Column("dataset_version_id", String(36), index=True),
    Column("dataset_version", Integer),
    Column("status", String(16), nullable=False),
    Column("error_message", Text),
    Column("blob_key", String(200)),
    Column("file_size_bytes", BigInteger),
    Column("image_count", Integer),
    Column("annotation_count", Integer),
    # What the format could not express, counted (R10).
    Column("report", Json),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("dataset_id", "name"),
    Index("ix_exports_newest", "organization_id", "created_at", "id"),
)
