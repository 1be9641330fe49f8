"""Tags of images, written many at a time."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from . import labels_repository


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
