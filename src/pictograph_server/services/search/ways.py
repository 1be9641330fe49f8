"""Which index serves a filter best: the way along which a list of images is walked."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection

from pictograph.models.listing import ImageSort
from pictograph_server.services.images import tallies
from pictograph_server.services.images.tallies import ClassTally

from . import listing_repository as repository
from .filters import ImageFilter
from .listing_repository import IdRange, Rest, Walk, nothing

# Folders whose images are brought together by age, each from its own stretch of an index.
_FOLDERS_AT_ONCE = 32
# A row of labels costs as much as so many of images, for it leads to one.
_LABEL_WEIGHT = 4
# Lists are counted and skipped in while that takes a request of about a tenth of a second: so many rows that are looked
# at one by one, and so many entries of an index.
_ROWS_TRIED = 150_000
_ENTRIES_PASSED = 3_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """One walk and what is to be tried on its rows, or several walks whose images are all wanted; none for no image."""

    walks: Sequence[Walk]
    rest: Rest
    # About how many rows of images reading it to the end is worth.
    rows: int
    # How many images there are, where the counts that are kept say so.
    total: int | None

    @property
    def can_skip(self) -> bool:
        """Return whether it is short enough to be counted and skipped in."""
        return self.rows <= (_ROWS_TRIED if self.rest(IdRange()) else _ENTRIES_PASSED)


def choose(conn: Connection, dataset_id: str, wanted: ImageFilter, sort: ImageSort) -> Way:
    """Return the shortest way to the images of a filter, in the order of a sort."""
    counts = _Counts.of(conn, dataset_id, wanted)
    walks, rows = _shortest(dataset_id, wanted, sort, counts)
    if not walks:
        return Way((), nothing, 0, 0)

    def rest(ids: IdRange) -> Sequence[ColumnElement[bool]]:
        return repository.conditions(dataset_id, wanted, walks[0], ids)

    # Images without annotations are not sorted by their confidence.
    return Way(
        walks, rest if len(walks) == 1 else nothing, rows, None if sort == "least_confident" else counts.total(wanted)
    )


def _shortest(dataset_id: str, wanted: ImageFilter, sort: ImageSort, counts: "_Counts") -> tuple[list[Walk], int]:
    """Return the walks and about how many rows of images their reading is worth.

    A walk by age is as long as what it goes along; what is in two of them at once is looked for on the shorter one.
    """
    inside = counts.images() if wanted.is_whole_tree else sum(sum(each.values()) for each in counts.folders.values())
    if not wanted.is_whole_tree and not counts.folders:
        return [], 0
    if sort == "name":
        return [repository.by_name(dataset_id, wanted)], inside
    if sort == "least_confident":
        return [repository.by_confidence(dataset_id, wanted)], counts.images()
    is_descending = sort == "newest"
    several = _several(dataset_id, wanted, counts, is_descending=is_descending)
    if several is not None:
        return several, counts.total(wanted) or 0
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
    rows, shortest = min(ways, key=lambda way: way[0])
    return [shortest], rows


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
