"""Rows of versions, of what they keep from being deleted, and of what was made from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

RowStatus = Literal["freezing", "ready", "failed", "deleted"]

_versions = tables.versions
_held = tables.version_images
_datasets = tables.datasets
_CHUNK = 500
_LINEAGE = 100


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A version's row, and the name of its dataset."""

    id: str
    organization_id: str
    dataset_id: str
    dataset_name: str
    number: int
    name: str | None
    description: str | None
    status: RowStatus
    export_id: str | None
    status_filter: str | None
    content_sha256: str | None
    image_count: int
    annotation_count: int
    size_bytes: int
    # [class name, annotations, images that have one], in the order of the dataset's list.
    class_counts: list[tuple[str, int, int]]
    progress: int
    error_message: str | None
    created_by: str | None
    created_by_name: str | None
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is known of a version when it is asked for."""

    id: str
    organization_id: str
    dataset_id: str
    name: str | None = None
    description: str | None = None
    export_id: str | None = None
    status_filter: str | None = None
    created_by: str | None = None
    created_by_name: str | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was frozen: the hash of its manifest, and what is in it."""

    content_sha256: str
    image_count: int
    annotation_count: int
    size_bytes: int
    class_counts: list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class DescendantRecord:
    """Something made from a version."""

    id: str
    name: str
    status: str
    created_at: datetime


def add(conn: Connection, new: NewVersion) -> None:
    """Insert a version that is being frozen, under the next number. The dataset is locked."""
    number = conn.scalar(
        update(_datasets)
        .where(_datasets.c.id == new.dataset_id)
        .values(last_version=_datasets.c.last_version + 1)
        .returning(_datasets.c.last_version)
    )
    values = {name: getattr(new, name) for name in NewVersion.__slots__}
    values |= {"number": number, "status": "freezing", "class_counts": [], "created_at": now()}
    conn.execute(insert(_versions).values(values))


def take_back(conn: Connection, record: VersionRecord) -> None:
    """Delete a version that nobody has seen, and its number if it is still the last. The dataset is locked."""
    remove(conn, [record.id])
    conn.execute(
        update(_datasets)
        .where(_datasets.c.id == record.dataset_id, _datasets.c.last_version == record.number)
        .values(last_version=record.number - 1)
    )


def find(conn: Connection, organization_id: str, version_id: str) -> VersionRecord | None:
    return _one(conn, _select().where(_versions.c.organization_id == organization_id, _versions.c.id == version_id))


def by_number(conn: Connection, dataset_id: str, number: int) -> VersionRecord | None:
    return _one(conn, _select().where(_versions.c.dataset_id == dataset_id, _versions.c.number == number))


def by_name(conn: Connection, dataset_id: str, name: str) -> VersionRecord | None:
    return _one(conn, _select().where(_versions.c.dataset_id == dataset_id, _versions.c.name == name))


def of_export(conn: Connection, export_id: str) -> VersionRecord | None:
    """Return the version that an export is freezing, or froze."""
    return _one(conn, _select().where(_versions.c.export_id == export_id))


def newest_ready(conn: Connection, dataset_id: str, *, before: int | None = None) -> VersionRecord | None:
    """Return the newest version that can be used; with `before`, of those with a lower number."""
    query = _select().where(_versions.c.dataset_id == dataset_id, _versions.c.status == "ready")
    if before is not None:
        query = query.where(_versions.c.number < before)
    return _one(conn, query.order_by(_versions.c.number.desc()).limit(1))


def same_content(conn: Connection, record: VersionRecord, content_sha256: str) -> VersionRecord | None:
    """Return the newest other version of the dataset that was frozen in the same way and holds the same."""
    query = _select().where(
        _versions.c.dataset_id == record.dataset_id,
        _versions.c.content_sha256 == content_sha256,
        _versions.c.status == "ready",
        _versions.c.id != record.id,
        _versions.c.status_filter.is_not_distinct_from(record.status_filter),
    )
    return _one(conn, query.order_by(_versions.c.number.desc()).limit(1))


def page(
    conn: Connection, organization_id: str, dataset_id: str, *, limit: int, offset: int
) -> Sequence[VersionRecord]:
    """Return one page of a dataset's versions, newest first."""
    query = _select().where(
        _versions.c.organization_id == organization_id,
        _versions.c.dataset_id == dataset_id,
        _versions.c.status != "deleted",
    )
    query = query.order_by(_versions.c.number.desc()).limit(limit).offset(offset)
    return [_record(row) for row in conn.execute(query)]


def all_of_dataset(conn: Connection, dataset_id: str) -> list[VersionRecord]:
    """Return every version there is of a dataset, those that were deleted too."""
    query = _select().where(_versions.c.dataset_id == dataset_id).order_by(_versions.c.number)
    return [_record(row) for row in conn.execute(query)]


def change(conn: Connection, version_id: str, values: Mapping[str, object]) -> None:
    conn.execute(update(_versions).where(_versions.c.id == version_id).values(**values))


def set_progress(conn: Connection, version_id: str, percent: int) -> bool:
    """Show how far it is; False when it is gone, or has ended."""
    result = conn.execute(
        update(_versions).where(_versions.c.id == version_id, _versions.c.status == "freezing").values(progress=percent)
    )
    return result.rowcount == 1


def complete(conn: Connection, version_id: str, frozen: Frozen) -> bool:
    """Show a version as ready; False when it is gone, or was deleted meanwhile."""
    values = {name: getattr(frozen, name) for name in Frozen.__slots__}
    result = conn.execute(
        update(_versions)
        .where(_versions.c.id == version_id, _versions.c.status == "freezing")
        .values(**values, status="ready", progress=100, completed_at=now(), error_message=None)
    )
    return result.rowcount == 1


def remove(conn: Connection, version_ids: Sequence[str]) -> None:
    conn.execute(delete(_versions).where(_versions.c.id.in_(version_ids)))


# --- what versions hold ----------------------------------------------------------------------------------------------


def not_held(conn: Connection, dataset_id: str, sha256s: Sequence[str]) -> list[str]:
    """Return those of the contents that no version of the dataset holds yet, each once."""
    wanted = list(dict.fromkeys(sha256s))
    held: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        query = select(_held.c.sha256).where(
            _held.c.dataset_id == dataset_id, _held.c.sha256.in_(wanted[start : start + _CHUNK])
        )
        held.update(conn.scalars(query))
    return [sha256 for sha256 in wanted if sha256 not in held]


def hold(conn: Connection, dataset_id: str, sha256s: Sequence[str]) -> None:
    """Keep the bytes of these contents from being deleted. They are not held yet (`not_held`)."""
    if sha256s:
        conn.execute(insert(_held), [{"dataset_id": dataset_id, "sha256": sha256} for sha256 in sha256s])


def held(conn: Connection, dataset_id: str) -> set[str]:
    """Return every content that versions of the dataset hold, and some that none does any more."""
    return set(conn.scalars(select(_held.c.sha256).where(_held.c.dataset_id == dataset_id)))


def has_deleted(conn: Connection, dataset_id: str) -> bool:
    query = select(_versions.c.id).where(_versions.c.dataset_id == dataset_id, _versions.c.status == "deleted")
    return conn.execute(query.limit(1)).first() is not None


def release(conn: Connection, dataset_id: str, sha256s: Sequence[str]) -> None:
    for start in range(0, len(sha256s), _CHUNK):
        conn.execute(
            delete(_held).where(_held.c.dataset_id == dataset_id, _held.c.sha256.in_(sha256s[start : start + _CHUNK]))
        )


# --- what was made from a version ------------------------------------------------------------------------------------


def exports_of(conn: Connection, version_id: str) -> list[DescendantRecord]:
    rows = tables.exports
    return _descendants(conn, rows.c.status, rows.c.dataset_version_id == version_id, rows)


def runs_of(conn: Connection, version_id: str) -> list[DescendantRecord]:
    rows = tables.training_runs
    return _descendants(conn, rows.c.status, rows.c.dataset_version_id == version_id, rows)


def models_of(conn: Connection, version_id: str) -> list[DescendantRecord]:
    rows = tables.models
    return _descendants(conn, rows.c.status, rows.c.dataset_version_id == version_id, rows)


def datasets_of(conn: Connection, version_id: str) -> list[DescendantRecord]:
    restores = tables.version_restores
    query = (
        select(_datasets.c.id, _datasets.c.name, restores.c.status, _datasets.c.created_at)
        .join(restores, restores.c.dataset_id == _datasets.c.id)
        .where(restores.c.version_id == version_id, _datasets.c.deleted_at.is_(None))
        .order_by(_datasets.c.id.desc())
        .limit(_LINEAGE)
    )
    return [DescendantRecord(*row) for row in conn.execute(query)]


def _descendants(conn: Connection, status: Any, condition: Any, table: Any) -> list[DescendantRecord]:
    query = select(table.c.id, table.c.name, status, table.c.created_at).where(condition)
    return [DescendantRecord(*row) for row in conn.execute(query.order_by(table.c.id.desc()).limit(_LINEAGE))]


def _one(conn: Connection, query: Select[Any]) -> VersionRecord | None:
    row = conn.execute(query).first()
    return None if row is None else _record(row)


def _select() -> Select[Any]:
    columns = [_datasets.c.name if name == "dataset_name" else _versions.c[name] for name in VersionRecord.__slots__]
    return select(*columns).join(_datasets, _datasets.c.id == _versions.c.dataset_id)


def _record(row: Row[Any]) -> VersionRecord:
    return VersionRecord(*row)
