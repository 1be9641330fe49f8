"""What can be done to many images of one dataset at once; the dataset's counters follow in the same transaction.

The caller holds the dataset (`datasets.lock`): uploads, saves and other bulk changes of it wait meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from pictograph.models.batch import DuplicateHandling
from pictograph.models.image import ImageStatus
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import tallies
from pictograph_server.services.images.registration import require_room

from . import repository
from .placing import Placement, Wish, place
from .records import BulkImage, Outcome


def move(
    conn: Connection,
    dataset_id: str,
    images: Sequence[BulkImage],
    folder_of: Callable[[BulkImage], str],
    handling: DuplicateHandling,
) -> Outcome:
    """Give present images other folders."""
    placement = place(conn, dataset_id, [Wish(each.id, folder_of(each), each.filename) for each in images], handling)
    displace(conn, dataset_id, placement)
    paths = placement.granted
    same_name: dict[str, list[str]] = {}
    for image in images:
        if image.id in paths and image.id not in placement.renamed and paths[image.id][0] != image.folder_path:
            same_name.setdefault(paths[image.id][0], []).append(image.id)
    for folder, ids in same_name.items():
        repository.set_values(conn, ids, {"folder_path": folder})
    repository.set_paths(conn, {image_id: paths[image_id] for image_id in placement.renamed})
    outcome = _outcome(images, placement)
    _count(conn, dataset_id, [image for image in images if image.id in paths], outcome.done)
    return outcome


def archive(conn: Connection, dataset_id: str, images: Sequence[BulkImage]) -> Outcome:
    """Take images to the trash; those that are there stay."""
    present = [image for image in images if not image.is_archived]
    ids = [image.id for image in present]
    with tallies.tracked_classes(conn, dataset_id, ids):
        repository.set_values(conn, ids, {"is_archived": True})
    after = [replace(image, is_archived=True) for image in images]
    _count(conn, dataset_id, images, after)
    return Outcome(after, folders={image.folder_path for image in present})


def restore(
    conn: Connection,
    organization_id: str,
    dataset_id: str,
    images: Sequence[BulkImage],
    handling: DuplicateHandling,
) -> Outcome:
    """Take images out of the trash, back into their folders; those that are not in it stay as they are.

    Raises:
        LimitExceeded: 402, they do not fit into the organisation's limits any more.
    """
    archived = [image for image in images if image.is_archived]
    placement = place(conn, dataset_id, [Wish(each.id, each.folder_path, each.filename) for each in archived], handling)
    displace(conn, dataset_id, placement)
    back = [image for image in archived if image.id in placement.granted]
    size_bytes = sum(image.file_size_bytes for image in back)
    require_room(conn, organization_id, images=len(back), size_bytes=size_bytes, what="What is restored")
    with tallies.tracked_classes(conn, dataset_id, [image.id for image in back]):
        # The names first: the index of names does not see images in the trash.
        repository.set_paths(conn, {image_id: placement.granted[image_id] for image_id in placement.renamed})
        repository.set_values(conn, [image.id for image in back], {"is_archived": False})
    outcome = _outcome(archived, placement)
    outcome.done = [replace(image, is_archived=False) for image in outcome.done]
    _count(conn, dataset_id, back, outcome.done)
    outcome.done += [image for image in images if not image.is_archived]
    return outcome


def remove(conn: Connection, dataset_id: str, images: Sequence[BulkImage]) -> Outcome:
    """Delete the images; their bytes are the caller's (`images/blobs.py`)."""
    ids = [image.id for image in images]
    with tallies.tracked_classes(conn, dataset_id, ids):
        repository.remove(conn, ids)
    _count(conn, dataset_id, images, ())
    return Outcome(list(images), folders={image.folder_path for image in images})


def set_status(conn: Connection, dataset_id: str, images: Sequence[BulkImage], status: ImageStatus) -> Outcome:
    """Set the status as a person's word: no job changes it again (R5)."""
    set_by = "person" if status in ("review", "complete") else None
    repository.set_values(conn, [image.id for image in images], {"status": status, "status_set_by": set_by})
    after = [replace(image, status=status) for image in images]
    _count(conn, dataset_id, images, after)
    return Outcome(after, folders={image.folder_path for image in images})


def displace(conn: Connection, dataset_id: str, placement: Placement) -> None:
    """Take to the trash what others are to replace."""
    if placement.displaced:
        archive(conn, dataset_id, repository.by_ids(conn, dataset_id, placement.displaced))


def count_added(conn: Connection, dataset_id: str, images: Sequence[BulkImage]) -> None:
    """Count images that came to a dataset."""
    _count(conn, dataset_id, (), images)


def _outcome(images: Iterable[BulkImage], placement: Placement) -> Outcome:
    outcome = Outcome(failed=placement.refused, renamed=placement.renamed)
    for image in images:
        path = placement.granted.get(image.id)
        if path is not None:
            outcome.done.append(replace(image, folder_path=path[0], filename=path[1]))
            outcome.folders |= {image.folder_path, path[0]}
    return outcome


def _count(conn: Connection, dataset_id: str, before: Iterable[BulkImage], after: Iterable[BulkImage]) -> None:
    """Bring the dataset's counters from what these images were to what they are."""
    counters: Counter[str] = Counter()
    places: Counter[tallies.Place] = Counter()
    for images, sign in ((before, -1), (after, 1)):
        for image in images:
            places[tallies.Place(image.folder_path, image.is_archived, image.status)] += sign
            if image.is_archived:
                counters["archived"] += sign
            else:
                counters["images"] += sign
                counters["completed"] += sign * (image.status == "complete")
                counters["size_bytes"] += sign * image.file_size_bytes
    datasets.add_to_counters(conn, dataset_id, **counters)
    tallies.add(conn, dataset_id, places)
