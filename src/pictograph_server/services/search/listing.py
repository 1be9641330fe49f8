"""Lists of images: which index serves a filter best, and where each page goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from pictograph.models.listing import ImageSort
from pictograph_server import cursor as cursors
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import tallies
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.services.images.tallies import ClassTally

from . import listing_repository as repository
from .filters import ImageFilter
from .listing_repository import Walk

ROWS_A_PAGE = 10_000
# Folders whose images are brought together by age, each from its own stretch of an index.
_FOLDERS_AT_ONCE = 32
# A row of labels costs as much as so many of images, for it leads to one.
_LABEL_WEIGHT = 4


@dataclass(frozen=True, slots=True)
class ImagePage:
    """Some images, the cursor of the next page, and how many there are in all where that is known without looking."""

    images: Sequence[ImageRecord]
    next_cursor: str | None
    total: int | None


def list_images(
    conn: Connection,
    dataset: DatasetRecord,
    wanted: ImageFilter,
    *,
    sort: ImageSort,
    cursor: str | None,
    limit: int,
    rows_a_page: int = ROWS_A_PAGE,
) -> ImagePage:
    """Return a page of a dataset's images. It may be short, even empty, while there is a next one.

    `rows_a_page`: of an index, that are looked at for what it does not tell.

    Raises:
        InvalidCursor: 422.
    """
    counts = _Counts.of(conn, dataset.id, wanted)
    walks = _walks(dataset.id, wanted, sort, counts)
    if not walks:
        return ImagePage((), None, 0)
    start = None if cursor is None else cursors.decode(sort, cursor, kinds=walks[0].kinds)
    if len(walks) == 1:
        rest = partial(repository.conditions, dataset.id, wanted, walks[0])
        page = repository.page(conn, walks[0], rest, start=start, limit=limit, rows=rows_a_page)
    else:
        page = repository.merged(conn, walks, start=start, limit=limit)
    following = None if page.next_position is None else cursors.encode(sort, page.next_position)
    return ImagePage(page.images, following, counts.total(wanted))


def _walks(dataset_id: str, wanted: ImageFilter, sort: ImageSort, counts: "_Counts") -> list[Walk]:
    """Return the shortest way to the images: one walk, or several whose images are all wanted; none if there are none.

    A walk by age is as long as what it goes along; what is in two of them at once is looked for on the shorter one.
    """
    if not wanted.is_whole_tree and not counts.folders:
        return []
    if sort == "name":
        return [repository.by_name(dataset_id, wanted)]
    if sort == "least_confident":
        return [repository.by_confidence(dataset_id, wanted)]
    is_descending = sort == "newest"
    several = _several(dataset_id, wanted, counts, is_descending=is_descending)
    if several is not None:
        return several
    ways = [(counts.images(), repository.by_age(dataset_id, wanted, is_descending=is_descending))]
    if wanted.statuses is not None and len(wanted.statuses) == 1:
        (status,) = wanted.statuses
        walk = repository.by_status(dataset_id, wanted, status, is_descending=is_descending)
        ways.append((counts.images(status), walk))
    if not wanted.is_whole_tree and len(counts.folders) == 1:
        ((folder, by_status),) = counts.folders.items()
        walk = repository.by_folder(dataset_id, wanted, folder, is_descending=is_descending)
        ways.append((sum(by_status.values()), walk))
    if wanted.class_name is not None:
        tally = counts.tally(wanted.class_name)
        walk = repository.by_class(dataset_id, wanted.class_name, is_descending=is_descending)
        ways.append((_LABEL_WEIGHT * (tally.image_count + tally.tagged_count), walk))
    if wanted.tag is not None:
        walk = repository.by_tag(dataset_id, wanted.tag, is_descending=is_descending)
        ways.append((_LABEL_WEIGHT * counts.tally(wanted.tag).tagged_count, walk))
    return [min(ways, key=lambda way: way[0])[1]]


def _several(dataset_id: str, wanted: ImageFilter, counts: "_Counts", *, is_descending: bool) -> list[Walk] | None:
    """Return walks that together are all that is wanted, where one filter alone asks for several stretches."""
    if _narrowed_by(wanted) == {"statuses"}:
        statuses = wanted.statuses or ()
        return [repository.by_status(dataset_id, wanted, each, is_descending=is_descending) for each in statuses]
    if _narrowed_by(wanted) == {"folder_path"} and len(counts.folders) <= _FOLDERS_AT_ONCE:
        folders = sorted(counts.folders)
        return [repository.by_folder(dataset_id, wanted, each, is_descending=is_descending) for each in folders]
    return None


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the counts that are kept say about a filter: its folders (status -> images), statuses and classes."""

    folders: dict[str, dict[str, int]]
    statuses: dict[str, int]
    classes: dict[str, ClassTally]

    @classmethod
    def of(cls, conn: Connection, dataset_id: str, wanted: ImageFilter) -> "_Counts":
        folders: dict[str, dict[str, int]] = {}
        if wanted.folder_path is not None and not wanted.is_whole_tree:
            for place, count in tallies.places(conn, dataset_id, wanted.folder_path).items():
                is_inside = wanted.with_subfolders or place.folder_path == wanted.folder_path
                if place.is_archived == wanted.is_archived and is_inside:
                    folders.setdefault(place.folder_path, {})[place.status] = count
        statuses = {
            status: count
            for (is_archived, status), count in tallies.statuses(conn, dataset_id).items()
            if is_archived == wanted.is_archived
        }
        has_names = wanted.class_name is not None or wanted.tag is not None
        return cls(folders, statuses, tallies.classes(conn, dataset_id) if has_names else {})

    def images(self, status: str | None = None) -> int:
        return sum(self.statuses.values()) if status is None else self.statuses.get(status, 0)

    def tally(self, class_name: str) -> ClassTally:
        return self.classes.get(class_name, ClassTally())

    def total(self, wanted: ImageFilter) -> int | None:
        """Return how many images the filter lets pass, when the counts alone say so."""
        narrowed = _narrowed_by(wanted)
        if narrowed <= {"statuses", "folder_path"}:
            parts = [self.statuses] if wanted.is_whole_tree else self.folders.values()
            return sum(
                count
                for part in parts
                for status, count in part.items()
                if wanted.statuses is None or status in wanted.statuses
            )
        tally = self.tally(wanted.class_name or "")
        # Images that are both annotated and tagged with the class would count twice.
        if narrowed == {"class_name"} and not wanted.is_archived and 0 in (tally.image_count, tally.tagged_count):
            return tally.image_count + tally.tagged_count
        return None


def _narrowed_by(wanted: ImageFilter) -> set[str]:
    """Return the names of the filters that leave something out."""
    everything = ImageFilter()
    names = {name for name in ImageFilter.__slots__ if getattr(wanted, name) != getattr(everything, name)}
    names -= {"is_archived", "with_subfolders"}
    return names - {"folder_path"} if wanted.is_whole_tree else names
