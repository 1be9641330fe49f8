"""Tags of images, written many at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from . import labels_repository

_CHUNK = 500


def tags_of(conn: Connection, image_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return image id -> its whole `auto_tags`."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(image_ids), _CHUNK):
        query = select(tables.images.c.id, tables.images.c.auto_tags)
        rows = conn.execute(query.where(tables.images.c.id.in_(image_ids[start : start + _CHUNK])))
        found.update({row.id: row.auto_tags for row in rows})
    return found


def set_tags(conn: Connection, tags: Mapping[str, Mapping[str, object]]) -> None:
    """Write image id -> its whole `auto_tags`. The images are locked."""
    if not tags:
        return
    moment = now()
    statement = update(tables.images).where(tables.images.c.id == bindparam("image"))
    conn.execute(
        statement.values(auto_tags=bindparam("tags"), updated_at=bindparam("moment")),
        [{"image": image_id, "tags": dict(each), "moment": moment} for image_id, each in tags.items()],
    )
    labels_repository.index_tags(conn, list(tags))
