"""What every format takes and gives: labelled images, files for an archive, and counts of what could not be said."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pictograph.formats.archive import FileSource
from pictograph.geometry.rings import Polygon
from pictograph.models.annotation import Annotation, PolygonAnnotation
from pictograph.models.common import Point
from pictograph.models.export import Content as Content


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One image of the dataset. Sizes are those of the display-oriented image, in pixels."""

    id: str
    filename: str
    width: int
    height: int
    folder_path: str = "/"
    status: str = "complete"
    image_url: str | None = None
    # Classes that the image as a whole shows.
    tags: tuple[str, ...] = ()
    # Set by readers: the name of the image's file among those that were read; None when it is not there.
    file: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DatasetHeader:
    """What a format writes about the dataset as a whole. `class_names` are in the dataset's order."""

    name: str
    class_names: tuple[str, ...]
    slug: str = ""
    organization_name: str = ""
    organization_slug: str = ""
    # Only annotations of these classes are written; None writes all.
    class_filter: tuple[str, ...] | None = None
    status_filter: str | None = None
    # Some class is drawn as outlines: formats that know boxes or outlines, but not both, choose by it.
    has_outlines: bool = False


Labeled = tuple[ImageEntry, Sequence[Annotation]]
# A path inside the archive and bytes. Neighbours with the same path are pieces of one file, so nothing large is held
# in memory; `archive.write_zip` puts them together.
ArchiveFile = tuple[str, bytes]
ReadImage = Callable[[ImageEntry], bytes]
ImageSizes = Mapping[str, tuple[int, int]]


class Loss(StrEnum):
    """What a format could not hold."""

    HOLES = "holes of polygons (filled)"
    OUTLINES_AS_MASKS = "polygons with holes, written as pixel masks"
    POLYGONS_AS_BOXES = "polygons, written as their boxes"
    BOXES_AS_AREAS = "boxes, drawn as filled areas"
    OBJECTS = "objects (left out: only the class of an image as a whole is written)"
    OVERLAPS = "objects that others lie over (the covered part is lost)"
    MORE_TAGS = "further tags of an image (only the first is written)"
    NO_TAG = "images without a tag (listed, in no folder of a class)"
    CONFIDENCE = "confidences below 1 (left out)"
    ATTRIBUTES = "attributes of annotations (left out)"
    CHARACTERS = "names with characters that XML cannot hold (replaced)"
    POLYLINES = "polylines (left out)"
    KEYPOINTS = "keypoints (left out)"
    TAGS = "tags of images (left out)"
    OUTSIDE = "shapes outside their image (left out)"
    CUT_AT_BORDER = "shapes that reach over the border of their image (cut)"


@dataclass(slots=True)
class FormatReport:
    """Counts of what was written and of what the format could not express. Filled while the files are written."""

    images: int = 0
    annotations: int = 0
    lost: Counter[Loss] = field(default_factory=Counter[Loss])

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; `lost` maps a sentence for people to a number."""
        return {
            "images": self.images,
            "annotations": self.annotations,
            "lost": {loss.value: count for loss, count in self.lost.items() if count},
        }


class Skipped(StrEnum):
    """What a reader left out because no annotation can say it."""

    NO_AREA = "shapes without an area"
    NO_CLASS = "objects without a class"
    KEYPOINTS = "keypoints of skeletons"
    OTHER_SHAPES = "shapes of a kind there is none of here"
    NO_SIZE = "images whose size is not known"


@dataclass(slots=True)
class ReadReport:
    """What a reader left out. With one, broken pieces are skipped and named; without, the first ends the reading."""

    skipped: Counter[Skipped] = field(default_factory=Counter[Skipped])
    # The first broken pieces, in words; `problem_count` has them all.
    problems: list[str] = field(default_factory=list[str])
    problem_count: int = 0
    is_strict: bool = False

    def problem(self, message: str) -> None:
        """Note that a piece cannot be read and is left out.

        Raises:
            FormatError: the caller of the reader gave no report to note it in.
        """
        if self.is_strict:
            raise FormatError(message)
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(message)

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; `skipped` maps a phrase for people to a number."""
        return {
            "skipped": {what.value: count for what, count in self.skipped.items() if count},
            "problems": self.problems,
            "problem_count": self.problem_count,
        }


MAX_PROBLEMS = 20


class WriteFormat(Protocol):
    def __call__(
        self,
        entries: Iterable[Labeled],
        dataset: DatasetHeader,
        report: FormatReport,
        *,
        read_image: ReadImage | None = None,
    ) -> Iterator[ArchiveFile]:
        """Yield the files of the archive; with `read_image` the images too, under `images/`."""
        ...


class ReadFormat(Protocol):
    def __call__(
        self, source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
    ) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
        """Yield each image with its annotations.

        Args:
            image_sizes: `folder/filename` -> width and height, for formats that do not say them.
            report: is told what was left out. Without one, the first broken piece ends the reading.
        Raises:
            FormatError: the files are not of this format; without a report also: they contradict themselves.
        """
        ...


class ReadClassNames(Protocol):
    def __call__(self, source: FileSource) -> list[str]:
        """Return the class names in the order in which the files number them; empty where they are not listed."""
        ...


def _no_list(source: FileSource) -> list[str]:
    del source
    return []


@dataclass(frozen=True, slots=True)
class Format:
    """An entry of the registry: the wire's name of a format, its writer and its reader."""

    name: str
    write: WriteFormat
    read: ReadFormat
    # For people who choose one.
    title: str = ""
    holds: frozenset[Content] = frozenset()
    class_names: ReadClassNames = _no_list


class FormatError(ValueError):
    """Files cannot be read as the format they are said to be."""


class ClassOrder:
    """Class names in the order in which a file numbers them.

    A class that is not in the dataset's list (it was deleted meanwhile) is numbered after the others, not dropped.
    """

    def __init__(self, dataset: DatasetHeader) -> None:
        keep = dataset.class_filter
        self._indices = {
            name: index
            for index, name in enumerate(n for n in dict.fromkeys(dataset.class_names) if keep is None or n in keep)
        }

    def index(self, class_name: str) -> int:
        return self._indices.setdefault(class_name, len(self._indices))

    @property
    def names(self) -> list[str]:
        return list(self._indices)


def selected(annotations: Sequence[Annotation], dataset: DatasetHeader) -> list[Annotation]:
    """Return the annotations that pass the class filter."""
    keep = dataset.class_filter
    return [annotation for annotation in annotations if keep is None or annotation.name in keep]


def selected_tags(entry: ImageEntry, dataset: DatasetHeader) -> list[str]:
    """Return the image's tags that pass the class filter."""
    keep = dataset.class_filter
    return [tag for tag in entry.tags if keep is None or tag in keep]


def count_lost_tags(entry: ImageEntry, dataset: DatasetHeader, report: FormatReport) -> None:
    """Count an image's tags as lost: for formats that know objects only."""
    if tags := selected_tags(entry, dataset):
        report.lost[Loss.TAGS] += len(tags)


def count_lost_details(annotation: Annotation, report: FormatReport, *, confidence: bool = True) -> None:
    """Count what is said about an annotation beside its shape and class, for formats that have no place for it."""
    if confidence and annotation.confidence < 1:
        report.lost[Loss.CONFIDENCE] += 1
    if annotation.attributes:
        report.lost[Loss.ATTRIBUTES] += 1


def rings_of(annotation: PolygonAnnotation) -> Polygon:
    """Return the rings of a polygon annotation as plain pairs."""
    return [[(point.x, point.y) for point in path] for path in annotation.polygon.paths]


def points_of(ring: Sequence[tuple[float, float]]) -> list[Point]:
    """Return a ring of plain pairs as wire points."""
    return [Point(x=x, y=y) for x, y in ring]


def manifest(format_name: str, dataset: DatasetHeader, class_names: Sequence[str], report: FormatReport) -> object:
    """Return the top-level description of an export (`manifest.json`)."""
    return {
        "format": format_name,
        "dataset": dataset.name,
        "classes": list(class_names),
        "class_filter": None if dataset.class_filter is None else list(dataset.class_filter),
        "status_filter": dataset.status_filter,
        **report.as_dict(),
    }
