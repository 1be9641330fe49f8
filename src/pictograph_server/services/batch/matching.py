"""One change to all images that match a filter, or to up to a hundred thousand that are named.

A few are changed at once, many by a job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pictograph.models.batch import (
    ArchiveChange,
    AssignChange,
    CopyChange,
    DeleteChange,
    MatchingChange,
    MoveChange,
    RestoreChange,
    StatusChange,
    TagChange,
)
from pictograph_server.actor import Actor
from pictograph_server.errors import Unprocessable
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import reviewers
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.search import listing
from pictograph_server.services.search.filters import ImageFilter

from . import bulk, copying, repository, steps
from .bulk import Begun
from .change_repository import BulkKind
from .service import PermanentNeedsAdmin, record

_AUDIT_WORDS: Mapping[BulkKind, str] = {
    "set_status": "images.updated",
    "move_images": "images.moved",
    "copy_images": "images.copied",
    "tag_images": "images.tagged",
    "archive_images": "images.archived",
    "restore_images": "images.restored",
    "delete_images": "images.deleted",
    "assign_images": "review.assigned",
}


class WrongSideOfTrash(Unprocessable):
    code = "wrong_side_of_trash"

    def __init__(self, kind: str, *, is_archived: bool) -> None:
        where = "in the trash" if is_archived else "not in the trash"
        super().__init__(
            f"What matches cannot be changed by {kind!r}",
            why=f"the filter is of images that are {where}",
            fix=f"Filter with `archived` {'false' if is_archived else 'true'}, or choose another change",
        )


def change_matching(
    conn: Connection,
    actor: Actor,
    dataset_name: str,
    wanted: ImageFilter,
    change: MatchingChange,
    *,
    except_ids: Sequence[str] = (),
) -> Begun:
    """Change the images that match now, but for the excepted ones.

    Raises:
        PermanentNeedsAdmin: 403.
        DatasetNotFound, ReviewerNotFound: 404, the dataset, the one that copies go to, or who is given the images.
        WrongSideOfTrash: 422, moving what is in the trash, or restoring what is not.
        InvalidPath, InvalidClass: 422, no folder, no tag can be called that.
        LimitExceeded: 402, what is copied or restored at once does not fit into the organisation's limits.
    """
    is_of_trash = isinstance(change, RestoreChange)
    if wanted.is_archived != is_of_trash and not isinstance(change, DeleteChange):
        raise WrongSideOfTrash(change.kind, is_archived=wanted.is_archived)
    plan = _plan(conn, actor, dataset_name, change)
    dataset = plan.dataset
    excepted = [image.id for image in repository.by_ids(conn, dataset.id, list(dict.fromkeys(except_ids)))]
    total = max(0, listing.count(conn, dataset.id, wanted) - len(excepted))
    record(conn, actor, _AUDIT_WORDS[plan.kind], dataset, total, filter=wanted.to_json(), **plan.told(total))
    request = {
        **plan.details,
        "filter": wanted.to_json(),
        "except_ids": excepted,
        "until": listing.newest_id(conn, dataset.id, is_archived=wanted.is_archived),
    }
    return bulk.begin(conn, actor, dataset, plan.kind, request, total, at_once=steps.STEP)


def change_these(
    conn: Connection, actor: Actor, dataset_name: str, image_ids: Sequence[str], change: MatchingChange
) -> Begun:
    """Change images by their ids; those that are not there, or cannot be changed, are in the answer with the reason.

    Raises:
        PermanentNeedsAdmin: 403.
        DatasetNotFound, ReviewerNotFound: 404, the dataset, the one that copies go to, or who is given the images.
        InvalidPath, InvalidClass: 422, no folder, no tag can be called that.
        LimitExceeded: 402, what is copied or restored at once does not fit into the organisation's limits.
    """
    plan = _plan(conn, actor, dataset_name, change)
    # In the order of the table: a third of the time on SQLite.
    ids = sorted(set(image_ids))
    record(conn, actor, _AUDIT_WORDS[plan.kind], plan.dataset, len(ids), **plan.told(len(ids)))
    request = {**plan.details, "image_ids": ids}
    return bulk.begin(conn, actor, plan.dataset, plan.kind, request, len(ids), at_once=steps.STEP)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A change that may begin: of which kind, to a dataset that is held, and what it has to know."""

    dataset: DatasetRecord
    kind: BulkKind
    details: dict[str, Any]

    def told(self, total: int) -> dict[str, Any]:
        """Return what the audit log says of it."""
        if self.kind == "assign_images":
            return {"shares": {self.details["assignee_name"]: total}}
        return {name: value for name, value in self.details.items() if name not in ("actor", "target_dataset_id")}


def _plan(conn: Connection, actor: Actor, dataset_name: str, change: MatchingChange) -> _Plan:
    if isinstance(change, DeleteChange) and not actor.has_role("admin"):
        raise PermanentNeedsAdmin(actor.role)
    target_name = change.target_dataset_name if isinstance(change, CopyChange) else None
    target = copying.lock_target(conn, actor.organization_id, dataset_name, target_name)
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    kind, details = _request(conn, actor, change)
    if isinstance(change, TagChange):
        datasets.ensure_classes(conn, dataset.id, [(name, "tag", ()) for name in change.add])
    if isinstance(change, CopyChange):
        details |= _copying(actor, target)
    return _Plan(dataset, kind, details)


def _request(conn: Connection, actor: Actor, change: MatchingChange) -> tuple[BulkKind, dict[str, Any]]:
    """Return what kind of change it is, and what it has to know."""
    match change:
        case AssignChange():
            person = reviewers.find(conn, actor, change.assignee)
            return "assign_images", {
                "assignee_id": person.id,
                "assignee_name": person.name,
                "to_review": change.to_review,
            }
        case StatusChange():
            return "set_status", {"status": change.status}
        case MoveChange():
            folder = normalise_folder(change.target_folder_path)
            return "move_images", {"target_folder_path": folder, "duplicate_handling": change.duplicate_handling}
        case CopyChange():
            folder = None if change.target_folder_path is None else normalise_folder(change.target_folder_path)
            return "copy_images", {
                "target_folder_path": folder,
                "duplicate_handling": change.duplicate_handling,
                "copy_annotations": change.copy_annotations,
            }
        case TagChange():
            return "tag_images", {"add": list(dict.fromkeys(change.add)), "remove": list(change.remove)}
        case ArchiveChange():
            return "archive_images", {}
        case RestoreChange():
            return "restore_images", {"duplicate_handling": change.duplicate_handling}
        case DeleteChange():
            return "delete_images", {}


def _copying(actor: Actor, target: DatasetRecord) -> dict[str, Any]:
    """Return where copies go, and by whose word: history says it of every one."""
    by = {"id": actor.id, "role": actor.role, "name": actor.name, "kind": actor.kind}
    return {"target_dataset_id": target.id, "actor": by}
