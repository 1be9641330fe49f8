"""Images as other services use them: find, read, list. Adding them is in `ingestion.py`."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from pictograph.models.image import ImageStatus
from pictograph_server.services.datasets import service as datasets

from . import repository, tallies
from .records import AnnotationState, ImageBrief, ImageNotFound, ImageRecord
from .status_filter import statuses_of
from .tallies import Place


def get(conn: Connection, organization_id: str, image_id: str) -> ImageRecord:
    """Return the image, archived or not. Raises `ImageNotFound` (404)."""
    record = repository.by_id(conn, organization_id, image_id)
    if record is None:
        raise ImageNotFound(image_id)
    return record


def lock(conn: Connection, organization_id: str, image_id: str) -> ImageRecord:
    """Return the image and hold it, and its dataset, until the transaction ends. Raises `ImageNotFound` (404)."""
    record = get(conn, organization_id, image_id)
    datasets.lock(conn, organization_id, record.dataset_id)
    locked = repository.lock(conn, organization_id, image_id)
    if locked is None:
        raise ImageNotFound(image_id)
    return locked


def lock_many(conn: Connection, organization_id: str, dataset_id: str, ids: Sequence[str]) -> list[ImageRecord]:
    """Return the images of the dataset there are of these ids, and hold them and the dataset.

    A few hundred at most. Raises `DatasetNotFound` (404).
    """
    datasets.lock(conn, organization_id, dataset_id)
    return repository.lock_many(conn, organization_id, dataset_id, ids)


def get_many(conn: Connection, organization_id: str, ids: Sequence[str]) -> list[ImageRecord]:
    """Return the images there are of these ids, in the order asked for, each once; unknown ids are left out."""
    found = {record.id: record for record in repository.by_ids(conn, organization_id, ids)}
    return [found[image_id] for image_id in dict.fromkeys(ids) if image_id in found]


def find_by_names(conn: Connection, dataset_id: str, names: Sequence[str]) -> list[ImageRecord]:
    """Return the dataset's non-archived images that the names mean, each once, root folder first, then oldest.

    A name is a file name, which may mean several images in different folders, or `folder/name`, with or without a
    leading slash, which means one (trap 23).
    """
    return repository.by_names(conn, dataset_id, names)


def all_briefs(conn: Connection, dataset_id: str) -> list[ImageBrief]:
    """Return every non-archived image of the dataset in brief, oldest first."""
    return repository.briefs(conn, dataset_id)


def find_briefs(
    conn: Connection, dataset_id: str, *, ids: Sequence[str] = (), names: Sequence[str] = ()
) -> list[ImageBrief]:
    """Return in brief the images of these ids, in their order, or else those that the names mean (`find_by_names`)."""
    if ids:
        return repository.briefs_by_ids(conn, dataset_id, ids)
    return repository.briefs_by_names(conn, dataset_id, names)


def list_for_export(conn: Connection, dataset_id: str, status_filter: str | None) -> Iterator[ImageRecord]:
    """Yield the dataset's non-archived images oldest first. Raises `UnknownStatusFilter` (422) before the first."""
    return repository.oldest_first(conn, dataset_id, statuses_of(status_filter))


def page_after(
    conn: Connection, dataset_id: str, status_filter: str | None, *, after: str, limit: int
) -> list[ImageRecord]:
    """Return the dataset's non-archived images that came after one, the oldest first; "" is before the first."""
    return repository.page_after(conn, dataset_id, statuses_of(status_filter), after=after, limit=limit)


def list_page(
    conn: Connection, dataset_id: str, *, limit: int, offset: int, status_filter: str | None = None
) -> list[ImageRecord]:
    """Return the dataset's non-archived images, newest first."""
    return repository.page(conn, dataset_id, statuses_of(status_filter), limit=limit, offset=offset)


def count(conn: Connection, dataset_id: str, *, status_filter: str | None = None) -> int:
    """Return how many non-archived images the filter lets pass."""
    return repository.count(conn, dataset_id, statuses_of(status_filter))


def set_annotation_state(
    conn: Connection, image: ImageRecord, *, count: int, version: int, status: tuple[ImageStatus, str | None]
) -> None:
    """Write what a save changed on a locked image, and the dataset's counter with it."""
    set_annotation_states(conn, [AnnotationState(image, count, version, *status)])


def set_annotation_states(conn: Connection, states: Sequence[AnnotationState]) -> None:
    """Write what saves changed on locked images, and the datasets' counters with them."""
    changes = [state for state in states if state.is_new]
    if not changes:
        return
    repository.set_annotation_states(conn, changes)
    completed: Counter[str] = Counter()
    for state in changes:
        if not state.before.is_archived:
            completed[state.before.dataset_id] += (state.status == "complete") - (state.before.status == "complete")
    for dataset_id, count in completed.items():
        datasets.add_to_counters(conn, dataset_id, completed=count)
    moved: dict[str, Counter[Place]] = {}
    for state in changes:
        if state.status != state.before.status:
            image = state.before
            counts = moved.setdefault(image.dataset_id, Counter())
            counts[Place(image.folder_path, image.is_archived, image.status)] -= 1
            counts[Place(image.folder_path, image.is_archived, state.status)] += 1
    for dataset_id, counts in moved.items():
        tallies.add(conn, dataset_id, counts)


def set_status(conn: Connection, organization_id: str, image_id: str, status: ImageStatus) -> ImageRecord:
    """Set the status as a person's word; it always wins. Returns the image as it was before."""
    image = lock(conn, organization_id, image_id)
    change = (status, "person" if status in ("review", "complete") else None)
    set_annotation_state(conn, image, count=image.annotation_count, version=image.annotation_version, status=change)
    return image


def archive(conn: Connection, organization_id: str, image_id: str) -> None:
    """Take the image out of listings, counts and exports; its metadata stays readable. Twice is as good as once."""
    image = lock(conn, organization_id, image_id)
    if image.is_archived:
        return
    with tallies.tracked(conn, image.dataset_id, [image_id]):
        repository.change(conn, image_id, {"is_archived": True})
    _uncount(conn, image, archived=1)


def remove(conn: Connection, organization_id: str, image_id: str) -> ImageRecord:
    """Delete the image's row and annotations and return what it was; its blobs are the caller's (`blobs.py`)."""
    image = lock(conn, organization_id, image_id)
    with tallies.tracked(conn, image.dataset_id, [image_id]):
        repository.remove(conn, image_id)
    if image.is_archived:
        datasets.add_to_counters(conn, image.dataset_id, archived=-1)
    else:
        _uncount(conn, image, archived=0)
    return image


def _uncount(conn: Connection, image: ImageRecord, *, archived: int) -> None:
    datasets.add_to_counters(
        conn,
        image.dataset_id,
        images=-1,
        completed=-int(image.status == "complete"),
        archived=archived,
        size_bytes=-image.file_size_bytes,
    )
