"""Queries of what images look like: whole datasets, in the order their images came."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, false, or_, select

from pictograph_server.storage.db import tables

_images = tables.images
_descriptors = tables.image_descriptors
_PRESENT = _images.c.is_archived == false()
_ROWS_AT_ONCE = 10_000

# Ids and descriptors, side by side.
Batch = tuple[list[str], list[bytes]]


def descriptor_of(conn: Connection, image_id: str) -> bytes | None:
    return conn.scalar(select(_descriptors.c.descriptor).where(_descriptors.c.image_id == image_id))


def of_dataset(conn: Connection, dataset_id: str) -> Iterator[Batch]:
    """Yield the descriptors of a dataset, archived images' too: the images themselves are not looked at."""
    query = select(_descriptors.c.image_id, _descriptors.c.descriptor)
    yield from _batches(conn, query.where(_descriptors.c.dataset_id == dataset_id))


def of_folder(conn: Connection, dataset_id: str, folder: str) -> Iterator[Batch]:
    """Yield the descriptors of the images that are in a folder and below it."""
    below = f"{folder.rstrip('/')}/"
    is_inside = or_(
        _images.c.folder_path == folder,
        # A stretch of the index of folders; the digit 0 is what follows the slash.
        (_images.c.folder_path > below) & (_images.c.folder_path < f"{below[:-1]}0"),
    )
    query = select(_descriptors.c.image_id, _descriptors.c.descriptor).join(
        _images, _images.c.id == _descriptors.c.image_id
    )
    yield from _batches(conn, query.where(_images.c.dataset_id == dataset_id, _PRESENT, is_inside))


def of_images(conn: Connection, image_ids: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for start in range(0, len(image_ids), 500):
        query = select(_descriptors.c.image_id, _descriptors.c.descriptor).where(
            _descriptors.c.image_id.in_(image_ids[start : start + 500])
        )
        found.update({row.image_id: row.descriptor for row in conn.execute(query)})
    return found


def count_archived(conn: Connection, dataset_id: str) -> int:
    datasets = tables.datasets
    return conn.execute(select(datasets.c.archived_image_count).where(datasets.c.id == dataset_id)).scalar_one()


def hashes(conn: Connection, dataset_id: str, *, limit: int) -> list[tuple[str, str]]:
    """Return (id, difference hash) of the newest present images that the ingest job could read."""
    query = select(_images.c.id, _images.c.dhash).where(_images.c.dataset_id == dataset_id, _PRESENT)
    rows = conn.execute(query.order_by(_images.c.id.desc()).limit(limit))
    return [(image_id, dhash) for image_id, dhash in rows if dhash is not None]


def _batches(conn: Connection, query: Select[Any, Any]) -> Iterator[Batch]:
    result = conn.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    for rows in result.partitions():
        yield [row[0] for row in rows], [row[1] for row in rows]
