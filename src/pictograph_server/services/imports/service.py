"""Imports of folders and archives: announced, received in parts, planned by a job, and done by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pictograph.models.dataset_import import DatasetImport, ImportPart, ImportPlan, ImportResult, MergeRule
from pictograph.models.image import ImageStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, ContentTooLarge, NotFound, Unprocessable
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import check_name
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.parts import part_key, remove_parts
from pictograph_server.services.imports.repository import ImportRecord, PartRecord
from pictograph_server.storage.db.types import new_id, now
from pictograph_server.storage.digest import file_sha256

PLAN_TASK = "plan_import"
IMPORT_TASK = "import"
REMOVE_PARTS_TASK = "remove_import_parts"
IMPORT_LANE = "import"
PART_BYTES = 16 * 1024 * 1024
SMALLEST_PART_BYTES = 64 * 1024
LARGEST_PART_BYTES = 64 * 1024 * 1024
# Nobody is at work on it.
_WAITING = ("uploading", "planned")
# What nobody goes on with for so long is removed.
KEPT_FOR = timedelta(days=7)


class ImportNotFound(NotFound):
    code = "import_not_found"

    def __init__(self, import_id: str) -> None:
        super().__init__(f"There is no import {import_id!r}", fix="List those there are with `client.imports.list()`")


class ImportTooLarge(ContentTooLarge):
    code = "import_too_large"

    def __init__(self, size_bytes: int, limit: int) -> None:
        super().__init__(
            "The archive is too large to be imported",
            why=f"it has {size_bytes:,} bytes and {limit:,} are allowed",
            fix="Import it in several archives, or raise PICTOGRAPH_LIMITS_IMPORT_BYTES on the server",
        )


class BadPart(BadRequest):
    code = "bad_part"

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"Part {number} was not taken", why=why, fix="Send the bytes of this part again")


class ImportNotReady(Conflict):
    code = "import_not_ready"

    def __init__(self, record: ImportRecord, wanted: str, why: str) -> None:
        super().__init__(
            f"Import {record.id!r} cannot be {wanted}",
            why=why,
            fix="Parts arrive, then it is planned, then started; `client.datasets.import_` does all of it",
        )


class ImportHasEnded(BadRequest):
    code = "import_ended"

    def __init__(self, record: ImportRecord) -> None:
        super().__init__(f"Import {record.id!r} cannot be cancelled", why=f"it is {record.status}")


class UnknownImportFormat(Unprocessable):
    code = "unknown_import_format"

    def __init__(self, given: str, there: Sequence[str]) -> None:
        super().__init__(
            f"There is no format {given!r} to import",
            why=f"the formats are images, {', '.join(there)}",
            fix="Leave the format out to have it recognised",
        )


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a person asks for. `format` None: it is recognised; `image_status` None: as the files say."""

    dataset_name: str
    filename: str
    size_bytes: int
    fingerprint: str
    part_bytes: int = PART_BYTES
    merge: MergeRule = "keep"
    format: str | None = None
    labels_only: bool = False
    folder_path: str = "/"
    image_status: ImageStatus | None = None
    create_if_missing: bool = True

    def options(self) -> dict[str, object]:
        """Return what the jobs need to know, as it is stored."""
        return {
            "merge": self.merge,
            "format": self.format,
            "labels_only": self.labels_only,
            "folder_path": normalise_folder(self.folder_path),
            "image_status": self.image_status,
            "create_if_missing": self.create_if_missing,
        }


def create(platform: Platform, actor: Actor, request: ImportRequest) -> DatasetImport:
    """Announce an import; one of the same files that was begun before is gone on with.

    Raises:
        DatasetNotFound: 404, and it is not to be made.
        ImportTooLarge: 413.
    """
    limit = platform.settings.limits.import_bytes
    if request.size_bytes > limit:
        raise ImportTooLarge(request.size_bytes, limit)
    _check_format(request.format)
    options = request.options()
    _sweep(platform)
    with platform.db.write() as conn:
        dataset_id = _existing(conn, actor.organization_id, request)
        found = repository.find_resumable(
            conn, actor.organization_id, request.dataset_name, request.fingerprint, request.size_bytes
        )
        own = [each for each in found if each.maker == actor.maker]
        record = next((each for each in own if each.options == options), None)
        if record is None and (record := next((each for each in own if each.status in _WAITING), None)) is not None:
            # The same files, asked for otherwise: what has arrived is planned anew.
            repository.change(conn, record.id, {"options": options, "status": "uploading", "plan": None})
            record = require(conn, actor.organization_id, record.id)
        if record is None:
            record = _new(actor, request, options, dataset_id)
            repository.add(conn, record)
        return to_wire(record, repository.parts(conn, record.id))


def get(conn: Connection, organization_id: str, import_id: str) -> DatasetImport:
    record = require(conn, organization_id, import_id)
    return to_wire(record, repository.parts(conn, import_id) if record.status == "uploading" else ())


def list_imports(
    conn: Connection, organization_id: str, *, dataset_name: str | None, limit: int, offset: int
) -> list[DatasetImport]:
    """Return one page, newest first."""
    found = repository.page(conn, organization_id, dataset_name=dataset_name, limit=limit, offset=offset)
    return [to_wire(record) for record in found]


def expected_part(conn: Connection, organization_id: str, import_id: str, number: int) -> int:
    """Return how many bytes a part has, before any of them is read.

    Raises:
        ImportNotFound: 404.
        ImportNotReady: 409, parts are no longer taken.
        BadPart: 400, there is no part of this number.
    """
    record = require(conn, organization_id, import_id)
    if record.status != "uploading":
        raise ImportNotReady(record, "sent parts of", f"it is {record.status}")
    if not 0 <= number < record.part_count:
        raise BadPart(number, f"the parts are 0 to {record.part_count - 1}")
    return record.part_size(number)


def receive_part(
    platform: Platform, organization_id: str, import_id: str, number: int, file: Path, *, sha256: str
) -> None:
    """Store a part, in place of what was there under its number.

    Raises:
        BadPart: 400, it is not as long as it should be, or not what its hash says.
    """
    with platform.db.read() as conn:
        expected = expected_part(conn, organization_id, import_id, number)
    if (size := file.stat().st_size) != expected:
        raise BadPart(number, f"it has {size:,} bytes and should have {expected:,}")
    if file_sha256(file) != sha256.lower():
        raise BadPart(number, "its bytes are not those whose hash was given")
    platform.blobs.put_file(part_key(import_id, number), file)
    with platform.db.write() as conn:
        # Another part may be the last one, and the plan begun, while this one was on its way.
        expected_part(conn, organization_id, import_id, number)
        repository.put_part(conn, import_id, PartRecord(number, size, sha256.lower()))
        repository.change(conn, import_id, {})


def plan(conn: Connection, organization_id: str, import_id: str) -> DatasetImport:
    """Have the plan made once every part has arrived; asked for again, it is as it stands.

    Raises:
        ImportNotReady: 409, parts are missing, or it was cancelled or has failed.
    """
    record = require(conn, organization_id, import_id, lock=True)
    if record.status in ("planning", "planned", "importing", "completed"):
        return to_wire(record)
    if record.status != "uploading":
        raise ImportNotReady(record, "planned", f"it is {record.status}")
    missing = record.part_count - len(repository.parts(conn, import_id))
    if missing:
        raise ImportNotReady(record, "planned", f"{missing} of {record.part_count} parts have not arrived")
    return _enqueue(conn, record, PLAN_TASK, {"status": "planning", "progress": 0})


def start(conn: Connection, actor: Actor, import_id: str) -> DatasetImport:
    """Do what was planned; asked for again, it is as it stands. Makes the dataset if there is none.

    Raises:
        ImportNotReady: 409, it is not planned.
        DatasetNotFound: 404, the dataset was deleted and is not to be made.
    """
    record = require(conn, actor.organization_id, import_id, lock=True)
    if record.status in ("importing", "completed"):
        return to_wire(record)
    if record.status != "planned":
        raise ImportNotReady(record, "started", f"it is {record.status}")
    dataset_id, is_new = _dataset(conn, actor.organization_id, record)
    audit.record(
        conn,
        actor,
        "import.started",
        subject_id=record.id,
        subject_name=record.dataset_name,
        details={"filename": record.filename, "merge": record.options["merge"], "made_the_dataset": is_new},
    )
    values = {"status": "importing", "progress": 0, "position": 0, "dataset_id": dataset_id}
    return _enqueue(conn, record, IMPORT_TASK, values)


def cancel(conn: Connection, actor: Actor, import_id: str) -> DatasetImport:
    """Stop an import at once for everybody who asks; what has been imported stays.

    Raises:
        ImportHasEnded: 400, there is nothing left to cancel.
    """
    record = require(conn, actor.organization_id, import_id, lock=True)
    if record.status not in repository.LIVE:
        raise ImportHasEnded(record)
    repository.change(conn, import_id, {"status": "cancelled", "completed_at": now()})
    if record.status in repository.WITH_JOB and record.job_id is not None:
        # Its end removes the parts: it may be reading them now.
        queue.request_cancel(conn, record.job_id)
    else:
        remove_parts_later(conn, record)
    return get(conn, actor.organization_id, import_id)


def require(conn: Connection, organization_id: str, import_id: str, *, lock: bool = False) -> ImportRecord:
    """Return an import's record. Raises `ImportNotFound` (404)."""
    record = repository.find(conn, organization_id, import_id, lock=lock)
    if record is None:
        raise ImportNotFound(import_id)
    return record


def remove_parts_later(conn: Connection, record: ImportRecord) -> None:
    """Put the removal of the uploaded archive into the queue."""
    repository.forget_parts(conn, record.id)
    queue.enqueue(
        conn,
        task=REMOVE_PARTS_TASK,
        lane=IMPORT_LANE,
        organization_id=record.organization_id,
        payload={"import_id": record.id},
    )


def to_wire(record: ImportRecord, parts: Sequence[PartRecord] = ()) -> DatasetImport:
    options = record.options
    return DatasetImport(
        id=record.id,
        dataset_name=record.dataset_name,
        dataset_id=record.dataset_id,
        filename=record.filename,
        size_bytes=record.size_bytes,
        part_bytes=record.part_bytes,
        merge=options["merge"],
        format=options["format"],
        labels_only=options["labels_only"],
        folder_path=options["folder_path"],
        image_status=options["image_status"],
        status=record.status,
        progress=record.progress,
        parts=[ImportPart(number=part.number, sha256=part.sha256) for part in parts],
        plan=None if record.plan is None else ImportPlan.model_validate(record.plan),
        result=None if record.result is None else ImportResult.model_validate(record.result),
        error_message=record.error_message,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )


def _new(actor: Actor, request: ImportRequest, options: dict[str, object], dataset_id: str | None) -> ImportRecord:
    moment = now()
    return ImportRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset_id,
        dataset_name=request.dataset_name,
        filename=request.filename[:400],
        size_bytes=request.size_bytes,
        part_bytes=request.part_bytes,
        fingerprint=request.fingerprint,
        options=options,
        status="uploading",
        job_id=None,
        progress=0,
        position=0,
        plan=None,
        result=None,
        error_message=None,
        maker=actor.maker,
        maker_name=actor.name,
        created_at=moment,
        updated_at=moment,
        completed_at=None,
    )


def _existing(conn: Connection, organization_id: str, request: ImportRequest) -> str | None:
    try:
        return datasets.get_by_name(conn, organization_id, request.dataset_name).id
    except DatasetNotFound:
        if not request.create_if_missing:
            raise
    check_name(request.dataset_name)
    return None


def _dataset(conn: Connection, organization_id: str, record: ImportRecord) -> tuple[str, bool]:
    try:
        return datasets.get_by_name(conn, organization_id, record.dataset_name).id, False
    except DatasetNotFound:
        if not record.options["create_if_missing"]:
            raise
        return datasets.create(conn, organization_id, name=record.dataset_name).id, True


def _enqueue(conn: Connection, record: ImportRecord, task: str, values: dict[str, Any]) -> DatasetImport:
    job_id = queue.enqueue(
        conn,
        task=task,
        lane=IMPORT_LANE,
        organization_id=record.organization_id,
        payload={"import_id": record.id},
    )
    repository.change(conn, record.id, {**values, "job_id": job_id})
    return to_wire(require(conn, record.organization_id, record.id))


def _check_format(given: str | None) -> None:
    if given is None or given == "images":
        return
    # Not before an import is asked for: the formats load numpy, and the server is to start without.
    from pictograph.formats.registry import FORMATS

    if given not in FORMATS:
        raise UnknownImportFormat(given, list(FORMATS))


def _sweep(platform: Platform) -> None:
    """Let go of imports that nobody has gone on with for a week."""
    with platform.db.write() as conn:
        forgotten = repository.waiting_since(conn, now() - KEPT_FOR)
        for record in forgotten:
            message = "Nobody went on with it for a week"
            repository.change(conn, record.id, {"status": "cancelled", "error_message": message, "completed_at": now()})
            remove_parts_later(conn, record)


def remove_parts_of(platform: Platform, organization_id: str, import_id: str) -> None:
    """Remove the uploaded archive of an import that has ended."""
    with platform.db.read() as conn:
        record = repository.find(conn, organization_id, import_id)
    if record is not None:
        remove_parts(platform.blobs, record)
