"""Queries of images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from . import tallies_repository
from .page_starts import PageStarts
from .records import AnnotationState, ImageBrief, ImageRecord, Ingested

_images = tables.images
_descriptors = tables.image_descriptors
_columns = tuple(_images.c[field.name] for field in fields(ImageRecord))
# Written so, and not as `IS FALSE`, the condition is that of the index of names, which SQLite compares word by word.
_PRESENT = _images.c.is_archived == false()
# Images of a deleted dataset are there until a job has taken them away, but nobody finds them.
_FINDABLE = exists().where(tables.datasets.c.id == _images.c.dataset_id, tables.datasets.c.deleted_at.is_(None))
# Below the variable limits of both databases.
_CHUNK = 500
_EXPORT_PAGE = 1000
# "BLOB" as a number.
_BLOBS_LOCK = 0x424C4F42
_page_starts = PageStarts()


def by_id(conn: Connection, organization_id: str, image_id: str) -> ImageRecord | None:
    row = conn.execute(
        select(*_columns).where(_images.c.organization_id == organization_id, _images.c.id == image_id, _FINDABLE)
    ).first()
    return None if row is None else _record(row)


def lock(conn: Connection, organization_id: str, image_id: str) -> ImageRecord | None:
    """Return the image and hold its row until the transaction ends."""
    row = conn.execute(
        select(*_columns)
        .where(_images.c.organization_id == organization_id, _images.c.id == image_id, _FINDABLE)
        .with_for_update()
    ).first()
    return None if row is None else _record(row)


def lock_many(conn: Connection, organization_id: str, dataset_id: str, ids: Sequence[str]) -> list[ImageRecord]:
    """Return those of the images that are in the dataset, and hold their rows until the transaction ends."""
    query = select(*_columns).where(
        _images.c.organization_id == organization_id, _images.c.dataset_id == dataset_id, _images.c.id.in_(ids)
    )
    return [_record(row) for row in conn.execute(query.order_by(_images.c.id).with_for_update())]


def by_ids(conn: Connection, organization_id: str, ids: Sequence[str]) -> Iterator[ImageRecord]:
    for start in range(0, len(ids), _CHUNK):
        query = select(*_columns).where(
            _images.c.organization_id == organization_id, _images.c.id.in_(ids[start : start + _CHUNK]), _FINDABLE
        )
        yield from map(_record, conn.execute(query))


def by_names(conn: Connection, dataset_id: str, names: Sequence[str]) -> list[ImageRecord]:
    found = {row.id: _record(row) for row in _named(conn, _present(dataset_id), names)}
    return sorted(found.values(), key=lambda image: (image.folder_path != "/", image.id))


def briefs(conn: Connection, dataset_id: str) -> list[ImageBrief]:
    """Return the dataset's non-archived images, oldest first."""
    rows = conn.execute(_brief(dataset_id).order_by(_images.c.id))
    return [ImageBrief(*row) for row in rows]


def briefs_by_ids(conn: Connection, dataset_id: str, ids: Sequence[str]) -> list[ImageBrief]:
    """Return those of the images that are in the dataset and not archived, in the order asked for, each once."""
    query = _brief(dataset_id)
    # Of many it is quicker to read the whole dataset once: SQLite would do so for every few hundred of them.
    rows = conn.execute(query.where(_images.c.id.in_(ids)) if len(ids) <= _CHUNK else query)
    found = {row.id: row for row in rows}
    return [ImageBrief(*found[image_id]) for image_id in dict.fromkeys(ids) if image_id in found]


def briefs_by_names(conn: Connection, dataset_id: str, names: Sequence[str]) -> list[ImageBrief]:
    """Return the images `by_names` would, the root folder's first."""
    if len(names) <= _CHUNK:
        found = {row.id: ImageBrief(*row) for row in _named(conn, _brief(dataset_id), names)}
    else:
        filenames, paths = set(names), {_split(name) for name in names if "/" in name}
        found = {
            image.id: image
            for image in briefs(conn, dataset_id)
            if image.filename in filenames or (image.folder_path, image.filename) in paths
        }
    # Ids sort by the time they were made.
    return sorted(found.values(), key=lambda image: (image.folder_path != "/", image.id))


def taken_paths(
    conn: Connection, dataset_id: str, paths: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (folder_path, filename) -> (id, sha256) of the non-archived images that have these names."""
    wanted = set(paths)
    filenames = list({filename for _folder, filename in wanted})
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for start in range(0, len(filenames), _CHUNK):
        query = select(_images.c.folder_path, _images.c.filename, _images.c.id, _images.c.sha256).where(
            _images.c.dataset_id == dataset_id,
            _PRESENT,
            _images.c.filename.in_(filenames[start : start + _CHUNK]),
        )
        for folder, filename, image_id, sha256 in conn.execute(query):
            if (folder, filename) in wanted:
                found[folder, filename] = (image_id, sha256)
    return found


def page(
    conn: Connection, dataset_id: str, statuses: Sequence[str] | None, *, limit: int, offset: int
) -> list[ImageRecord]:
    """Return images newest first. What is skipped is counted from the nearest place that is known, or an end."""
    total = count(conn, dataset_id, statuses)
    if offset >= total:
        return []
    generation = tallies_repository.generation(conn, dataset_id)
    id_ = _images.c.id
    # Skipped by the index alone; then the rows of the page, which lie side by side.
    index = _with_statuses(select(id_).where(_images.c.dataset_id == dataset_id, _PRESENT), statuses)
    newest, oldest = (offset, index.order_by(id_.desc())), (total - 1 - offset, index.order_by(id_.asc()))
    ways = [newest, oldest]
    known = _page_starts.nearest(dataset_id, statuses, generation, offset)
    if known is not None:
        at, image_id = known
        older, newer = index.where(id_ <= image_id), index.where(id_ >= image_id)
        ways.append((offset - at, older.order_by(id_.desc())) if at <= offset else (at - offset, newer.order_by(id_)))
    skip, way = min(ways, key=lambda each: each[0])
    begin = way.limit(1).offset(skip).scalar_subquery()
    query = _with_statuses(_present(dataset_id), statuses).where(id_ <= begin).order_by(id_.desc()).limit(limit)
    records = [_record(row) for row in conn.execute(query).all()]
    if records:
        _page_starts.remember(dataset_id, statuses, generation, offset, records[0].id)
    return records


def count(conn: Connection, dataset_id: str, statuses: Sequence[str] | None) -> int:
    by_status = tallies_repository.statuses(conn, dataset_id)
    return sum(
        number
        for (is_archived, status), number in by_status.items()
        if not is_archived and (statuses is None or status in statuses)
    )


def oldest_first(conn: Connection, dataset_id: str, statuses: Sequence[str] | None) -> Iterator[ImageRecord]:
    query = _with_statuses(_present(dataset_id), statuses)
    query = query.order_by(_images.c.id).limit(_EXPORT_PAGE)
    last: ImageRecord | None = None
    while True:
        following = query if last is None else query.where(_images.c.id > last.id)
        records = [_record(row) for row in conn.execute(following)]
        yield from records
        if len(records) < _EXPORT_PAGE:
            return
        last = records[-1]


def page_after(
    conn: Connection, dataset_id: str, statuses: Sequence[str] | None, *, after: str, limit: int
) -> list[ImageRecord]:
    query = _with_statuses(_present(dataset_id), statuses).where(_images.c.id > after)
    return [_record(row) for row in conn.execute(query.order_by(_images.c.id).limit(limit))]


def add(conn: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    conn.execute(insert(_images), list(rows))


def change(conn: Connection, image_id: str, values: Mapping[str, object]) -> None:
    conn.execute(update(_images).where(_images.c.id == image_id).values(**values, updated_at=now()))


def set_annotation_states(conn: Connection, states: Sequence[AnnotationState]) -> None:
    moment = now()
    columns = ("annotation_count", "annotation_version", "status", "status_set_by", "updated_at")
    rows = [
        dict(zip(columns, (each.count, each.version, each.status, each.status_set_by, moment), strict=True))
        | {"image": each.before.id}
        for each in states
    ]
    statement = update(_images).where(_images.c.id == bindparam("image"))
    conn.execute(statement.values({name: bindparam(name) for name in columns}), rows)


def remove(conn: Connection, image_id: str) -> None:
    conn.execute(delete(_images).where(_images.c.id == image_id))


def limits(conn: Connection, organization_id: str) -> tuple[int, int]:
    """Return how many images the organisation may hold, and how many bytes."""
    organizations = tables.organizations
    row = conn.execute(
        select(organizations.c.max_images, organizations.c.max_storage_bytes).where(
            organizations.c.id == organization_id
        )
    ).one()
    return row.max_images, row.max_storage_bytes


def lock_blobs(conn: Connection, *, exclusive: bool) -> None:
    """Keep registrations (shared) and removals (exclusive) of blobs apart until the transaction ends.

    SQLite's write transactions exclude each other anyway.
    """
    if conn.dialect.name == "postgresql":
        function = func.pg_advisory_xact_lock if exclusive else func.pg_advisory_xact_lock_shared
        conn.execute(select(function(_BLOBS_LOCK)))


def unreferenced(conn: Connection, sha256s: Sequence[str]) -> list[str]:
    """Return those of the hashes that no image of any organisation names, and no version of a dataset holds."""
    used = set(conn.scalars(select(_images.c.sha256).where(_images.c.sha256.in_(sha256s))))
    held = tables.version_images.c.sha256
    used.update(conn.scalars(select(held).where(held.in_(sha256s))))
    return [sha256 for sha256 in dict.fromkeys(sha256s) if sha256 not in used]


def has_waiting_ingest(conn: Connection, dataset_id: str, task: str) -> bool:
    """Return whether a job waits that will see what this transaction adds: none can begin it before the commit.

    A claim passes over rows that somebody holds, and SQLite has one writer at a time anyway.
    """
    jobs = tables.jobs
    query = (
        select(jobs.c.id)
        .where(
            jobs.c.state == "queued",
            jobs.c.task == task,
            jobs.c.cancel_requested.is_(False),
            jobs.c.payload["dataset_id"].as_string() == dataset_id,
        )
        .limit(1)
        .with_for_update(read=True)
    )
    return conn.execute(query).first() is not None


def not_ingested(conn: Connection, organization_id: str, dataset_id: str, *, limit: int) -> list[ImageRecord]:
    query = (
        select(*_columns)
        .where(
            _images.c.organization_id == organization_id,
            _images.c.dataset_id == dataset_id,
            _images.c.ingested_at.is_(None),
            _FINDABLE,
        )
        .order_by(_images.c.id)
        .limit(limit)
    )
    return [_record(row) for row in conn.execute(query)]


def count_not_ingested(conn: Connection, dataset_id: str) -> int:
    query = select(func.count()).where(_images.c.dataset_id == dataset_id, _images.c.ingested_at.is_(None))
    return conn.execute(query).scalar_one()


def set_ingested(conn: Connection, results: Sequence[Ingested], moment: datetime) -> None:
    rows = [
        {
            "image": entry.image_id,
            "dhash": entry.dhash,
            "has_thumbnail": entry.has_thumbnail,
            "ingest_error": entry.error,
            "ingested_at": moment,
        }
        for entry in results
    ]
    columns = ("dhash", "has_thumbnail", "ingest_error", "ingested_at")
    statement = update(_images).where(_images.c.id == bindparam("image"))
    conn.execute(statement.values({name: bindparam(name) for name in columns}), rows)
    descriptors = {entry.image_id: entry.descriptor for entry in results if entry.descriptor is not None}
    # Some may have been deleted meanwhile, and some are seen again by a job that was killed.
    present = conn.execute(select(_images.c.id, _images.c.dataset_id).where(_images.c.id.in_(descriptors))).all()
    conn.execute(delete(_descriptors).where(_descriptors.c.image_id.in_(descriptors)))
    if present:
        conn.execute(
            insert(_descriptors),
            [{"image_id": id_, "dataset_id": dataset, "descriptor": descriptors[id_]} for id_, dataset in present],
        )


def _present(dataset_id: str) -> Select[Any]:
    return select(*_columns).where(_images.c.dataset_id == dataset_id, _PRESENT)


def _with_statuses(query: Select[Any], statuses: Sequence[str] | None) -> Select[Any]:
    return query if statuses is None else query.where(_images.c.status.in_(statuses))


def _brief(dataset_id: str) -> Select[Any]:
    columns = (_images.c[field.name] for field in fields(ImageBrief))
    return select(*columns).where(_images.c.dataset_id == dataset_id, _PRESENT)


def _named(conn: Connection, query: Select[Any], names: Sequence[str]) -> Iterator[Row[Any]]:
    """Yield the rows of a query whose images the names mean; one may come twice."""
    plain = list(dict.fromkeys(name for name in names if "/" not in name))
    for start in range(0, len(plain), _CHUNK):
        yield from conn.execute(query.where(_images.c.filename.in_(plain[start : start + _CHUNK])))
    paths = list(dict.fromkeys(_split(name) for name in names if "/" in name))
    for start in range(0, len(paths), _CHUNK // 5):
        yield from conn.execute(query.where(_at(paths[start : start + _CHUNK // 5])))


def _at(paths: Sequence[tuple[str, str]]) -> Any:
    return or_(*(and_(_images.c.folder_path == folder, _images.c.filename == name) for folder, name in paths))


def _split(path: str) -> tuple[str, str]:
    folder, _, filename = path.rpartition("/")
    return "/" + folder.strip("/"), filename


def _record(row: Row[Any]) -> ImageRecord:
    return ImageRecord(*row)
