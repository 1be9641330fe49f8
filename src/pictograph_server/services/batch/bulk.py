"""Changes to all images of a folder, or of the trash: at once where they are few, by a job where they are many.

Either way the same steps are taken (`steps.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pictograph.models.batch import BatchFailure, BulkChange, DuplicateHandling
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.jobs import queue
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images.blobs import remove_later_if_many
from pictograph_server.services.images.paths import MAX_FOLDER_LENGTH, normalise_folder
from pictograph_server.services.images.records import FolderNotFound
from pictograph_server.services.images.registration import INGEST_LANE
from pictograph_server.storage.db.types import new_id, now

from . import change_repository, repository
from .change_repository import BulkKind, ChangeRecord
from .service import PermanentNeedsAdmin, record
from .steps import folders_of, is_below, moved, take_step

BULK_TASK = "bulk_change"
BULK_LANE = INGEST_LANE
# What a request does by itself: a second or two.
AT_ONCE = 10_000


class FolderCannotMove(BadRequest):
    code = "folder_cannot_move"

    def __init__(self, folder: str, target: str, why: str) -> None:
        super().__init__(
            f"Folder {folder!r} cannot become {target!r}", why=why, fix="Name another folder, or another place for it"
        )


class ChangeNotFound(NotFound):
    code = "bulk_change_not_found"

    def __init__(self, change_id: str) -> None:
        super().__init__(
            f"Bulk change {change_id!r} was not found",
            why="this organisation has none of that id",
            fix="The id is `job_id` in the answer of the request that started it",
        )


def move_folder(
    conn: Connection, actor: Actor, dataset_name: str, folder: str, target: str, handling: DuplicateHandling
) -> BulkChange:
    """Move or rename a folder with all that is below it; where the target exists, both become one.

    Raises:
        DatasetNotFound, FolderNotFound: 404.
        FolderCannotMove: 400, the root folder, into itself, or too deep.
        InvalidPath: 422.
    """
    folder, target = normalise_folder(folder), normalise_folder(target)
    if folder == "/":
        raise FolderCannotMove(folder, target, "the root folder stays where it is")
    if is_below(target, folder):
        raise FolderCannotMove(folder, target, "that is the folder itself, or inside it")
    dataset = _lock(conn, actor, dataset_name)
    counts = _counts_below(conn, dataset, folder)
    longest = max(len(moved(each, folder, target)) for each in counts)
    if longest > MAX_FOLDER_LENGTH:
        raise FolderCannotMove(folder, target, f"a folder inside would have {longest} characters")
    request = {"folder": folder, "target": target, "duplicate_handling": handling}
    total = sum(counts.values())
    record(conn, actor, "folder.moved", dataset, total, **request)
    return begin(conn, actor, dataset, "move_folder", request, total).answer


def delete_folder(conn: Connection, actor: Actor, dataset_name: str, folder: str, *, permanent: bool) -> "Begun":
    """Take all images in a folder and below it to the trash, or delete them for good.

    Raises:
        PermanentNeedsAdmin: 403.
        DatasetNotFound, FolderNotFound: 404.
    """
    if permanent and not actor.has_role("admin"):
        raise PermanentNeedsAdmin(actor.role)
    folder = normalise_folder(folder)
    dataset = _lock(conn, actor, dataset_name)
    total = sum(_counts_below(conn, dataset, folder).values())
    kind: BulkKind = "delete_folder" if permanent else "archive_folder"
    record(conn, actor, "folder.deleted" if permanent else "folder.archived", dataset, total, folder=folder)
    return begin(conn, actor, dataset, kind, {"folder": folder}, total)


def restore_all(conn: Connection, actor: Actor, dataset_name: str, handling: DuplicateHandling) -> BulkChange:
    """Take everything out of the trash, back into the folders it came from. Raises `DatasetNotFound` (404)."""
    dataset = _lock(conn, actor, dataset_name)
    total = repository.count_archived(conn, dataset.id)
    request = {"duplicate_handling": handling}
    record(conn, actor, "trash.restored", dataset, total)
    return begin(conn, actor, dataset, "restore", request, total).answer


def empty_trash(conn: Connection, actor: Actor, dataset_name: str) -> "Begun":
    """Delete for good what is in the trash. Raises `DatasetNotFound` (404)."""
    dataset = _lock(conn, actor, dataset_name)
    total = repository.count_archived(conn, dataset.id)
    record(conn, actor, "trash.emptied", dataset, total)
    return begin(conn, actor, dataset, "empty_trash", {}, total)


def get(conn: Connection, organization_id: str, change_id: str) -> BulkChange:
    """Return how a change stands. Raises `ChangeNotFound` (404)."""
    return to_wire(_require(conn, organization_id, change_id))


def cancel(conn: Connection, organization_id: str, change_id: str) -> BulkChange:
    """Ask a change to stop; what it has done stays, and one that has ended too. Raises `ChangeNotFound` (404)."""
    change = _require(conn, organization_id, change_id)
    queue.request_cancel(conn, change_id)
    return to_wire(change)


def to_wire(change: ChangeRecord) -> BulkChange:
    seen = change.processed + change.failed_count
    progress = 100 if change.status == "completed" else min(99, 100 * seen // max(1, change.total))
    return BulkChange(
        job_id=change.id,
        status=change.status,
        progress=progress,
        total=change.total,
        processed=change.processed,
        failed_count=change.failed_count,
        failed=[BatchFailure(id=each["id"], reason=each["reason"]) for each in change.failed],
        error_message=change.error_message,
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """The answer to a request, and hashes for `blobs.remove_unreferenced` after the commit."""

    answer: BulkChange
    sha256s_to_remove: Sequence[str]


def begin(
    conn: Connection,
    actor: Actor,
    dataset: DatasetRecord,
    kind: BulkKind,
    request: Mapping[str, Any],
    total: int,
    *,
    at_once: int | None = None,
) -> Begun:
    """Do a change at once, or put it into the queue where it is of more images than `at_once` (AT_ONCE)."""
    change = ChangeRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset.id,
        kind=kind,
        request=request,
        position=None,
        status="pending",
        total=total,
        processed=0,
        failed_count=0,
        failed=(),
        error_message=None,
        created_at=now(),
    )
    if total > (AT_ONCE if at_once is None else at_once):
        change_repository.add(conn, change)
        queue.enqueue(
            conn,
            task=BULK_TASK,
            lane=BULK_LANE,
            organization_id=actor.organization_id,
            payload={"dataset_id": dataset.id},
            dataset_id=dataset.id,
            job_id=change.id,
        )
        return Begun(to_wire(change), ())
    removed: list[str] = []
    folders = folders_of(conn, change)
    while change.status != "completed":
        step = take_step(conn, change, folders)
        change = step.record
        removed += step.removed_sha256s
    answer = to_wire(change).model_copy(update={"job_id": None})
    return Begun(answer, remove_later_if_many(conn, actor.organization_id, removed))


def _lock(conn: Connection, actor: Actor, dataset_name: str) -> DatasetRecord:
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    datasets.lock(conn, actor.organization_id, dataset.id)
    return dataset


def _counts_below(conn: Connection, dataset: DatasetRecord, top: str) -> dict[str, int]:
    counts = repository.folder_counts(conn, dataset.id)
    below = {folder: count for folder, count in counts.items() if is_below(folder, top)}
    if not below:
        raise FolderNotFound(dataset.name, top)
    return below


def _require(conn: Connection, organization_id: str, change_id: str) -> ChangeRecord:
    change = change_repository.find(conn, organization_id, change_id, with_request=False)
    if change is None:
        raise ChangeNotFound(change_id)
    return change
