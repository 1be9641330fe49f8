"""Versions of a dataset: asked for, found by number, name or id, described, deleted. They never change."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pictograph.models.version import Descendant, Version, VersionClass, VersionLineage, VersionStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, NotFound
from pictograph_server.jobs import queue
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import InvalidName, check_name
from pictograph_server.services.images.status_filter import statuses_of
from pictograph_server.storage.db.types import new_id

from . import repository
from .repository import DescendantRecord, NewVersion, VersionRecord

MAX_NAME_LENGTH = 100
FREEZE_TASK = "freeze_version"
TIDY_TASK = "tidy_versions"
VERSIONS_LANE = "export"
# The newest one that can be used.
LATEST = "latest"
_LARGEST_NUMBER = 2**31 - 1


class VersionNotFound(NotFound):
    code = "version_not_found"

    def __init__(self, dataset: str, wanted: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no version {wanted!r}",
            why="a version is named by its number, its name, its id, or `latest`",
            fix="See those there are with `client.versions.list(dataset_name)`",
        )


class VersionNameTaken(Conflict):
    code = "version_name_taken"

    def __init__(self, dataset: str, name: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has a version {name!r} already",
            why="names of versions are unique within a dataset",
            fix="Choose another name, or rename the other version first",
        )


class VersionNotReady(Conflict):
    code = "version_not_ready"

    def __init__(self, record: VersionRecord) -> None:
        is_failed = record.status == "failed"
        super().__init__(
            f"Version {record.number} of dataset {record.dataset_name!r} cannot be used",
            why=f"it failed: {record.error_message}" if is_failed else f"it is {record.status}",
            fix="Make another one" if is_failed else "Wait until it is ready (`client.versions.wait_until_ready`)",
        )


class VersionInUse(Conflict):
    code = "version_in_use"

    def __init__(self, record: VersionRecord, why: str, fix: str) -> None:
        super().__init__(
            f"Version {record.number} of dataset {record.dataset_name!r} was not deleted", why=why, fix=fix
        )


class VersionGone(BadRequest):
    code = "version_gone"

    def __init__(self, what: str) -> None:
        super().__init__(what, why="its version was deleted meanwhile", fix="Do it again with another version")


@dataclass(frozen=True, slots=True)
class VersionRequest:
    """What a person asks to be frozen: the images of a status, all of them where it is None."""

    dataset_name: str
    name: str | None = None
    description: str | None = None
    status_filter: str | None = None


def create(conn: Connection, actor: Actor, request: VersionRequest) -> Version:
    """Record a version and enqueue the job that freezes it.

    Raises:
        DatasetNotFound: 404. VersionNameTaken: 409. InvalidName, UnknownStatusFilter: 422.
    """
    name = None if request.name is None else _checked_name(request.name)
    # `all` and None both filter nothing; None says so.
    status_filter = request.status_filter if statuses_of(request.status_filter) else None
    dataset = datasets.get_by_name(conn, actor.organization_id, request.dataset_name)
    datasets.lock(conn, actor.organization_id, dataset.id)
    if name is not None and repository.by_name(conn, dataset.id, name) is not None:
        raise VersionNameTaken(dataset.name, name)
    new = NewVersion(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset.id,
        name=name,
        description=request.description,
        status_filter=status_filter,
        created_by=actor.id,
        created_by_name=actor.name,
    )
    repository.add(conn, new)
    queue.enqueue(
        conn,
        task=FREEZE_TASK,
        lane=VERSIONS_LANE,
        organization_id=actor.organization_id,
        payload={"version_id": new.id},
        dataset_id=dataset.id,
        job_id=new.id,
    )
    record = require(conn, actor.organization_id, dataset.name, new.id)
    audit.record(
        conn, actor, "version.created", subject_id=record.id, subject_name=_title(record), details={"name": name}
    )
    return to_wire(record)


def begin_for_export(
    conn: Connection, organization_id: str, dataset_id: str, *, export_id: str, status_filter: str | None
) -> VersionRecord:
    """Return the version that an export freezes, new or begun by an earlier try of its job.

    Raises:
        DatasetNotFound: 404.
    """
    datasets.lock(conn, organization_id, dataset_id)
    record = repository.of_export(conn, export_id)
    if record is None:
        new = NewVersion(
            id=new_id(),
            organization_id=organization_id,
            dataset_id=dataset_id,
            export_id=export_id,
            status_filter=status_filter,
        )
        repository.add(conn, new)
        record = repository.of_export(conn, export_id)
        assert record is not None
    return record


def discard_of_export(conn: Connection, organization_id: str, export_id: str) -> None:
    """Let go of what an export has begun to freeze and will not finish."""
    record = repository.of_export(conn, export_id)
    if record is not None and record.status == "freezing":
        _let_go(conn, organization_id, record)


def list_versions(
    conn: Connection, organization_id: str, dataset_name: str, *, limit: int, offset: int
) -> list[Version]:
    """Return one page of a dataset's versions, newest first. Raises `DatasetNotFound` (404)."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    records = repository.page(conn, organization_id, dataset.id, limit=limit, offset=offset)
    return [to_wire(record) for record in records]


def get(conn: Connection, organization_id: str, dataset_name: str, wanted: str) -> Version:
    return to_wire(require(conn, organization_id, dataset_name, wanted))


def update(
    conn: Connection,
    actor: Actor,
    dataset_name: str,
    wanted: str,
    *,
    name: str | None = None,
    description: str | None = None,
) -> Version:
    """Name or describe a version; None leaves a field as it is, and an empty text clears it.

    Raises:
        VersionNotFound: 404. VersionNameTaken: 409. InvalidName: 422.
    """
    record = require(conn, actor.organization_id, dataset_name, wanted)
    values: dict[str, object] = {}
    if name is not None and name != (record.name or ""):
        values["name"] = _checked_name(name) if name else None
        if name and repository.by_name(conn, record.dataset_id, name) is not None:
            raise VersionNameTaken(dataset_name, name)
    if description is not None:
        values["description"] = description or None
    if values:
        try:
            repository.change(conn, record.id, values)
        except IntegrityError as error:  # Postgres: somebody else took the name between the look and the write
            raise VersionNameTaken(dataset_name, name or "") from error
        audit.record(conn, actor, "version.updated", subject_id=record.id, subject_name=_title(record), details=values)
    return get(conn, actor.organization_id, dataset_name, record.id)


def delete(conn: Connection, actor: Actor, dataset_name: str, wanted: str, *, force: bool = False) -> None:
    """Delete a version; a job takes away what no other version holds. `force`: also where a model learned from it.

    Raises:
        VersionNotFound: 404.
        VersionInUse: 409, an export is freezing it, or something learned from it.
    """
    record = require(conn, actor.organization_id, dataset_name, wanted)
    if record.status == "freezing" and record.export_id is not None:
        raise VersionInUse(record, "an export is being made of it", "Delete the export, or wait for it")
    runs, models = repository.runs_of(conn, record.id), repository.models_of(conn, record.id)
    if not force and (runs or models):
        names = ", ".join(repr(each.name) for each in [*models, *runs][:3])
        why = f"{len(models)} models and {len(runs)} training runs learned from it: {names}"
        raise VersionInUse(record, why, "Keep it, or delete it all the same with `force`")
    if record.status == "freezing":
        queue.request_cancel(conn, record.id)
    _let_go(conn, actor.organization_id, record)
    audit.record(
        conn,
        actor,
        "version.deleted",
        subject_id=record.id,
        subject_name=_title(record),
        details={"images": record.image_count, "name": record.name},
    )


def lineage(conn: Connection, organization_id: str, dataset_name: str, wanted: str) -> VersionLineage:
    """Return what was made from a version. Raises `VersionNotFound` (404)."""
    record = require(conn, organization_id, dataset_name, wanted)
    return VersionLineage(
        exports=_descendants(repository.exports_of(conn, record.id)),
        training_runs=_descendants(repository.runs_of(conn, record.id)),
        models=_descendants(repository.models_of(conn, record.id)),
        datasets=_descendants(repository.datasets_of(conn, record.id)),
    )


def require(conn: Connection, organization_id: str, dataset_name: str, wanted: str) -> VersionRecord:
    """Return a version of a dataset by its number, its name, its id, or `latest`.

    Raises:
        DatasetNotFound, VersionNotFound: 404.
    """
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    if wanted == LATEST:
        record = repository.newest_ready(conn, dataset.id)
    elif wanted.isascii() and wanted.isdecimal():
        number = int(wanted) if len(wanted) <= 10 else 0
        record = repository.by_number(conn, dataset.id, number) if number <= _LARGEST_NUMBER else None
    else:
        record = repository.by_name(conn, dataset.id, wanted) or repository.find(conn, organization_id, wanted)
    if record is None or record.dataset_id != dataset.id or record.status == "deleted":
        raise VersionNotFound(dataset_name, wanted)
    return record


def require_ready(conn: Connection, organization_id: str, dataset_name: str, wanted: str) -> VersionRecord:
    """Return a version that can be used.

    Raises:
        DatasetNotFound, VersionNotFound: 404.
        VersionNotReady: 409.
    """
    record = require(conn, organization_id, dataset_name, wanted)
    if record.status != "ready":
        raise VersionNotReady(record)
    return record


def find_ready(conn: Connection, organization_id: str, version_id: str | None) -> VersionRecord | None:
    """Return a version by its id, for jobs; None where it is gone or was deleted."""
    record = None if version_id is None else repository.find(conn, organization_id, version_id)
    return record if record is not None and record.status == "ready" else None


def to_wire(record: VersionRecord) -> Version:
    return Version(
        id=record.id,
        dataset_id=record.dataset_id,
        dataset_name=record.dataset_name,
        number=record.number,
        name=record.name,
        description=record.description,
        status=_status(record),
        progress=record.progress,
        error_message=record.error_message,
        status_filter=record.status_filter,
        image_count=record.image_count,
        annotation_count=record.annotation_count,
        total_size=record.size_bytes,
        classes=[
            VersionClass(name=name, annotation_count=annotations, image_count=images)
            for name, annotations, images in record.class_counts
        ],
        export_id=record.export_id,
        created_by=record.created_by,
        created_by_name=record.created_by_name,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )


def tidy_later(conn: Connection, organization_id: str, dataset_id: str) -> None:
    """Put the job into the queue that takes away what only deleted versions of a dataset hold."""
    queue.enqueue(
        conn,
        task=TIDY_TASK,
        lane=VERSIONS_LANE,
        organization_id=organization_id,
        payload={"dataset_id": dataset_id},
    )


def _let_go(conn: Connection, organization_id: str, record: VersionRecord) -> None:
    """Hide a version from everybody until the job has taken it away; its name is free, its number is not."""
    repository.change(conn, record.id, {"status": "deleted", "name": None, "export_id": None})
    tidy_later(conn, organization_id, record.dataset_id)


def _checked_name(name: str) -> str:
    check_name(name, noun="a version", max_length=MAX_NAME_LENGTH)
    if name == LATEST or (name.isascii() and name.isdecimal()):
        raise InvalidName("a version", name, "numbers and `latest` already mean a version")
    return name


def _status(record: VersionRecord) -> VersionStatus:
    assert record.status != "deleted", "a deleted version is shown to nobody"
    return record.status


def _title(record: VersionRecord) -> str:
    return f"{record.dataset_name} version {record.number}"


def _descendants(records: Sequence[DescendantRecord]) -> list[Descendant]:
    return [Descendant(id=each.id, name=each.name, status=each.status, created_at=each.created_at) for each in records]
