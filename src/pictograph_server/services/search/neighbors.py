"""What stands before and behind an image in a list: how people step through what they were shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.listing import ImageSort
from pictograph_server import cursor as cursors
from pictograph_server.cursor import Position
from pictograph_server.services.images.records import ImageRecord

from . import listing_repository as repository
from .filters import ImageFilter
from .listing_repository import Walk
from .ways import Way, choose

# Rows of an index that are looked at for the nearest images a filter lets pass.
_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Neighbors:
    """Images before and behind, the nearest first, and where that was."""

    previous: Sequence[ImageRecord]
    next: Sequence[ImageRecord]
    # Opaque; None where the image has no place in the order.
    position: str | None
    # How many images of the list come before, and how many there are; None where that was not asked or would take long.
    index: int | None
    total: int | None


def find(
    conn: Connection,
    image: ImageRecord,
    wanted: ImageFilter,
    *,
    sort: ImageSort,
    limit: int,
    position: str | None = None,
    with_index: bool = False,
) -> Neighbors:
    """Return what is around an image in the list of its dataset, whether the filter lets the image itself pass or not.

    `position` is that of an earlier answer: where the image was before a change moved it. An image without annotations
    has no place among the least confident, and all of them come behind it.

    Raises:
        InvalidCursor: 422.
    """
    way = choose(conn, image.dataset_id, wanted, sort)
    if not way.walks:
        return Neighbors((), (), position, 0, 0)
    if position is not None:
        place = cursors.decode(sort, position, kinds=way.walks[0].kinds)
    else:
        place = repository.position_of(conn, way.walks[0], image.id)
    backwards = [repository.backwards(walk) for walk in way.walks]
    index, total = _numbers(conn, way, place) if with_index and way.can_skip else (None, way.total)
    return Neighbors(
        previous=() if place is None else _behind(conn, way, backwards, place, limit, image.id),
        next=_behind(conn, way, way.walks, place, limit, image.id),
        position=None if place is None else cursors.encode(sort, place),
        index=index,
        total=total,
    )


def _behind(
    conn: Connection, way: Way, walks: Sequence[Walk], place: Position | None, limit: int, image_id: str
) -> list[ImageRecord]:
    """Return images of walks behind a place, without the image itself, which may have moved."""
    if len(walks) == 1:
        page = repository.page(conn, walks[0], way.rest, start=place, limit=limit + 1, rows=_ROWS)
    else:
        page = repository.merged(conn, walks, start=place, limit=limit + 1)
    return [image for image in page.images if image.id != image_id][:limit]


def _numbers(conn: Connection, way: Way, place: Position | None) -> tuple[int, int]:
    total = repository.count(conn, way.walks, way.rest) if way.total is None else way.total
    before = 0 if place is None else repository.count_before(conn, way.walks, way.rest, place)
    return before, total
