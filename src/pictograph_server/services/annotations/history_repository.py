"""Rows of the history of annotations: what saves replaced, and who had made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select

from pictograph_server.storage.db import tables

from .documents import AnnotationJson

# Of each image: an hour's work of somebody whose editor saves after every stroke.
KEEP_VERSIONS = 100
_CHUNK = 500

_annotations = tables.annotations
_versions = tables.annotation_versions
_images = tables.images


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a state of annotations: as provenance names them, as people know them, and what it is if no save."""

    by: str | None = None
    name: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Annotations of an image as they are or were, and who made them so. `provenance` is JSON by annotation id."""

    version: int
    documents: Sequence[AnnotationJson]
    provenance: dict[str, Any]
    author: Author
    saved_at: datetime


def keep(conn: Connection, image_ids: Sequence[str]) -> None:
    """Copy what is about to be replaced into the history, and let go of what is older than the newest hundred."""
    for start in range(0, len(image_ids), _CHUNK):
        chunk = image_ids[start : start + _CHUNK]
        source = (
            select(
                _annotations.c.image_id,
                _images.c.annotation_version,
                _annotations.c.document,
                _annotations.c.provenance,
                _annotations.c.saved_by,
                _annotations.c.saved_by_name,
                _annotations.c.note,
                _annotations.c.updated_at,
            )
            .join(_images, _images.c.id == _annotations.c.image_id)
            .where(
                _annotations.c.image_id.in_(chunk),
                ~exists().where(
                    _versions.c.image_id == _annotations.c.image_id, _versions.c.version == _images.c.annotation_version
                ),
            )
        )
        conn.execute(insert(_versions).from_select([column.name for column in _versions.columns], source))
        current = select(_images.c.annotation_version).where(_images.c.id == _versions.c.image_id).scalar_subquery()
        conn.execute(
            delete(_versions).where(_versions.c.image_id.in_(chunk), _versions.c.version <= current - KEEP_VERSIONS)
        )


def current(conn: Connection, image_id: str, version: int) -> State | None:
    """Return the state that is in force, under the version the image has; None when nothing was ever saved."""
    query = select(
        _annotations.c.document,
        _annotations.c.provenance,
        _annotations.c.saved_by,
        _annotations.c.saved_by_name,
        _annotations.c.note,
        _annotations.c.updated_at,
    ).where(_annotations.c.image_id == image_id)
    row = conn.execute(query).first()
    return None if row is None else State(version, row[0], row[1], Author(row[2], row[3], row[4]), row[5])


def page(conn: Connection, image_id: str, *, before: int, limit: int) -> list[State]:
    """Return states that were replaced, those before a version, newest first."""
    query = _select().where(_versions.c.image_id == image_id, _versions.c.version < before)
    return [_state(row) for row in conn.execute(query.order_by(_versions.c.version.desc()).limit(limit))]


def find(conn: Connection, image_id: str, version: int) -> State | None:
    row = conn.execute(_select().where(_versions.c.image_id == image_id, _versions.c.version == version)).first()
    return None if row is None else _state(row)


def _select() -> Select[Any]:
    names = ("version", "document", "provenance", "saved_by", "saved_by_name", "note", "saved_at")
    return select(*(_versions.c[name] for name in names))


def _state(row: Row[Any]) -> State:
    author = Author(row.saved_by, row.saved_by_name, row.note)
    return State(row.version, row.document, row.provenance, author, row.saved_at)
