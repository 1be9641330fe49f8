"""One change to up to ten thousand images, named by their ids: endpoints 43-46.

What cannot be changed is listed with the reason; the rest is done, in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pictograph.models.batch import BatchFailure, BatchResult, DuplicateHandling, RenamedImage
from pictograph.models.image import ImageStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import Forbidden, Unprocessable
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import is_control
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.blobs import remove_later_if_many
from pictograph_server.services.images.paths import MAX_FILENAME_LENGTH, normalise_folder

from . import changes, repository
from .records import IN_TRASH, NOT_HERE, BulkImage, NoSuchImages, Outcome

MAX_IDS = 10_000
# What one job changes by their ids (`matching.change_these`).
MAX_IDS_OF_JOB = 100_000


class PermanentNeedsAdmin(Forbidden):
    code = "permanent_needs_admin"

    def __init__(self, role: str) -> None:
        super().__init__(
            "Images cannot be deleted for good with this role",
            why=f"that needs the role 'admin' or higher, and yours is {role!r}",
            fix="Leave `permanent` out, which takes them to the trash, or ask an admin",
        )


class InvalidDisplayName(Unprocessable):
    code = "invalid_display_name"

    def __init__(self, why: str) -> None:
        super().__init__("The images were not changed", why=why, fix="Choose another display name; '' takes it away")


@dataclass(frozen=True, slots=True)
class ImageChanges:
    """What `update` sets; None leaves it as it is. An empty `display_name` takes it away."""

    status: ImageStatus | None = None
    display_name: str | None = None
    is_archived: bool | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The images of a request: those there are, in the order asked for, and those there are not."""

    dataset: DatasetRecord
    images: list[BulkImage]
    missing: list[BatchFailure]


def move(
    conn: Connection,
    actor: Actor,
    dataset_name: str,
    image_ids: Sequence[str],
    target_folder_path: str,
    handling: DuplicateHandling,
) -> BatchResult:
    """Give images another folder, which need not exist.

    Raises:
        DatasetNotFound, NoSuchImages: 404.
        InvalidPath: 422, no folder can be called that.
    """
    folder = normalise_folder(target_folder_path)
    selection = present(select(conn, actor.organization_id, dataset_name, image_ids))
    outcome = changes.move(conn, selection.dataset.id, selection.images, lambda _image: folder, handling)
    record(conn, actor, "images.moved", selection.dataset, len(outcome.done), target=folder)
    return result(selection, outcome)


def delete(
    conn: Connection, actor: Actor, dataset_name: str, image_ids: Sequence[str], *, permanent: bool
) -> tuple[BatchResult, Sequence[str]]:
    """Take images to the trash, or delete them for good; return also the hashes for `blobs.remove_unreferenced`.

    Raises:
        PermanentNeedsAdmin: 403.
        DatasetNotFound, NoSuchImages: 404.
    """
    if permanent and not actor.has_role("admin"):
        raise PermanentNeedsAdmin(actor.role)
    selection = select(conn, actor.organization_id, dataset_name, image_ids)
    if not permanent:
        outcome = changes.archive(conn, selection.dataset.id, selection.images)
        record(conn, actor, "images.archived", selection.dataset, len(outcome.done))
        return result(selection, outcome), []
    outcome = changes.remove(conn, selection.dataset.id, selection.images)
    record(conn, actor, "images.deleted", selection.dataset, len(outcome.done))
    hashes = [image.sha256 for image in outcome.done]
    return result(selection, outcome), remove_later_if_many(conn, actor.organization_id, hashes)


def delete_one(conn: Connection, actor: Actor, image_id: str, *, permanent: bool) -> Sequence[str]:
    """Take an image to the trash, or delete it for good; return the hashes for `blobs.remove_unreferenced`.

    Raises:
        ImageNotFound: 404.
    """
    image = images.get(conn, actor.organization_id, image_id)
    if permanent:
        images.remove(conn, actor.organization_id, image_id)
    else:
        images.archive(conn, actor.organization_id, image_id)
    audit.record(
        conn,
        actor,
        "image.deleted" if permanent else "image.archived",
        subject_id=image.id,
        subject_name=image.path[-400:],
        details={"dataset_id": image.dataset_id},
    )
    return [image.sha256] if permanent else ()


def update(
    conn: Connection, actor: Actor, dataset_name: str, image_ids: Sequence[str], wanted: ImageChanges
) -> BatchResult:
    """Set status, display name, and whether the images are in the trash.

    An image that cannot leave the trash, because its name is taken, is left alone whole.

    Raises:
        InvalidDisplayName: 422.
        DatasetNotFound, NoSuchImages: 404.
        LimitExceeded: 402, the restored images do not fit into the organisation's limits.
    """
    display_name = _checked(wanted.display_name)
    selection = select(conn, actor.organization_id, dataset_name, image_ids)
    dataset_id = selection.dataset.id
    outcome = Outcome(selection.images, folders={image.folder_path for image in selection.images})
    if wanted.is_archived is False:
        outcome.failed, outcome.done = _restore(conn, actor, dataset_id, selection.images)
    elif wanted.is_archived:
        outcome.done = changes.archive(conn, dataset_id, outcome.done).done
    if wanted.status is not None:
        outcome.done = changes.set_status(conn, dataset_id, outcome.done, wanted.status).done
    if display_name is not None:
        repository.set_values(conn, [image.id for image in outcome.done], {"display_name": display_name or None})
    given = {name: value for name in ImageChanges.__slots__ if (value := getattr(wanted, name)) is not None}
    record(conn, actor, "images.updated", selection.dataset, len(outcome.done), **given)
    return result(selection, outcome)


def select(conn: Connection, organization_id: str, dataset_name: str, image_ids: Sequence[str]) -> Selection:
    """Hold the dataset and return the images, archived ones too.

    Raises:
        DatasetNotFound: 404.
        NoSuchImages: 404, none of the ids is an image of the dataset.
    """
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    datasets.lock(conn, organization_id, dataset.id)
    wanted = list(dict.fromkeys(image_ids))
    found = repository.find(conn, organization_id, dataset.id, wanted)
    if not found:
        raise NoSuchImages(dataset_name, wanted)
    missing = [BatchFailure(id=image_id, reason=NOT_HERE) for image_id in wanted if image_id not in found]
    return Selection(dataset, [found[image_id] for image_id in wanted if image_id in found], missing)


def present(selection: Selection) -> Selection:
    """Return the selection with archived images among those that are missing."""
    archived = [BatchFailure(id=image.id, reason=IN_TRASH) for image in selection.images if image.is_archived]
    images = [image for image in selection.images if not image.is_archived]
    return replace(selection, images=images, missing=selection.missing + archived)


def result(selection: Selection, outcome: Outcome) -> BatchResult:
    failed = selection.missing + outcome.failed
    return BatchResult(
        success=not failed,
        processed=len(outcome.done),
        failed=failed,
        affected_folders=sorted(outcome.folders),
        renamed=[RenamedImage(id=image_id, filename=name) for image_id, name in outcome.renamed.items()],
    )


def record(conn: Connection, actor: Actor, action: str, dataset: DatasetRecord, images: int, **details: object) -> None:
    """Write down what was done to how many images of which dataset."""
    if images:
        audit.record(
            conn,
            actor,
            action,
            subject_id=dataset.id,
            subject_name=dataset.name,
            details={"images": images, **details},
        )


def _restore(
    conn: Connection, actor: Actor, dataset_id: str, images: Sequence[BulkImage]
) -> tuple[list[BatchFailure], list[BulkImage]]:
    outcome = changes.restore(conn, actor.organization_id, dataset_id, images, "skip")
    return outcome.failed, outcome.done


def _checked(display_name: str | None) -> str | None:
    if display_name is None:
        return None
    if len(display_name) > MAX_FILENAME_LENGTH:
        raise InvalidDisplayName(f"it has {len(display_name)} characters, {MAX_FILENAME_LENGTH} are allowed")
    if any(is_control(character) for character in display_name):
        raise InvalidDisplayName("it contains a control character or bytes that are no text")
    return display_name.strip()
