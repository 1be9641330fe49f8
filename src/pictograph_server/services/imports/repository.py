"""Rows of imports and of their parts, and a look at the images that an import meets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pictograph.models.dataset_import import DatasetImportState
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

_imports = tables.imports
_parts = tables.import_parts
_images = tables.images
_CHUNK = 400
_SWEEP_AT_ONCE = 50

# Nothing more happens to an import in another state.
LIVE: tuple[DatasetImportState, ...] = ("uploading", "planning", "planned", "importing")
WITH_JOB: tuple[DatasetImportState, ...] = ("planning", "importing")


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import's row."""

    id: str
    organization_id: str
    dataset_id: str | None
    dataset_name: str
    filename: str
    size_bytes: int
    part_bytes: int
    fingerprint: str
    options: Mapping[str, Any]
    status: DatasetImportState
    job_id: str | None
    progress: int
    position: int
    plan: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    error_message: str | None
    maker: str
    maker_name: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None

    @property
    def part_count(self) -> int:
        return max(1, -(-self.size_bytes // self.part_bytes))

    def part_size(self, number: int) -> int:
        """Return how many bytes a part has: all but the last are alike."""
        return min(self.part_bytes, self.size_bytes - number * self.part_bytes)


@dataclass(frozen=True, slots=True)
class PartRecord:
    number: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PresentImage:
    """An image of the dataset that an import may mean."""

    id: str
    folder_path: str
    filename: str
    sha256: str
    file_size_bytes: int
    width: int
    height: int
    annotation_count: int


def add(conn: Connection, record: ImportRecord) -> None:
    conn.execute(insert(_imports).values({name: getattr(record, name) for name in ImportRecord.__slots__}))


def find(conn: Connection, organization_id: str, import_id: str, *, lock: bool = False) -> ImportRecord | None:
    query = _select().where(_imports.c.id == import_id, _imports.c.organization_id == organization_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _record(row)


def find_resumable(
    conn: Connection, organization_id: str, dataset_name: str, fingerprint: str, size_bytes: int
) -> list[ImportRecord]:
    """Return the live imports of the same files into the same dataset, the newest first."""
    query = (
        _select()
        .where(
            _imports.c.organization_id == organization_id,
            _imports.c.dataset_name == dataset_name,
            _imports.c.fingerprint == fingerprint,
            _imports.c.size_bytes == size_bytes,
            _imports.c.status.in_(LIVE),
        )
        .order_by(_imports.c.created_at.desc(), _imports.c.id.desc())
    )
    return [_record(row) for row in conn.execute(query)]


def live(conn: Connection, organization_id: str) -> tuple[int, int]:
    """Return how many imports of an organisation are not over, and how many bytes their archives have."""
    where = (_imports.c.organization_id == organization_id, _imports.c.status.in_(LIVE))
    number, size_bytes = conn.execute(select(func.count(), func.sum(_imports.c.size_bytes)).where(*where)).one()
    return number, int(size_bytes or 0)


def page(
    conn: Connection, organization_id: str, *, dataset_name: str | None, limit: int, offset: int
) -> Sequence[ImportRecord]:
    """Return one page, newest first."""
    query = _select().where(_imports.c.organization_id == organization_id)
    if dataset_name is not None:
        query = query.where(_imports.c.dataset_name == dataset_name)
    query = query.order_by(_imports.c.created_at.desc(), _imports.c.id.desc()).limit(limit).offset(offset)
    return [_record(row) for row in conn.execute(query)]


def change(conn: Connection, import_id: str, values: Mapping[str, object]) -> None:
    conn.execute(update(_imports).where(_imports.c.id == import_id).values(**values, updated_at=now()))


def advance(conn: Connection, import_id: str, status: DatasetImportState, values: Mapping[str, object]) -> bool:
    """Change an import that is still in a state; False when it was cancelled or is gone."""
    result = conn.execute(
        update(_imports)
        .where(_imports.c.id == import_id, _imports.c.status == status)
        .values(**values, updated_at=now())
    )
    return result.rowcount == 1


def end_of_job(conn: Connection, job_id: str, status: DatasetImportState, message: str | None) -> list[ImportRecord]:
    """Set the final state of the import whose job has ended otherwise than well; return it, if there is one."""
    found = [_record(row) for row in conn.execute(_select().where(_imports.c.job_id == job_id))]
    conn.execute(
        update(_imports)
        .where(_imports.c.job_id == job_id, _imports.c.status.in_(WITH_JOB))
        .values(status=status, error_message=message, completed_at=now(), updated_at=now())
    )
    return found


def put_part(conn: Connection, import_id: str, part: PartRecord) -> None:
    conn.execute(delete(_parts).where(_parts.c.import_id == import_id, _parts.c.number == part.number))
    conn.execute(
        insert(_parts).values(import_id=import_id, number=part.number, size_bytes=part.size_bytes, sha256=part.sha256)
    )


def parts(conn: Connection, import_id: str) -> list[PartRecord]:
    query = select(_parts.c.number, _parts.c.size_bytes, _parts.c.sha256).where(_parts.c.import_id == import_id)
    return [PartRecord(*row) for row in conn.execute(query.order_by(_parts.c.number))]


def forget_parts(conn: Connection, import_id: str) -> None:
    conn.execute(delete(_parts).where(_parts.c.import_id == import_id))


def waiting_since(conn: Connection, moment: datetime) -> list[ImportRecord]:
    """Return imports that nobody has gone on with since then."""
    query = _select().where(_imports.c.status.in_(("uploading", "planned")), _imports.c.updated_at < moment)
    return [_record(row) for row in conn.execute(query.limit(_SWEEP_AT_ONCE))]


def present(
    conn: Connection, organization_id: str, dataset_id: str, filenames: Sequence[str]
) -> dict[str, list[PresentImage]]:
    """Return file name -> the dataset's non-archived images of that name, in whatever folder."""
    found: dict[str, list[PresentImage]] = {}
    wanted = list(dict.fromkeys(filenames))
    columns = [_images.c[name] for name in PresentImage.__slots__]
    for start in range(0, len(wanted), _CHUNK):
        query = select(*columns).where(
            _images.c.organization_id == organization_id,
            _images.c.dataset_id == dataset_id,
            _images.c.is_archived.is_(False),
            _images.c.filename.in_(wanted[start : start + _CHUNK]),
        )
        for row in conn.execute(query):
            found.setdefault(row.filename, []).append(PresentImage(*row))
    return found


def _select():  # noqa: ANN202  # pyright infers SQLAlchemy's select of every column
    return select(*(_imports.c[name] for name in ImportRecord.__slots__))


def _record(row: Row[Any]) -> ImportRecord:
    return ImportRecord(*row)
