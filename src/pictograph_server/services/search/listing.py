"""Lists of images: pages that go on behind a cursor, or begin anywhere where the list is not too long for that."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.listing import ImageSort
from pictograph_server import cursor as cursors
from pictograph_server.errors import Unprocessable
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images.records import ImageRecord

from . import listing_repository as repository
from .filters import ImageFilter
from .ways import choose

ROWS_A_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class ImagePage:
    """Some images, the cursor of the next page, and how many there are in all where that is known."""

    images: Sequence[ImageRecord]
    next_cursor: str | None
    total: int | None
    # Whether pages of this list may begin at an offset.
    has_offsets: bool = True


class OffsetUnavailable(Unprocessable):
    code = "offset_unavailable"

    def __init__(self, why: str) -> None:
        super().__init__("This list cannot begin at an offset", why=why, fix="Go on with `next_cursor` of a page")


def list_images(
    conn: Connection,
    dataset: DatasetRecord,
    wanted: ImageFilter,
    *,
    sort: ImageSort,
    cursor: str | None = None,
    offset: int | None = None,
    limit: int,
    with_total: bool = False,
    rows_a_page: int = ROWS_A_PAGE,
) -> ImagePage:
    """Return a page of a dataset's images. Without an offset it may be short, even empty, while there is a next one.

    `with_total` counts also what no count that is kept tells, where the list is short enough for that.
    `rows_a_page`: of an index, that are looked at for what it does not tell.

    Raises:
        InvalidCursor: 422.
        OffsetUnavailable: 422.
    """
    way = choose(conn, dataset.id, wanted, sort)
    if offset is not None and cursor is not None:
        raise OffsetUnavailable("a cursor says already where it goes on")
    if offset is not None and not way.can_skip:
        raise OffsetUnavailable(f"its filters have to be tried on {way.rows} rows")
    if not way.walks:
        return ImagePage((), None, 0)
    total = way.total
    if total is None and with_total and way.can_skip:
        total = repository.count(conn, way.walks, way.rest)
    start = None if cursor is None else cursors.decode(sort, cursor, kinds=way.walks[0].kinds)
    if offset:
        start = repository.position_behind(conn, way.walks, way.rest, offset, total)
        if start is None:
            return ImagePage((), None, total)
    if len(way.walks) == 1:
        rows = rows_a_page if offset is None else None
        page = repository.page(conn, way.walks[0], way.rest, start=start, limit=limit, rows=rows)
    else:
        page = repository.merged(conn, way.walks, start=start, limit=limit)
    following = None if page.next_position is None else cursors.encode(sort, page.next_position)
    return ImagePage(page.images, following, total, way.can_skip)


def count(conn: Connection, dataset_id: str, wanted: ImageFilter) -> int:
    """Return how many images match; where no kept count says so, every one of them is looked at."""
    way = choose(conn, dataset_id, wanted, "oldest")
    return repository.count(conn, way.walks, way.rest) if way.total is None else way.total


def newest_id(conn: Connection, dataset_id: str, *, is_archived: bool) -> str | None:
    """Return the id of the image of a dataset, or of its trash, that came last."""
    walk = repository.by_age(dataset_id, ImageFilter(is_archived=is_archived), is_descending=True)
    found = repository.page(conn, walk, repository.nothing, start=None, limit=1, rows=None)
    return found.images[0].id if found.images else None


def next_ids(
    conn: Connection, dataset_id: str, wanted: ImageFilter, *, after: str | None, limit: int
) -> tuple[list[str], str | None]:
    """Return ids of images that match, behind one in the order of ids, and the id to go on behind; None at the end.

    What happens to images that were returned moves none of those behind them. Few, even none, may be returned while
    there are more.
    """
    way = choose(conn, dataset_id, wanted, "oldest")
    if not way.walks:
        return [], None
    start = None if after is None else (after,)
    if len(way.walks) == 1:
        page = repository.page(conn, way.walks[0], way.rest, start=start, limit=limit, rows=ROWS_A_PAGE)
    else:
        page = repository.merged(conn, way.walks, start=start, limit=limit)
    following = None if page.next_position is None else str(page.next_position[0])
    return [image.id for image in page.images], following
