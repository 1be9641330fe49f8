"""Exports: a version of a dataset as one ZIP in a format of the field, asked for by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import get_args

from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pictograph.models.export import AnyExportFormat, Export, ExportFormat, ExportStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, NotFound, Unprocessable
from pictograph_server.jobs import queue
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import check_name
from pictograph_server.services.exports import repository
from pictograph_server.services.exports.repository import ExportRecord, NewExport
from pictograph_server.services.images.status_filter import statuses_of
from pictograph_server.services.versions import service as versions
from pictograph_server.signing import UrlSigner
from pictograph_server.storage.db.types import new_id, now

MAX_NAME_LENGTH = 100
EXPORT_TASK = "export"
EXPORT_LANE = "export"


class ExportNotFound(NotFound):
    code = "export_not_found"

    def __init__(self, dataset: str, name: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no export {name!r}",
            fix="List its exports with `client.exports.list(dataset_name=...)`",
        )


class ExportExists(Conflict):
    code = "export_exists"

    def __init__(self, dataset: str, name: str) -> None:
        super().__init__(
            f"An export named {name!r} already exists in dataset {dataset!r}",
            why="names of exports are unique within a dataset",
            fix="Choose another name, or delete the old export first",
        )


class ExportNotReady(Conflict):
    code = "export_not_ready"

    def __init__(self, dataset: str, name: str, status: ExportStatus, error: str | None) -> None:
        super().__init__(
            f"Export {name!r} of dataset {dataset!r} cannot be downloaded",
            why=f"it failed: {error}" if status == "failed" and error else f"it is {status}",
            fix="Create it again under another name"
            if status == "failed"
            else "Wait until it is completed (`client.exports.wait_for_completion`), then download it",
        )


class UnknownExportFormat(Unprocessable):
    code = "unknown_export_format"

    def __init__(self, given: str) -> None:
        super().__init__(f"There is no export format {given!r}", why=f"the formats are {_formats()}")


class ExportFormatTooNew(BadRequest):
    code = "export_format_too_new"

    def __init__(self, name: str, format_: AnyExportFormat) -> None:
        super().__init__(
            f"Export {name!r} cannot be shown to this client",
            why=f"it is in the format {format_!r}, which the client does not know",
            fix="Use the client of this server (`pip install pictograph` from its source), or download the export",
        )


class UnknownClassFilter(BadRequest):
    code = "unknown_class"

    def __init__(self, dataset: str, unknown: Sequence[str], there: Sequence[str]) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no class {', '.join(map(repr, unknown))}",
            why=f"its classes are {', '.join(there)}" if there else "it has no classes yet",
            fix="Name classes it has in `class_filter`, or leave it out",
        )


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a person asks for. A filter that is None filters nothing; a version that is None is the dataset of now."""

    dataset_name: str
    name: str
    format: str = "pictograph"
    include_images: bool = False
    class_filter: Sequence[str] | None = None
    status_filter: str | None = None
    # Its number, name or id, or `latest`.
    version: str | None = None


class ReportAnswer(BaseModel):
    annotated_images: int
    lost: dict[str, int]


class ExportAnswer(Export):
    """The wire's export, what its format could not express, counted (R10), and how far its job is (0-1)."""

    report: ReportAnswer | None = None
    # Of the file.
    sha256: str | None = None
    progress: float | None = None
    progress_message: str | None = None


def create(conn: Connection, actor: Actor, request: ExportRequest) -> ExportAnswer:
    """Record an export and enqueue the job that writes it.

    Raises:
        ExportExists: the dataset has one of that name.
        VersionNotFound: 404. VersionNotReady: 409.
    """
    organization_id = actor.organization_id
    name = check_name(request.name, noun="an export", max_length=MAX_NAME_LENGTH)
    format_ = _check_format(request.format)
    # `all` and None both filter nothing; the wire says so with null (trap 18).
    status_filter = request.status_filter if statuses_of(request.status_filter) else None
    dataset = datasets.get_by_name(conn, organization_id, request.dataset_name)
    version = None
    if request.version is not None:
        version = versions.require_ready(conn, organization_id, dataset.name, request.version)
    there = (
        [entry.name for entry in dataset.classes]
        if version is None
        else [name for name, _annotations, _images in version.class_counts]
    )
    class_filter = _check_class_filter(request, there)
    if repository.find_by_name(conn, dataset.id, name) is not None:
        raise ExportExists(dataset.name, name)
    export_id = new_id()
    new = NewExport(
        id=export_id,
        organization_id=organization_id,
        dataset_id=dataset.id,
        job_id=export_id,
        name=name,
        format=format_,
        include_images=request.include_images,
        class_filter=class_filter,
        status_filter=status_filter,
        dataset_version_id=None if version is None else version.id,
        dataset_version=None if version is None else version.number,
        created_at=now(),
    )
    try:
        repository.add(conn, new)
    except IntegrityError as error:  # Postgres: somebody else took the name between the look and the write
        raise ExportExists(dataset.name, name) from error
    queue.enqueue(
        conn,
        task=EXPORT_TASK,
        lane=EXPORT_LANE,
        organization_id=organization_id,
        payload={"export_id": export_id},
        dataset_id=dataset.id,
        job_id=export_id,
    )
    _record_in_audit_log(conn, actor, "export.created", export_id, dataset.name, name)
    return _answer(conn, require(conn, organization_id, request.dataset_name, name))


def get(
    conn: Connection,
    organization_id: str,
    dataset_name: str,
    name: str,
    *,
    formats: Sequence[AnyExportFormat] | None = None,
) -> ExportAnswer:
    """Return an export. `formats` are those that the client knows; None: all.

    Raises:
        ExportFormatTooNew: the client would take the answer for a broken one.
    """
    record = require(conn, organization_id, dataset_name, name)
    if formats is not None and record.format not in formats:
        raise ExportFormatTooNew(record.name, record.format)
    return _answer(conn, record)


def formats_known_to(user_agent: str) -> tuple[AnyExportFormat, ...] | None:
    """Return the formats that a client can be told of, None when it knows all.

    The hosted service's client refuses a whole list for one word that it does not know.
    """
    is_hosted = user_agent.startswith("pictograph-python/1.0.") and "(" not in user_agent
    return get_args(ExportFormat) if is_hosted else None


def list_exports(
    conn: Connection,
    organization_id: str,
    *,
    dataset_name: str | None,
    status: ExportStatus | None,
    limit: int,
    offset: int,
    formats: Sequence[AnyExportFormat] | None = None,
) -> list[ExportAnswer]:
    """Return one page, newest first; with `formats` only exports in these."""
    records = repository.page(
        conn,
        organization_id,
        dataset_name=dataset_name,
        status=status,
        formats=formats,
        limit=limit,
        offset=offset,
    )
    return [_answer(conn, record) for record in records]


def download_url(conn: Connection, signer: UrlSigner, organization_id: str, dataset_name: str, name: str) -> str:
    """Return a fresh link that anybody may fetch for an hour.

    Raises:
        ExportNotReady: it is not completed.
    """
    export = require(conn, organization_id, dataset_name, name)
    if export.status != "completed" or export.blob_key is None:
        raise ExportNotReady(dataset_name, name, export.status, export.error_message)
    return signer.download_url(
        export.blob_key, filename=f"{export.dataset_name}-{export.name}.zip", media_type="application/zip"
    )


def delete(conn: Connection, actor: Actor, dataset_name: str, name: str) -> list[str]:
    """Delete an export, stopping its job; return the keys of its blobs, to be removed after the commit.

    The version that it froze stays.
    """
    organization_id = actor.organization_id
    export = require(conn, organization_id, dataset_name, name)
    if export.job_id is not None and export.status in ("pending", "processing"):
        queue.request_cancel(conn, export.job_id)
    repository.remove(conn, organization_id, export.id)
    _record_in_audit_log(conn, actor, "export.deleted", export.id, dataset_name, name)
    return [export.blob_key] if export.blob_key is not None else []


def require(conn: Connection, organization_id: str, dataset_name: str, name: str) -> ExportRecord:
    """Return an export's record; NotFound when the dataset or the export is absent or somebody else's."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    record = repository.find_by_name(conn, dataset.id, name)
    if record is None:
        raise ExportNotFound(dataset_name, name)
    return record


def _answer(conn: Connection, record: ExportRecord) -> ExportAnswer:
    job = None
    if record.job_id is not None and record.status in ("pending", "processing"):
        job = queue.get(conn, record.job_id)
    return ExportAnswer(
        id=record.id,
        organization_id=record.organization_id,
        project_id=record.dataset_id,
        dataset_name=record.dataset_name,
        name=record.name,
        format=record.format,
        include_images=record.include_images,
        class_filter=record.class_filter,
        status_filter=record.status_filter,
        dataset_version_id=record.dataset_version_id,
        dataset_version=record.dataset_version,
        status=record.status,
        error_message=record.error_message,
        file_size=record.file_size_bytes,
        image_count=record.image_count,
        annotation_count=record.annotation_count,
        created_at=record.created_at,
        expires_at=record.expires_at,
        report=None if record.report is None else ReportAnswer.model_validate(record.report),
        # The file's key ends with its hash.
        sha256=None if record.status != "completed" or record.blob_key is None else PurePath(record.blob_key).stem,
        progress=None if job is None else job.progress,
        progress_message=None if job is None else job.message,
    )


def _record_in_audit_log(
    conn: Connection, actor: Actor, action: str, export_id: str, dataset_name: str, name: str
) -> None:
    audit.record(conn, actor, action, subject_id=export_id, subject_name=f"{dataset_name}/{name}")


def _check_format(given: str) -> AnyExportFormat:
    for format_ in get_args(AnyExportFormat):
        if format_ == given:
            return format_
    raise UnknownExportFormat(given)


def _check_class_filter(request: ExportRequest, there: Sequence[str]) -> list[str] | None:
    if not request.class_filter:
        return None
    unknown = [name for name in request.class_filter if name not in there]
    if unknown:
        raise UnknownClassFilter(request.dataset_name, unknown, there)
    wanted = set(request.class_filter)
    return [name for name in there if name in wanted]


def _formats() -> str:
    return ", ".join(get_args(AnyExportFormat))
