"""The rows of exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from sqlalchemy import Connection, Row, delete, insert, select, update

from pictograph.models.export import AnyExportFormat, ExportStatus
from pictograph_server.storage.db.tables import datasets, exports


class ExportReport(TypedDict):
    """How many images carry annotations, and what the format could not express, counted."""

    annotated_images: int
    lost: dict[str, int]


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """An export's row, and the name of its dataset."""

    id: str
    organization_id: str
    dataset_id: str
    dataset_name: str
    job_id: str | None
    name: str
    format: AnyExportFormat
    include_images: bool
    class_filter: list[str] | None
    status_filter: str | None
    # What went in: null until it is frozen.
    dataset_version_id: str | None
    dataset_version: int | None
    status: ExportStatus
    error_message: str | None
    blob_key: str | None
    file_size_bytes: int | None
    image_count: int | None
    annotation_count: int | None
    report: ExportReport | None
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewExport:
    id: str
    organization_id: str
    dataset_id: str
    job_id: str
    name: str
    format: AnyExportFormat
    include_images: bool
    class_filter: list[str] | None
    status_filter: str | None
    dataset_version_id: str | None
    dataset_version: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """The finished file of an export and what is in it."""

    blob_key: str
    file_size_bytes: int
    image_count: int
    annotation_count: int
    report: ExportReport


def add(conn: Connection, new: NewExport) -> None:
    conn.execute(
        insert(exports).values({column: getattr(new, column) for column in NewExport.__slots__} | {"status": "pending"})
    )


def find_by_name(conn: Connection, dataset_id: str, name: str) -> ExportRecord | None:
    row = conn.execute(_with_dataset().where(exports.c.dataset_id == dataset_id, exports.c.name == name)).one_or_none()
    return None if row is None else _record(row)


def find(conn: Connection, organization_id: str, export_id: str) -> ExportRecord | None:
    row = conn.execute(
        _with_dataset().where(exports.c.id == export_id, exports.c.organization_id == organization_id)
    ).one_or_none()
    return None if row is None else _record(row)


def page(
    conn: Connection,
    organization_id: str,
    *,
    dataset_name: str | None,
    status: ExportStatus | None,
    formats: Sequence[AnyExportFormat] | None,
    limit: int,
    offset: int,
) -> Sequence[ExportRecord]:
    """Return one page, newest first; with `formats` only exports in these."""
    query = _with_dataset().where(exports.c.organization_id == organization_id)
    if dataset_name is not None:
        query = query.where(datasets.c.name == dataset_name)
    if status is not None:
        query = query.where(exports.c.status == status)
    if formats is not None:
        query = query.where(exports.c.format.in_(formats))
    query = query.order_by(exports.c.created_at.desc(), exports.c.id.desc()).limit(limit).offset(offset)
    return [_record(row) for row in conn.execute(query)]


def remove(conn: Connection, organization_id: str, export_id: str) -> None:
    conn.execute(delete(exports).where(exports.c.id == export_id, exports.c.organization_id == organization_id))


def mark_processing(conn: Connection, export_id: str) -> None:
    conn.execute(update(exports).where(exports.c.id == export_id).values(status="processing"))


def set_version(conn: Connection, export_id: str, *, version_id: str, number: int) -> None:
    values = {"dataset_version_id": version_id, "dataset_version": number}
    conn.execute(update(exports).where(exports.c.id == export_id).values(values))


def announce(conn: Connection, export_id: str, archive: StoredArchive) -> None:
    """Note the file that is about to be stored, so that nothing stored is ever without a row."""
    conn.execute(update(exports).where(exports.c.id == export_id).values(_columns_of(archive)))


def complete(conn: Connection, export_id: str, archive: StoredArchive) -> bool:
    """Show the stored file as the finished export; False when the export was deleted meanwhile."""
    result = conn.execute(
        update(exports)
        .where(exports.c.id == export_id)
        .values({**_columns_of(archive), "status": "completed", "error_message": None})
    )
    return result.rowcount == 1


def fail(conn: Connection, job_id: str, message: str) -> None:
    conn.execute(
        update(exports)
        .where(exports.c.job_id == job_id, exports.c.status.in_(("pending", "processing")))
        .values(status="failed", error_message=message)
    )


def _columns_of(archive: StoredArchive) -> dict[str, object]:
    return {column: getattr(archive, column) for column in StoredArchive.__slots__}


def _with_dataset():  # noqa: ANN202  # pyright infers SQLAlchemy's select of every column
    return select(exports, datasets.c.name.label("dataset_name")).join(datasets, datasets.c.id == exports.c.dataset_id)


def _record(row: Row[tuple[object, ...]]) -> ExportRecord:
    values = row._mapping  # pyright: ignore[reportPrivateUsage]  # the public name of SQLAlchemy's row mapping
    return ExportRecord(**{column: values[column] for column in ExportRecord.__slots__})
