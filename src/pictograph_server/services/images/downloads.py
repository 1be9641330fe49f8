"""The listing of a dataset's files for downloads, in pages that stay the same while images are added."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pictograph_server import cursor as cursors
from pictograph_server.cursor import InvalidCursor

from . import download_repository
from .records import ImageRecord
from .status_filter import statuses_of

_SORT = "download"


@dataclass(frozen=True, slots=True)
class DownloadPage:
    """Images, oldest first. `next_cursor` is None on the last page; the totals are counted for the first one only."""

    images: list[ImageRecord]
    next_cursor: str | None
    total_images: int | None = None
    total_annotated: int | None = None


def list_for_download(
    conn: Connection, dataset_id: str, *, cursor: str, limit: int, status_filter: str | None = None
) -> DownloadPage:
    """Return the page behind a cursor; the empty one is the beginning.

    Raises:
        InvalidCursor, UnknownStatusFilter: 422.
    """
    statuses = statuses_of(status_filter)
    last = _position(cursor) if cursor else None
    images = download_repository.page_after(conn, dataset_id, statuses, last, limit)
    next_cursor = _cursor(images[-1]) if len(images) == limit else None
    if last is not None:
        return DownloadPage(images, next_cursor)
    return DownloadPage(images, next_cursor, *download_repository.counts(conn, dataset_id, statuses))


def _cursor(image: ImageRecord) -> str:
    return cursors.encode(_SORT, (image.created_at.isoformat(), image.id))


def _position(cursor: str) -> tuple[datetime, str]:
    moment, image_id = cursors.decode(_SORT, cursor, kinds=(str, str))
    try:
        made_at = datetime.fromisoformat(str(moment))
    except ValueError:
        raise InvalidCursor from None
    if made_at.tzinfo is None:
        raise InvalidCursor
    return made_at, str(image_id)
