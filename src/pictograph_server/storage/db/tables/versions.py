"""Versions: a dataset frozen."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import dataset_column, id_column, metadata, organization_column

versions = Table(
    "versions",
    metadata,
    id_column(),  # also the id of the job that freezes it, unless an export does
    organization_column(),
    dataset_column(),
    # 1, 2, 3 … within the dataset, never used again.
    Column("number", Integer, nullable=False),
    Column("name", String(100)),
    Column("description", Text),
    # freezing, ready, failed, deleted (until a job has taken away what it alone holds)
    Column("status", String(16), nullable=False),
    # The export that freezes it, where it was not asked for by itself.
    Column("export_id", String(36), index=True),
    Column("status_filter", String(20)),
    # SHA-256 of the manifest, which names the chunks: equal contents are stored once.
    Column("content_sha256", String(64)),
    Column("image_count", Integer, nullable=False, server_default=text("0")),
    Column("annotation_count", Integer, nullable=False, server_default=text("0")),
    Column("size_bytes", BigInteger, nullable=False, server_default=text("0")),
    # Class name -> [annotations, images that have one].
    Column("class_counts", Json, nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    Column("created_by", String(36)),
    Column("created_by_name", String(320)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    UniqueConstraint("dataset_id", "number"),
    UniqueConstraint("dataset_id", "name"),
    Index("ix_versions_newest", "organization_id", "created_at", "id"),
)

# Contents of images that some version of the dataset holds: their bytes stay when the images are deleted.
version_images = Table(
    "version_images",
    metadata,
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True, index=True),
)

version_restores = Table(
    "version_restores",
    metadata,
    id_column(),  # also the id of the job that does it
    organization_column(),
    # The dataset that is made.
    dataset_column(index=True),
    Column("version_id", String(36), ForeignKey("versions.id", ondelete="SET NULL"), index=True),
    # pending, running, completed, failed, cancelled
    Column("status", String(16), nullable=False),
    Column("images_total", Integer, nullable=False),
    Column("images_done", Integer, nullable=False, server_default=text("0")),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)
