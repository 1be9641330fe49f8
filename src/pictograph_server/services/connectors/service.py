"""Imports from other services: what a key opens, whether it fits, and the job that fetches it (endpoints 60–64)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.connector import (
    ConnectorProvider,
    DatasetImportProgress,
    ImportJob,
    LimitCheckResult,
    LimitType,
    RemoteDataset,
    ValidationResult,
)
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, NotFound, ServiceError
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import MAX_NAME_LENGTH, InvalidName, check_name, is_control
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images.registration import Quota, require_room
from pictograph_server.storage.db.types import new_id, now

from . import keyring, repository
from .providers import NAMES, open_provider
from .repository import ImportedDataset, ImportRecord

IMPORT_TASK = "connector_import"
IMPORT_LANE = "import"
_NAMES_TRIED = 1000


class ConnectorImportNotFound(NotFound):
    code = "connector_import_not_found"

    def __init__(self, import_id: str) -> None:
        super().__init__(f"There is no import {import_id!r}", why="this organisation has none of that id")


class ConnectorImportHasEnded(BadRequest):
    code = "connector_import_ended"

    def __init__(self, record: ImportRecord) -> None:
        super().__init__(f"Import {record.id!r} cannot be cancelled", why=f"it is {record.status}")


class ConnectorImportRunning(Conflict):
    code = "connector_import_running"

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} is being imported already", fix="Wait for that import to end, or cancel it"
        )


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a person asks for. The key goes to the other service and into memory, nowhere else."""

    provider: ConnectorProvider
    api_key: str
    datasets: Sequence[RemoteDataset]


def validate(platform: Platform, provider: ConnectorProvider, api_key: str) -> ValidationResult:
    """Return what a key opens at the other service; a key it does not take is an answer, and so is silence."""
    try:
        opened = open_provider(platform, provider, api_key, patience="request")
        return ValidationResult(valid=True, workspace=opened.workspace(), datasets=opened.datasets())
    except ServiceError as error:
        return ValidationResult(valid=False, error=error.message)


def check_limits(conn: Connection, organization_id: str, *, images: int, size_bytes: int) -> LimitCheckResult:
    """Return whether so many images of so many bytes fit into the organisation."""
    quota = Quota(conn, organization_id)
    images_after, bytes_after = quota.images + images, quota.size_bytes + size_bytes
    return LimitCheckResult(
        allowed=images_after <= quota.max_images and bytes_after <= quota.max_bytes,
        current_images=quota.images,
        image_limit=quota.max_images,
        images_after_import=images_after,
        current_storage_bytes=quota.size_bytes,
        storage_limit_bytes=quota.max_bytes,
        storage_after_import_bytes=bytes_after,
        exceeded=_exceeded(images_after > quota.max_images, bytes_after > quota.max_bytes),
    )


def start(platform: Platform, actor: Actor, request: ImportRequest) -> ImportJob:
    """Ask the other service whether it takes the key, make the datasets, and enqueue the job.

    A dataset that was imported before is gone on with: images that are there are not fetched again.

    Raises:
        ConnectorKeyRefused, ConnectorFailed: 400.
        ConnectorImportRunning: 409.
        LimitExceeded: 402, so many images do not fit.
    """
    open_provider(platform, request.provider, request.api_key, patience="request").workspace()
    with platform.db.write() as conn:
        images = sum(each.image_count for each in request.datasets)
        require_room(conn, actor.organization_id, images=images, size_bytes=0, what="The import")
        record = _add(conn, actor, request)
        answer = get(conn, actor.organization_id, record.id)
    keyring.keep(platform, record.id, request.api_key.strip())
    return answer


def get(conn: Connection, organization_id: str, import_id: str) -> ImportJob:
    """Return how an import stands. Raises `ConnectorImportNotFound` (404)."""
    record = _require(conn, organization_id, import_id)
    return _to_wire(record, repository.datasets_of(conn, import_id))


def cancel(conn: Connection, organization_id: str, import_id: str) -> ImportJob:
    """End an import at once for everybody who asks; its process stops within seconds. Its images stay.

    Raises:
        ConnectorImportNotFound: 404.
        ConnectorImportHasEnded: 400.
    """
    record = _require(conn, organization_id, import_id)
    if not repository.end(conn, import_id, "cancelled", now(), error_message="The import was cancelled"):
        raise ConnectorImportHasEnded(record)
    queue.request_cancel(conn, import_id)
    return get(conn, organization_id, import_id)


def _add(conn: Connection, actor: Actor, request: ImportRequest) -> ImportRecord:
    record = ImportRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        provider=request.provider,
        status="processing",
        current_dataset="",
        error_message=None,
        actor={"maker": actor.maker, "name": actor.name},
        created_at=now(),
        completed_at=None,
    )
    wanted = list({each.id: each for each in request.datasets}.values())
    entries = [_entry(conn, record, position, each) for position, each in enumerate(wanted)]
    if (running := repository.live_target(conn, [each.dataset_id for each in entries])) is not None:
        raise ConnectorImportRunning(running)
    repository.add(conn, record, entries)
    queue.enqueue(
        conn,
        task=IMPORT_TASK,
        lane=IMPORT_LANE,
        organization_id=actor.organization_id,
        payload={"import_id": record.id},
        job_id=record.id,
    )
    for each in entries:
        audit.record(
            conn,
            actor,
            "connector_import.started",
            subject_id=each.dataset_id,
            subject_name=each.dataset_name,
            details={"provider": request.provider, "dataset": each.remote_name},
        )
    return record


def _entry(conn: Connection, record: ImportRecord, position: int, wanted: RemoteDataset) -> ImportedDataset:
    dataset_id, name = _target(conn, record, wanted)
    return ImportedDataset(
        import_id=record.id,
        position=position,
        remote_id=wanted.id[:200],
        remote_name=wanted.name[:400],
        remote_slug=wanted.slug[:400],
        version=wanted.version,
        dataset_id=dataset_id,
        dataset_name=name,
        status="pending",
        total=wanted.image_count,
        imported=0,
        skipped=0,
        failed=0,
        failures={},
        error_message=None,
    )


def _target(conn: Connection, record: ImportRecord, wanted: RemoteDataset) -> tuple[str, str]:
    """Return id and name of our dataset: that of an earlier import, or a new one."""
    earlier = repository.earlier_target(conn, record.organization_id, record.provider, wanted.id[:200])
    if earlier is not None:
        return earlier, datasets.get_by_id(conn, record.organization_id, earlier).name
    made = datasets.create(
        conn,
        record.organization_id,
        name=_free_name(conn, record.organization_id, _as_name(wanted, record.provider)),
        description=f"Imported from {NAMES[record.provider]}",
    )
    return made.id, made.name


def _as_name(wanted: RemoteDataset, provider: ConnectorProvider) -> str:
    """Return the other service's name as one that a dataset may have here."""
    text = "".join("-" if character in "/?#%\\" or is_control(character) else character for character in wanted.name)
    text = text[: MAX_NAME_LENGTH - 5].strip(". \t\u00a0")
    try:
        return check_name(text)
    except InvalidName:
        return f"{provider}-import"


def _free_name(conn: Connection, organization_id: str, name: str) -> str:
    for number in range(1, _NAMES_TRIED):
        candidate = name if number == 1 else f"{name}-{number}"
        try:
            datasets.get_by_name(conn, organization_id, candidate)
        except DatasetNotFound:
            return candidate
    return f"{name[:100]}-{new_id()}"


def _require(conn: Connection, organization_id: str, import_id: str) -> ImportRecord:
    record = repository.find(conn, organization_id, import_id)
    if record is None:
        raise ConnectorImportNotFound(import_id)
    return record


def _exceeded(images: bool, storage: bool) -> LimitType | None:
    if images and storage:
        return "both"
    if images:
        return "images"
    return "storage" if storage else None


def _to_wire(record: ImportRecord, entries: Sequence[ImportedDataset]) -> ImportJob:
    total = sum(max(each.total, each.imported + each.failed) for each in entries)
    imported, failed = sum(each.imported for each in entries), sum(each.failed for each in entries)
    share = 100.0 if record.status == "completed" else min(99.0, 100.0 * (imported + failed) / max(1, total))
    return ImportJob(
        import_id=record.id,
        status=record.status,
        progress=round(share, 1),
        total_images=total,
        imported_images=imported,
        skipped_images=sum(each.skipped for each in entries),
        failed_images=failed,
        current_dataset=record.current_dataset,
        datasets=[
            DatasetImportProgress(
                name=each.dataset_name,
                project_id=each.dataset_id,
                status=each.status,
                imported=each.imported,
                skipped=each.skipped,
                failed=each.failed,
                failures=dict(each.failures),
                error=each.error_message,
            )
            for each in entries
        ],
        error=record.error_message,
    )
