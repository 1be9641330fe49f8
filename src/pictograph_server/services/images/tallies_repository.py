"""Queries of the counts that are kept: images by folder and status, and images and annotations by class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, or_, select, text, update

from pictograph_server.storage.db import tables

_images = tables.images
_labels = tables.image_labels
_places = tables.image_tallies
_classes = tables.class_tallies
_CHUNK = 500
# Of any columns.
_Query = Select[*tuple[Any, ...]]

# Both databases write an upsert in these words.
_ADD_IMAGES = text(
    "INSERT INTO image_tallies (dataset_id, folder_path, is_archived, status, image_count, changes) "
    "VALUES (:dataset_id, :folder_path, :is_archived, :status, :image_count, 1) "
    "ON CONFLICT (dataset_id, folder_path, is_archived, status) "
    "DO UPDATE SET image_count = image_tallies.image_count + excluded.image_count, changes = image_tallies.changes + 1"
)
_ADD_CLASSES = text(
    "INSERT INTO class_tallies (dataset_id, class_name, image_count, annotation_count, tagged_count) "
    "VALUES (:dataset_id, :class_name, :image_count, :annotation_count, :tagged_count) "
    "ON CONFLICT (dataset_id, class_name) "
    "DO UPDATE SET image_count = class_tallies.image_count + excluded.image_count, "
    "annotation_count = class_tallies.annotation_count + excluded.annotation_count, "
    "tagged_count = class_tallies.tagged_count + excluded.tagged_count"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is and how it stands: what images are counted by."""

    folder_path: str
    is_archived: bool
    status: str


@dataclass(frozen=True, slots=True)
class ClassTally:
    """How many images show a class, with how many annotations, and how many are tagged with it."""

    image_count: int = 0
    annotation_count: int = 0
    tagged_count: int = 0

    def __add__(self, other: "ClassTally") -> "ClassTally":
        return ClassTally(
            self.image_count + other.image_count,
            self.annotation_count + other.annotation_count,
            self.tagged_count + other.tagged_count,
        )

    def __sub__(self, other: "ClassTally") -> "ClassTally":
        return ClassTally(
            self.image_count - other.image_count,
            self.annotation_count - other.annotation_count,
            self.tagged_count - other.tagged_count,
        )


def add_images(conn: Connection, dataset_id: str, changes: Mapping[Place, int]) -> None:
    """Add to the counts of places. One that is named with 0 has other images than before, as many."""
    rows = [
        {
            "dataset_id": dataset_id,
            "folder_path": place.folder_path,
            "is_archived": place.is_archived,
            "status": place.status,
            "image_count": change,
        }
        for place, change in changes.items()
    ]
    if rows:
        conn.execute(_ADD_IMAGES, rows)


def add_classes(conn: Connection, dataset_id: str, changes: Mapping[str, ClassTally]) -> None:
    rows = [
        {
            "dataset_id": dataset_id,
            "class_name": class_name,
            "image_count": change.image_count,
            "annotation_count": change.annotation_count,
            "tagged_count": change.tagged_count,
        }
        for class_name, change in changes.items()
        if change != ClassTally()
    ]
    if rows:
        conn.execute(_ADD_CLASSES, rows)


def places(conn: Connection, dataset_id: str, folder_path: str = "/") -> dict[Place, int]:
    """Return how many images there are where, in a folder and below it; only where there are any."""
    query = select(_places).where(_places.c.dataset_id == dataset_id, _places.c.image_count > 0)
    if folder_path != "/":
        below = f"{folder_path}/"
        is_below = func.substr(_places.c.folder_path, 1, len(below)) == below
        query = query.where(or_(_places.c.folder_path == folder_path, is_below))
    return {Place(row.folder_path, bool(row.is_archived), row.status): row.image_count for row in conn.execute(query)}


def statuses(conn: Connection, dataset_id: str) -> dict[tuple[bool, str], int]:
    """Return (is archived, status) -> images of the whole dataset."""
    query = select(_places.c.is_archived, _places.c.status, func.sum(_places.c.image_count))
    query = query.where(_places.c.dataset_id == dataset_id).group_by(_places.c.is_archived, _places.c.status)
    return {(bool(is_archived), status): int(count) for is_archived, status, count in conn.execute(query) if count}


def generation(conn: Connection, dataset_id: str) -> int:
    """Return a number that grows whenever images come, go or change their status."""
    query = select(func.coalesce(func.sum(_places.c.changes), 0)).where(_places.c.dataset_id == dataset_id)
    return int(conn.execute(query).scalar_one())


def classes(conn: Connection, dataset_id: str) -> dict[str, ClassTally]:
    """Return class name -> its counts, archived images left out."""
    query = select(
        _classes.c.class_name, _classes.c.image_count, _classes.c.annotation_count, _classes.c.tagged_count
    ).where(_classes.c.dataset_id == dataset_id)
    return {name: ClassTally(*counts) for name, *counts in conn.execute(query)}


def places_of(conn: Connection, dataset_id: str, image_ids: Sequence[str] | None) -> Counter[Place]:
    """Count by place those of the images that are in the dataset, by looking at them; None means all."""
    query = select(_images.c.folder_path, _images.c.is_archived, _images.c.status, func.count()).where(
        _of_dataset(dataset_id, image_ids)
    )
    query = query.group_by(_images.c.folder_path, _images.c.is_archived, _images.c.status)
    found: Counter[Place] = Counter()
    for chunk in _chunks(query, image_ids):
        for folder_path, is_archived, status, count in conn.execute(chunk):
            found[Place(folder_path, is_archived, status)] += count
    return found


def classes_of(conn: Connection, dataset_id: str, image_ids: Sequence[str] | None) -> dict[str, ClassTally]:
    """Count by class those of the images that are in the dataset and not archived; None means all."""
    is_tag = _labels.c.annotation_count.is_(None)
    query = (
        select(
            _labels.c.class_name,
            func.count(case((~is_tag, _labels.c.image_id)).distinct()),
            func.coalesce(func.sum(_labels.c.annotation_count), 0),
            func.count(case((is_tag, _labels.c.image_id)).distinct()),
        )
        .join(_images, _images.c.id == _labels.c.image_id)
        .where(_of_dataset(dataset_id, image_ids), _images.c.is_archived.is_(False))
        .group_by(_labels.c.class_name)
    )
    found: dict[str, ClassTally] = {}
    for chunk in _chunks(query, image_ids):
        for class_name, *counts in conn.execute(chunk):
            found[class_name] = found.get(class_name, ClassTally()) + ClassTally(*counts)
    return found


def clear(conn: Connection, dataset_id: str) -> None:
    nothing = update(_places).where(_places.c.dataset_id == dataset_id)
    conn.execute(nothing.values(image_count=0, changes=_places.c.changes + 1))
    conn.execute(delete(_classes).where(_classes.c.dataset_id == dataset_id))


def _of_dataset(dataset_id: str, image_ids: Sequence[str] | None) -> ColumnElement[bool]:
    """Return the condition, written past the indexes where ids are named.

    A Postgres that has not analysed the table may otherwise walk through the whole dataset for every few hundred ids.
    """
    column = _images.c.dataset_id
    return column == dataset_id if image_ids is None else func.coalesce(column, "") == dataset_id


def _chunks(query: _Query, image_ids: Sequence[str] | None) -> list[_Query]:
    if image_ids is None:
        return [query]
    starts = range(0, len(image_ids), _CHUNK)
    return [query.where(_images.c.id.in_(image_ids[start : start + _CHUNK])) for start in starts]
