"""What a change to all images that match a filter, or to very many that are named, does in one step.

The images are walked by their ids, up to the newest that was there when it began: so one that no longer matches
because of the change, or comes meanwhile, moves no other, and none is passed over or done twice.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from pictograph.models.batch import BatchFailure, DuplicateHandling
from pictograph_server.actor import Actor
from pictograph_server.services.images import reviewers
from pictograph_server.services.images.reviewers import Person
from pictograph_server.services.search import listing
from pictograph_server.services.search.filters import ImageFilter

from . import changes, copying, repository, tagging
from .change_repository import ChangeRecord
from .copying import CopyRequest
from .placing import Wish
from .records import IN_TRASH, NOT_HERE, BulkImage, Outcome

# What is in the trash stays there, or is not in it any more.
_ALSO_OF_TRASH = ("archive_images", "restore_images", "delete_images")


def is_of_filter(record: ChangeRecord) -> bool:
    """Return whether it is a change to what matches, not to a folder or the trash."""
    return "filter" in record.request


def is_of_names(record: ChangeRecord) -> bool:
    """Return whether it is a change to images that are named by their ids."""
    return "image_ids" in record.request


def datasets_of(record: ChangeRecord) -> list[str]:
    """Return the datasets that a change holds, always in the same order."""
    return sorted({record.dataset_id, record.request.get("target_dataset_id") or record.dataset_id})


def next_images(conn: Connection, record: ChangeRecord, limit: int) -> tuple[list[BulkImage], list[str] | None]:
    """Return the images of the next step, and the position behind them; None when none are left."""
    until, excepted = record.request["until"], set(record.request["except_ids"])
    if until is None:
        return [], None
    after = record.position[0] if record.position else None
    wanted = ImageFilter.from_json(record.request["filter"])
    ids, following = listing.next_ids(conn, record.dataset_id, wanted, after=after, limit=limit)
    chosen = [image_id for image_id in ids if image_id <= until and image_id not in excepted]
    found = {image.id: image for image in repository.by_ids(conn, record.dataset_id, chosen)}
    position = [following] if following is not None and following < until else None
    return [found[image_id] for image_id in chosen if image_id in found], position


def next_named(
    conn: Connection, record: ChangeRecord, limit: int
) -> tuple[list[BulkImage], list[str] | None, list[BatchFailure]]:
    """Return the same of a change to named images, and those of them that cannot be changed, with the reason."""
    image_ids, start = record.request["image_ids"], int(record.position[0]) if record.position else 0
    end = start + limit
    named = image_ids[start:end]
    found = {image.id: image for image in repository.by_ids(conn, record.dataset_id, named)}
    left_alone = [BatchFailure(id=image_id, reason=NOT_HERE) for image_id in named if image_id not in found]
    images = [found[image_id] for image_id in named if image_id in found]
    if record.kind not in _ALSO_OF_TRASH:
        left_alone += [BatchFailure(id=image.id, reason=IN_TRASH) for image in images if image.is_archived]
        images = [image for image in images if not image.is_archived]
    return images, [str(end)] if end < len(image_ids) else None, left_alone


def apply(conn: Connection, record: ChangeRecord, images: Sequence[BulkImage]) -> Outcome:
    """Do to these images what the change is."""
    request, dataset_id = record.request, record.dataset_id
    if record.kind == "set_status":
        return changes.set_status(conn, dataset_id, images, request["status"])
    if record.kind == "move_images":
        return _move(conn, record, images)
    if record.kind == "copy_images":
        return _copy(conn, record, images)
    if record.kind == "tag_images":
        return tagging.tag_images(conn, dataset_id, images, add=request["add"], remove=request["remove"])
    if record.kind == "assign_images":
        return _assign(conn, record, images)
    if record.kind == "archive_images":
        return changes.archive(conn, dataset_id, images)
    if record.kind == "restore_images":
        return changes.restore(conn, record.organization_id, dataset_id, images, _handling(record))
    return changes.remove(conn, dataset_id, images)


def _assign(conn: Connection, record: ChangeRecord, images: Sequence[BulkImage]) -> Outcome:
    person = Person(record.request["assignee_id"], record.request["assignee_name"])
    reviewers.give(conn, [image.id for image in images], person)
    if record.request["to_review"]:
        return changes.set_status(conn, record.dataset_id, images, "review")
    return Outcome(list(images), folders={image.folder_path for image in images})


def _move(conn: Connection, record: ChangeRecord, images: Sequence[BulkImage]) -> Outcome:
    folder, handling = str(record.request["target_folder_path"]), _handling(record)
    wishes = {each.id: Wish(each.id, folder, each.filename) for each in images}
    free, refused = _without_clashes(conn, record, record.dataset_id, images, wishes)
    outcome = changes.move(conn, record.dataset_id, free, lambda _image: folder, handling)
    outcome.failed += refused
    return outcome


def _copy(conn: Connection, record: ChangeRecord, images: Sequence[BulkImage]) -> Outcome:
    request, target_id = record.request, str(record.request["target_dataset_id"])
    actor = Actor(record.organization_id, **request["actor"])
    wanted = CopyRequest(request["target_folder_path"], _handling(record), request["copy_annotations"])
    wishes = copying.wishes_of(images, record.dataset_id, target_id, wanted.target_folder_path)
    free, refused = _without_clashes(conn, record, target_id, images, wishes)
    outcome, _copies = copying.copy_images(conn, actor, target_id, free, wishes, wanted)
    outcome.failed += refused
    return outcome


def _without_clashes(
    conn: Connection,
    record: ChangeRecord,
    dataset_id: str,
    images: Sequence[BulkImage],
    wishes: dict[str, Wish],
) -> tuple[list[BulkImage], list[BatchFailure]]:
    """Leave out images that would take the place of what an earlier step brought: two of one name want one folder."""
    if _handling(record) != "overwrite":
        return list(images), []
    holders = repository.holders(conn, dataset_id, [wish.path for wish in wishes.values()])
    held = {image_id: holder for image_id, wish in wishes.items() if (holder := holders.get(wish.path)) is not None}
    # What anybody changed since it began stays too.
    brought = repository.changed_since(conn, list(dict.fromkeys(held.values())), record.created_at)
    refused = [
        BatchFailure(id=image_id, reason=f"an image came to {wishes[image_id].path[1]!r} there meanwhile")
        for image_id, holder in held.items()
        if holder != image_id and holder in brought
    ]
    left = {failure.id for failure in refused}
    return [image for image in images if image.id not in left], refused


def _handling(record: ChangeRecord) -> DuplicateHandling:
    return record.request["duplicate_handling"]
