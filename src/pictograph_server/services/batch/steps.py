"""The steps of a change to all images of a folder, of the trash, of a filter, or to named ones; here they are taken.

A step changes at most two thousand images and ends with the position behind them, committed with them: a job that was
killed goes on there. Images that come meanwhile are left as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sqlalchemy import Connection

from pictograph.models.batch import BatchFailure, DuplicateHandling
from pictograph_server.services.datasets import service as datasets

from . import changes, matching_steps, repository
from .change_repository import ChangeRecord
from .records import BulkImage, Outcome

STEP = 2_000
_FAILURES_KEPT = 100
_REMOVING = ("delete_folder", "empty_trash", "delete_images")


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: the change as it stands after it, and the hashes of images that it deleted."""

    record: ChangeRecord
    removed_sha256s: Sequence[str]


def folders_of(conn: Connection, record: ChangeRecord) -> list[str]:
    """Return the folders that a change goes through, outer ones first: what moves up finds the place it goes to left.

    Looked up once for all steps; () for changes of the trash.
    """
    if "folder" not in record.request:
        return []
    top = str(record.request["folder"])
    return sorted(
        (each for each in repository.folder_counts(conn, record.dataset_id) if is_below(each, top)), key=_depth
    )


def take_step(conn: Connection, record: ChangeRecord, folders: Sequence[str]) -> Step:
    """Do the next images of a change, and return how far that got.

    Raises:
        DatasetNotFound: it was deleted meanwhile.
        LimitExceeded: 402, what is restored does not fit any more.
    """
    for dataset_id in matching_steps.datasets_of(record):
        datasets.lock(conn, record.organization_id, dataset_id)
    images, position, left_alone = _next(conn, record, folders)
    outcome = _apply(conn, record, images)
    outcome.failed += left_alone
    kept = [*record.failed, *({"id": each.id, "reason": each.reason} for each in outcome.failed)][:_FAILURES_KEPT]
    processed, failed_count = record.processed + len(outcome.done), record.failed_count + len(outcome.failed)
    after = replace(
        record,
        position=position,
        status="running" if position is not None else "completed",
        total=record.total if position is not None else processed + failed_count,
        processed=processed,
        failed_count=failed_count,
        failed=kept,
    )
    return Step(after, [image.sha256 for image in outcome.done] if record.kind in _REMOVING else [])


def is_below(folder: str, top: str) -> bool:
    """Return whether it is the folder itself, or inside it."""
    return top == "/" or folder == top or folder.startswith(top + "/")


def moved(folder: str, old: str, new: str) -> str:
    """Return what a folder at or below `old` is called when that has become `new`."""
    return (new.rstrip("/") + folder.removeprefix(old)) or "/"


def _next(
    conn: Connection, record: ChangeRecord, folders: Sequence[str]
) -> tuple[list[BulkImage], list[str] | None, list[BatchFailure]]:
    """Return the images of the next step, the position behind them (None when none are left), and what is no image."""
    if matching_steps.is_of_names(record):
        return matching_steps.next_named(conn, record, STEP)
    if matching_steps.is_of_filter(record):
        images, position = matching_steps.next_images(conn, record, STEP)
        return images, position, []
    if "folder" in record.request:
        images, position = _next_in_folders(conn, record, folders)
        return images, position, []
    after = record.position[0] if record.position else None
    images = repository.archived_page(conn, record.dataset_id, after=after, until=record.created_at, limit=STEP)
    return images, [images[-1].id] if len(images) == STEP else None, []


def _next_in_folders(
    conn: Connection, record: ChangeRecord, folders: Sequence[str]
) -> tuple[list[BulkImage], list[str] | None]:
    at, after = (record.position[0], record.position[1]) if record.position else ("", "")
    images: list[BulkImage] = []
    for folder in folders:
        if at and _depth(folder) < _depth(at):
            continue
        behind = after if folder == at else ""
        images += repository.in_folder(
            conn, record.dataset_id, folder, after=behind, until=record.created_at, limit=STEP - len(images)
        )
        if len(images) == STEP:
            return images, [folder, images[-1].filename]
    return images, None


def _apply(conn: Connection, record: ChangeRecord, images: Sequence[BulkImage]) -> Outcome:
    if not images:
        return Outcome()
    if matching_steps.is_of_filter(record) or matching_steps.is_of_names(record):
        return matching_steps.apply(conn, record, images)
    if record.kind == "move_folder":
        return _move(conn, record, images)
    if record.kind == "archive_folder":
        return changes.archive(conn, record.dataset_id, images)
    if record.kind == "restore":
        return changes.restore(conn, record.organization_id, record.dataset_id, images, _handling(record))
    return changes.remove(conn, record.dataset_id, images)


def _move(conn: Connection, record: ChangeRecord, images: Sequence[BulkImage]) -> Outcome:
    """Move one level of the tree after the other: what goes up may go to where another of these images is now."""
    folder, target = str(record.request["folder"]), str(record.request["target"])
    whole = Outcome()
    for _level, group in groupby(images, key=lambda image: _depth(image.folder_path)[0]):
        outcome = changes.move(
            conn,
            record.dataset_id,
            list(group),
            lambda image: moved(image.folder_path, folder, target),
            _handling(record),
        )
        whole.done += outcome.done
        whole.failed += outcome.failed
    return whole


def _handling(record: ChangeRecord) -> DuplicateHandling:
    return record.request["duplicate_handling"]


def _depth(folder: str) -> tuple[int, str]:
    return (folder.count("/") if folder != "/" else 0, folder)
