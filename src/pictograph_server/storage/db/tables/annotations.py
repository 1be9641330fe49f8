"""Annotations, and what saves replaced."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import metadata, organization_column

annotations = Table(
    "annotations",
    metadata,
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    organization_column(),
    # The wire's list, as saved: order, ids and numbers come back exactly.
    Column("document", Json, nullable=False),
    # annotation id -> who or what made it, when, with which prompt, threshold and confidence (R11).
    Column("provenance", Json, nullable=False),
    # Who made this state, as provenance names them and as people know them, and what it was where it was no plain save.
    Column("saved_by", String(400)),
    Column("saved_by_name", String(400)),
    Column("note", Text),
    Column("updated_at", UtcDateTime, nullable=False),
)

# What saves replaced: the row of `annotations` as it was, under the image's `annotation_version` of then.
annotation_versions = Table(
    "annotation_versions",
    metadata,
    Column("image_id", String(36), ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Json, nullable=False),
    Column("provenance", Json, nullable=False),
    Column("saved_by", String(400)),
    Column("saved_by_name", String(400)),
    Column("note", Text),
    Column("saved_at", UtcDateTime, nullable=False),
)
