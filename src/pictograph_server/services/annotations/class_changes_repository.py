"""Rows of class changes, and which of them have not come to every image yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, insert, literal_column, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from .renaming import ClassChangeKind, Renaming

ClassChangeStatus = Literal["pending", "completed", "failed"]

_changes = tables.class_changes
_images = tables.images
_labels = tables.image_labels
# Not as a parameter: SQLite uses a partial index only where it reads the condition itself.
_IS_PENDING = _changes.c.status == literal_column("'pending'")


@dataclass(frozen=True, slots=True)
class ClassChangeRecord:
    """A class change's row."""

    id: str
    organization_id: str
    dataset_id: str
    kind: ClassChangeKind
    class_names: list[str]
    target: str | None
    status: ClassChangeStatus
    images_changed: int
    annotations_changed: int
    error_message: str | None
    created_by: str
    created_by_name: str
    created_at: datetime
    completed_at: datetime | None

    @property
    def renaming(self) -> Renaming:
        return Renaming(frozenset(self.class_names), self.target)


def add(conn: Connection, record: ClassChangeRecord) -> None:
    conn.execute(insert(_changes).values({name: getattr(record, name) for name in ClassChangeRecord.__slots__}))


def find(conn: Connection, organization_id: str, change_id: str) -> ClassChangeRecord | None:
    query = _select().where(_changes.c.organization_id == organization_id, _changes.c.id == change_id)
    row = conn.execute(query).first()
    return None if row is None else _record(row)


def pending(conn: Connection, dataset_id: str) -> list[ClassChangeRecord]:
    """Return the changes of a dataset that are on their way, in the order they were asked for."""
    query = _select().where(_changes.c.dataset_id == dataset_id, _IS_PENDING)
    return [_record(row) for row in conn.execute(query.order_by(_changes.c.created_at, _changes.c.id))]


def page(conn: Connection, dataset_id: str, *, limit: int, offset: int) -> list[ClassChangeRecord]:
    """Return the changes of a dataset, newest first."""
    query = _select().where(_changes.c.dataset_id == dataset_id)
    query = query.order_by(_changes.c.created_at.desc(), _changes.c.id.desc()).limit(limit).offset(offset)
    return [_record(row) for row in conn.execute(query)]


def pending_of_images(conn: Connection, image_ids: Sequence[str]) -> dict[str, list[Renaming]]:
    """Return image id -> the changes on their way to it. Nearly always there are none, which costs one short look."""
    if conn.execute(select(_changes.c.id).where(_IS_PENDING).limit(1)).first() is None:
        return {}
    query = (
        select(_images.c.id, _changes.c.class_names, _changes.c.target)
        .join(_changes, _changes.c.dataset_id == _images.c.dataset_id)
        .where(_images.c.id.in_(image_ids), _IS_PENDING)
        .order_by(_changes.c.created_at, _changes.c.id)
    )
    found: dict[str, list[Renaming]] = {}
    for image_id, names, target in conn.execute(query):
        found.setdefault(image_id, []).append(Renaming(frozenset(names), target))
    return found


def later_renamings(conn: Connection, dataset_id: str, moment: datetime) -> list[Renaming]:
    """Return the renamings and merges of a dataset since a moment: what a class of then is called today."""
    query = (
        select(_changes.c.class_names, _changes.c.target)
        .where(
            _changes.c.dataset_id == dataset_id,
            _changes.c.created_at > moment,
            _changes.c.target.is_not(None),
            _changes.c.status != "failed",
        )
        .order_by(_changes.c.created_at, _changes.c.id)
    )
    return [Renaming(frozenset(names), target) for names, target in conn.execute(query)]


def images_showing(conn: Connection, dataset_id: str, class_names: Sequence[str], *, limit: int) -> list[str]:
    """Return images of the dataset with an annotation or a tag of these classes, archived ones too."""
    query = (
        select(_labels.c.image_id)
        .distinct()
        .where(_labels.c.dataset_id == dataset_id, _labels.c.class_name.in_(class_names))
    )
    return list(conn.scalars(query.order_by(_labels.c.image_id).limit(limit)))


def count_showing(conn: Connection, dataset_id: str, class_names: Sequence[str], *, at_most: int | None = None) -> int:
    """Count these images, no further than `at_most`."""
    query = (
        select(_labels.c.image_id)
        .distinct()
        .where(_labels.c.dataset_id == dataset_id, _labels.c.class_name.in_(class_names))
    )
    return conn.scalar(select(func.count()).select_from(query.limit(at_most).subquery())) or 0


def batch_looking_for(conn: Connection, dataset_id: str, class_names: Sequence[str]) -> str | None:
    """Return a batch at work on the dataset that asks for one of the classes."""
    batches = tables.batch_jobs
    query = select(batches.c.id, batches.c.request).where(
        batches.c.dataset_id == dataset_id, batches.c.status.in_(("pending", "running"))
    )
    for batch_id, request in conn.execute(query):
        if any(entry["name"] in class_names for entry in request.get("classes", ())):
            return batch_id
    return None


def add_progress(conn: Connection, change_id: str, *, images: int, annotations: int) -> None:
    conn.execute(
        update(_changes)
        .where(_changes.c.id == change_id)
        .values(
            images_changed=_changes.c.images_changed + images,
            annotations_changed=_changes.c.annotations_changed + annotations,
        )
    )


def end(conn: Connection, change_id: str, status: ClassChangeStatus, *, error_message: str | None = None) -> None:
    """Set how a change ended; one that has ended stays as it is."""
    conn.execute(
        update(_changes)
        .where(_changes.c.id == change_id, _IS_PENDING)
        .values(status=status, error_message=error_message, completed_at=now())
    )


def _select() -> Select[Any]:
    columns = (_changes.c[name] for name in ClassChangeRecord.__slots__)
    return select(*columns)


def _record(row: Row[Any]) -> ClassChangeRecord:
    return ClassChangeRecord(*row)
