"""Queries of the listing for downloads: page after page by what was last seen, however deep."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from pictograph_server.storage.db import tables

from .records import ImageRecord

_images = tables.images
_columns = tuple(_images.c[field.name] for field in fields(ImageRecord))


def page_after(
    conn: Connection,
    dataset_id: str,
    statuses: Sequence[str] | None,
    last: tuple[datetime, str] | None,
    limit: int,
) -> list[ImageRecord]:
    """Return the dataset's non-archived images that come after one, oldest first."""
    query = select(*_columns).where(_images.c.dataset_id == dataset_id, _images.c.is_archived.is_(False))
    if statuses is not None:
        query = query.where(_images.c.status.in_(statuses))
    if last is not None:
        created_at, image_id = last
        same_moment = and_(_images.c.created_at == created_at, _images.c.id > image_id)
        # The first condition is implied; it is what lets the index begin there.
        query = query.where(_images.c.created_at >= created_at, or_(_images.c.created_at > created_at, same_moment))
    rows = conn.execute(query.order_by(_images.c.created_at, _images.c.id).limit(limit))
    return [ImageRecord(*row) for row in rows]


def counts(conn: Connection, dataset_id: str, statuses: Sequence[str] | None) -> tuple[int, int]:
    """Return how many non-archived images there are, and how many of them have annotations."""
    annotated = func.count().filter(_images.c.annotation_count > 0)
    query = select(func.count(), annotated).where(_images.c.dataset_id == dataset_id, _images.c.is_archived.is_(False))
    if statuses is not None:
        query = query.where(_images.c.status.in_(statuses))
    total, with_annotations = conn.execute(query).one()
    return int(total), int(with_annotations)
