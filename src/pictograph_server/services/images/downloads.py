"""The listing of a dataset's files for downloads, in pages that stay the same while images are added."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pictograph_server.errors import Unprocessable

from . import download_repository
from .records import ImageRecord
from .status_filter import statuses_of


@dataclass(frozen=True, slots=True)
class DownloadPage:
    """Images, oldest first. `next_cursor` is None on the last page; the totals are counted for the first one only."""

    images: list[ImageRecord]
    next_cursor: str | None
    total_images: int | None = None
    total_annotated: int | None = None


class InvalidDownloadCursor(Unprocessable):
    code = "invalid_cursor"

    def __init__(self, cursor: str) -> None:
        super().__init__(
            f"{cursor[:60]!r} is no place in a listing",
            why="a cursor is the `next_cursor` of an earlier page",
            fix="Begin with an empty `cursor`, then give each `next_cursor` as it was answered",
        )


def list_for_download(
    conn: Connection, dataset_id: str, *, cursor: str, limit: int, status_filter: str | None = None
) -> DownloadPage:
    """Return the page behind a cursor; the empty one is the beginning.

    Raises:
        InvalidDownloadCursor, UnknownStatusFilter: 422.
    """
    statuses = statuses_of(status_filter)
    last = _position(cursor) if cursor else None
    images = download_repository.page_after(conn, dataset_id, statuses, last, limit)
    next_cursor = f"{images[-1].created_at.isoformat()}~{images[-1].id}" if len(images) == limit else None
    if last is not None:
        return DownloadPage(images, next_cursor)
    return DownloadPage(images, next_cursor, *download_repository.counts(conn, dataset_id, statuses))


def _position(cursor: str) -> tuple[datetime, str]:
    moment, _, image_id = cursor.partition("~")
    try:
        made_at = datetime.fromisoformat(moment)
    except ValueError:
        raise InvalidDownloadCursor(cursor) from None
    if made_at.tzinfo is None or not image_id.replace("-", "").isalnum():
        raise InvalidDownloadCursor(cursor)
    return made_at, image_id
