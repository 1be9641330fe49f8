"""Imports of folders and archives: once they have arrived (`uploads.py`), planned by a job, and done by another."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from pictograph.models.dataset_import import DatasetImport, ImportPart, ImportPlan, ImportResult
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, NotFound
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.parts import remove_parts
from pictograph_server.services.imports.repository import ImportRecord, PartRecord
from pictograph_server.storage.db.types import now

PLAN_TASK = "plan_import"
IMPORT_TASK = "import"
REMOVE_PARTS_TASK = "remove_import_parts"
IMPORT_LANE = "import"


class ImportNotFound(NotFound):
    code = "import_not_found"

    def __init__(self, import_id: str) -> None:
        super().__init__(f"There is no import {import_id!r}", fix="List those there are with `client.imports.list()`")


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


def get(conn: Connection, organization_id: str, import_id: str) -> DatasetImport:
    record = require(conn, organization_id, import_id)
    return to_wire(record, repository.parts(conn, import_id) if record.status == "uploading" else ())


def list_imports(
    conn: Connection, organization_id: str, *, dataset_name: str | None, limit: int, offset: int
) -> list[DatasetImport]:
    """Return one page, newest first."""
    found = repository.page(conn, organization_id, dataset_name=dataset_name, limit=limit, offset=offset)
    return [to_wire(record) for record in found]


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
        dataset_id=values.get("dataset_id", record.dataset_id),
    )
    repository.change(conn, record.id, {**values, "job_id": job_id})
    return to_wire(require(conn, record.organization_id, record.id))


def remove_parts_of(platform: Platform, organization_id: str, import_id: str) -> None:
    """Remove the uploaded archive of an import that has ended."""
    with platform.db.read() as conn:
        record = repository.find(conn, organization_id, import_id)
    if record is not None:
        remove_parts(platform.blobs, record)
