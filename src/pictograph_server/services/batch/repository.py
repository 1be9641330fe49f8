"""Statements on many images: each takes a thousand at a time, whatever their number."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, false, func, insert, or_, select, true, update

from pictograph_server.services.images import tallies_repository
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from .records import BulkImage

_images = tables.images
_columns = tuple(_images.c[field.name] for field in fields(BulkImage))
# Written so, and not as `IS FALSE`, the condition is that of the index of names, which SQLite compares word by word.
_PRESENT = _images.c.is_archived == false()
_CHUNK = 1000
# Alternatives in one query: SQLite allows expressions a thousand deep.
_PATHS_A_QUERY = 100
# Names of one folder from which on they get queries of their own.
_MANY_NAMES = 5

Path = tuple[str, str]


def find(conn: Connection, organization_id: str, dataset_id: str, ids: Sequence[str]) -> dict[str, BulkImage]:
    """Return those of the images that are in the dataset, archived ones too, by id."""
    found: dict[str, BulkImage] = {}
    for chunk in _chunks(ids):
        # The ids lead. Compared as it is, the dataset has indexes too, and a Postgres that has not analysed the table
        # may walk through the whole dataset for every thousand ids.
        query = select(*_columns).where(
            _images.c.id.in_(chunk),
            func.coalesce(_images.c.organization_id, "") == organization_id,
            func.coalesce(_images.c.dataset_id, "") == dataset_id,
        )
        found.update({row.id: BulkImage(*row) for row in conn.execute(query)})
    return found


def by_ids(conn: Connection, dataset_id: str, ids: Sequence[str]) -> list[BulkImage]:
    """Return images of a dataset that the caller has looked up."""
    found: list[BulkImage] = []
    for chunk in _chunks(ids):
        query = select(*_columns).where(_images.c.id.in_(chunk), _images.c.dataset_id == dataset_id)
        found += [BulkImage(*row) for row in conn.execute(query)]
    return found


def holders(conn: Connection, dataset_id: str, paths: Sequence[Path]) -> dict[Path, str]:
    """Return (folder_path, filename) -> id of the present images that have these names."""
    by_folder: dict[str, list[str]] = {}
    for folder, filename in dict.fromkeys(paths):
        by_folder.setdefault(folder, []).append(filename)
    query = select(_images.c.folder_path, _images.c.filename, _images.c.id)
    here = and_(_images.c.dataset_id == dataset_id, _PRESENT)
    found: dict[Path, str] = {}
    single: list[Path] = []
    for folder, filenames in by_folder.items():
        if len(filenames) < _MANY_NAMES:
            single += [(folder, filename) for filename in filenames]
            continue
        for chunk in _chunks(filenames):
            rows = conn.execute(query.where(here, _images.c.folder_path == folder, _images.c.filename.in_(chunk)))
            found.update({(row.folder_path, row.filename): row.id for row in rows})
    for start in range(0, len(single), _PATHS_A_QUERY):
        alternatives = (
            and_(here, _images.c.folder_path == folder, _images.c.filename == filename)
            for folder, filename in single[start : start + _PATHS_A_QUERY]
        )
        rows = conn.execute(query.where(or_(*alternatives)))
        found.update({(row.folder_path, row.filename): row.id for row in rows})
    return found


def changed_since(conn: Connection, ids: Sequence[str], moment: datetime) -> set[str]:
    """Return those of the images whose rows were made or changed at or after a moment."""
    found: set[str] = set()
    for chunk in _chunks(ids):
        found.update(conn.scalars(select(_images.c.id).where(_images.c.id.in_(chunk), _images.c.updated_at >= moment)))
    return found


def set_values(conn: Connection, ids: Sequence[str], values: Mapping[str, object]) -> None:
    """Give all of these images the same values."""
    moment = now()
    for chunk in _chunks(ids):
        conn.execute(update(_images).where(_images.c.id.in_(chunk)).values(**values, updated_at=moment))


def set_paths(conn: Connection, paths: Mapping[str, Path]) -> None:
    """Give each image (id -> folder and name) its own."""
    if not paths:
        return
    moment = now()
    statement = (
        update(_images)
        .where(_images.c.id == bindparam("image"))
        .values(folder_path=bindparam("folder"), filename=bindparam("name"), updated_at=moment)
    )
    conn.execute(
        statement,
        [{"image": image_id, "folder": folder, "name": name} for image_id, (folder, name) in paths.items()],
    )


def remove(conn: Connection, ids: Sequence[str]) -> None:
    """Delete the rows; annotations and whatever else was made of the images go with them by cascade."""
    for chunk in _chunks(ids):
        conn.execute(delete(_images).where(_images.c.id.in_(chunk)))


def whole_rows(conn: Connection, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield every column of the images, for copies: whatever a later version keeps of an image is copied too."""
    for chunk in _chunks(ids):
        for row in conn.execute(select(_images).where(_images.c.id.in_(chunk))).mappings():
            yield dict(row)


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), _CHUNK):
        conn.execute(insert(_images), list(rows[start : start + _CHUNK]))


def copy_descriptors(conn: Connection, dataset_id: str, copies: Mapping[str, str]) -> None:
    """Give copies (id of the original -> id of the copy) what was found out about how the originals look."""
    descriptors = tables.image_descriptors
    for chunk in _chunks(list(copies)):
        rows = conn.execute(
            select(descriptors.c.image_id, descriptors.c.descriptor).where(descriptors.c.image_id.in_(chunk))
        )
        new = [
            {"image_id": copies[row.image_id], "dataset_id": dataset_id, "descriptor": row.descriptor} for row in rows
        ]
        if new:
            conn.execute(insert(descriptors), new)


def set_annotation_counts(conn: Connection, counts: Mapping[str, int]) -> None:
    """Correct the counts (image id -> count) that the rows do not have already."""
    for chunk in _chunks(list(counts)):
        rows = conn.execute(select(_images.c.id, _images.c.annotation_count).where(_images.c.id.in_(chunk)))
        wrong = [row.id for row in rows if row.annotation_count != counts[row.id]]
        for image_id in wrong:
            set_values(conn, [image_id], {"annotation_count": counts[image_id]})


# --- folders ---


def folder_counts(conn: Connection, dataset_id: str) -> Counter[str]:
    """Return folder -> how many present images are in it itself, for every folder that has any."""
    counts: Counter[str] = Counter()
    for place, count in tallies_repository.places(conn, dataset_id).items():
        if not place.is_archived:
            counts[place.folder_path] += count
    return counts


def in_folder(
    conn: Connection, dataset_id: str, folder: str, *, after: str, until: datetime, limit: int
) -> list[BulkImage]:
    """Return present images of the folder itself by name, those after a name that were made until a moment."""
    query = (
        select(*_columns)
        .where(
            _images.c.dataset_id == dataset_id,
            _PRESENT,
            _images.c.folder_path == folder,
            _images.c.filename > after,
            _images.c.created_at <= until,
        )
        .order_by(_images.c.filename)
        .limit(limit)
    )
    return [BulkImage(*row) for row in conn.execute(query)]


# --- the trash ---


def count_archived(conn: Connection, dataset_id: str) -> int:
    return sum(count for place, count in tallies_repository.places(conn, dataset_id).items() if place.is_archived)


def archived_page(
    conn: Connection, dataset_id: str, *, after: str | None, until: datetime | None, limit: int
) -> list[BulkImage]:
    """Return archived images, newest first, those behind an id; `until` leaves out what changed later."""
    query = select(*_columns).where(_images.c.dataset_id == dataset_id, _images.c.is_archived == true())
    if until is not None:
        query = query.where(_images.c.updated_at <= until)
    if after is not None:
        query = query.where(_images.c.id < after)
    return [BulkImage(*row) for row in conn.execute(query.order_by(_images.c.id.desc()).limit(limit))]


# --- deleted datasets ---


def some_of(conn: Connection, organization_id: str, dataset_id: str, *, limit: int) -> list[BulkImage]:
    """Return any images of a dataset, archived or not."""
    here = and_(_images.c.organization_id == organization_id, _images.c.dataset_id == dataset_id)
    return [BulkImage(*row) for row in conn.execute(select(*_columns).where(here).limit(limit))]


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
