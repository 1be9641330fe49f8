"""Images as other services use them: find, read, list. Adding them is in `ingestion.py`."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from . import repository
from .records import ImageNotFound, ImageRecord
from .status_filter import statuses_of

__all__ = ["ImageRecord", "find_by_names", "get", "get_many", "list_for_export", "list_page"]


def get(conn: Connection, organization_id: str, image_id: str) -> ImageRecord:
    """Return the image, archived or not. Raises `ImageNotFound` (404)."""
    record = repository.by_id(conn, organization_id, image_id)
    if record is None:
        raise ImageNotFound(image_id)
    return record


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


def list_for_export(conn: Connection, dataset_id: str, status_filter: str | None) -> Iterator[ImageRecord]:
    """Yield the dataset's non-archived images oldest first. Raises `UnknownStatusFilter` (422) before the first."""
    return repository.oldest_first(conn, dataset_id, statuses_of(status_filter))


def list_page(
    conn: Connection, dataset_id: str, *, limit: int, offset: int, status_filter: str | None = None
) -> list[ImageRecord]:
    """Return the dataset's non-archived images, newest first."""
    return repository.page(conn, dataset_id, statuses_of(status_filter), limit=limit, offset=offset)
