"""Measures a dataset from its rows, one image after the other: counts, and grids of where boxes are and how large."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import cast

from pictograph.models.listing import StatusCounts
from pictograph.models.statistics import (
    AspectRatio,
    BoxAreas,
    Cells,
    ClassStatistics,
    CountOf,
    Grid,
    ImageSize,
    SourceStatistics,
    Statistics,
)
from pictograph_server.services.annotations.provenance import Provenance, source_of

from .cells import FirstImages, merged, pack
from .repository import ImageRow

_CENTERS_A_SIDE = 32
_SIZES_A_SIDE = 24
_CONFIDENCE_STEPS = 20
# Grids are kept for so many classes: a page of a thousand would be megabytes.
CLASSES_WITH_GRIDS = 60
_IMAGE_SIZES = 24
# COCO's own limits, in pixels.
_SMALL_AREA, _LARGE_AREA = 32 * 32, 96 * 96
# Annotations of an image, the first number of each step.
_COUNTS = (0, 1, 2, 3, 4, 5, 6, 8, 11, 16, 21, 31, 51, 101, 201, 501, 1001)
_RATIOS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.95, 1.05, 1.25, 1.45, 1.7, 2.0, 2.5)


class Measured:
    """What was seen so far.

    Args:
        largest: the classes whose cells' images are kept, the others' as those of one: for each of a thousand classes
            it would be gigabytes.
    """

    def __init__(self, largest: Iterable[str] = ()) -> None:
        self._examples = {name: _Examples() for name in largest}
        self._other_examples = _Examples()
        self.images = 0
        self._annotated = 0
        self._statuses: Counter[str] = Counter()
        self._classes: dict[str, _Class] = {}
        self._source_images: Counter[str] = Counter()
        self._counts = [0] * len(_COUNTS)
        self._image_sizes: Counter[tuple[int, int]] = Counter()
        self._source_of = _Sources()

    def add(self, image: ImageRow) -> None:
        self.images += 1
        self._annotated += bool(image.annotations)
        self._statuses[image.status] += 1
        self._counts[bisect_right(_COUNTS, len(image.annotations)) - 1] += 1
        self._image_sizes[image.width, image.height] += 1
        names: set[str] = set()
        makers: set[str] = set()
        for annotation in image.annotations:
            name, source = str(annotation["name"]), self._source_of(image.provenance.get(str(annotation["id"])))
            found = self._classes.get(name)
            if found is None:
                found = self._classes[name] = _Class(self._examples.get(name, self._other_examples))
            found.add(annotation, source, image)
            names.add(name)
            makers.add(source)
        for name in names:
            self._classes[name].images += 1
        self._source_images.update(makers)

    def result(self, class_names: Iterable[str]) -> Statistics:
        """Return the figures, classes in the order of the names and then what is only on images."""
        names = list(dict.fromkeys([*class_names, *sorted(self._classes)]))
        by_size = sorted(self._classes, key=lambda name: -self._classes[name].annotations)
        with_grids = set(by_size[:CLASSES_WITH_GRIDS])
        whole = _Class()
        for each in self._classes.values():
            whole.add_all(each)
        common = self._image_sizes.most_common(_IMAGE_SIZES)
        return Statistics(
            image_count=self.images,
            annotated_image_count=self._annotated,
            annotation_count=whole.annotations,
            status=StatusCounts.model_validate(self._statuses),
            shapes=dict(whole.shapes.most_common()),
            sources=[
                SourceStatistics(source=source, annotation_count=count, image_count=self._source_images[source])
                for source, count in whole.sources.most_common()
            ],
            classes=[self._classes.get(name, _Class()).result(name, with_grids=name in with_grids) for name in names],
            box_areas=whole.box_areas(),
            box_sizes=whole.box_sizes(),
            box_centers=whole.box_centers(),
            annotations_per_image=_count_steps(self._counts),
            image_sizes=[ImageSize(width=wh[0], height=wh[1], image_count=count) for wh, count in common],
            other_sizes_image_count=self.images - sum(count for _, count in common),
            aspect_ratios=_aspect_ratios(self._image_sizes),
        )

    def cells(self) -> dict[tuple[Grid, str | None], bytes]:
        """Return the first images of each cell, packed, by grid and class; None stands for all classes."""
        parts = [*self._examples.values(), self._other_examples]
        found: dict[tuple[Grid, str | None], bytes] = {
            ("centers", None): pack(merged(each.centers for each in parts)),
            ("sizes", None): pack(merged(each.sizes for each in parts)),
        }
        for name, examples in self._examples.items():
            found["centers", name] = pack(examples.centers.by_cell)
            found["sizes", name] = pack(examples.sizes.by_cell)
        return found


class _Examples:
    """The first images of each cell of the grids of a class."""

    __slots__ = ("centers", "sizes")

    def __init__(self) -> None:
        self.centers = FirstImages(_CENTERS_A_SIDE**2)
        self.sizes = FirstImages(_SIZES_A_SIDE**2)


class _Class:
    """The annotations of one class, or of all."""

    def __init__(self, examples: _Examples | None = None) -> None:
        self._examples = _Examples() if examples is None else examples
        self.images = 0
        self.annotations = 0
        self.shapes: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self._confidences = [0] * _CONFIDENCE_STEPS
        self._areas = [0, 0, 0]
        self._centers: Counter[int] = Counter()
        self._sizes: Counter[int] = Counter()

    def add(self, annotation: Mapping[str, object], source: str, image: ImageRow) -> None:
        width, height = image.width, image.height
        self.annotations += 1
        self.shapes[str(annotation["type"])] += 1
        self.sources[source] += 1
        if source != "people":
            confidence = float(cast("float", annotation.get("confidence", 1.0)))
            self._confidences[_step(confidence, _CONFIDENCE_STEPS)] += 1
        box = cast("Mapping[str, float] | None", annotation.get("bounding_box"))
        if box is not None:
            w, h = box["w"], box["h"]
            x, y = box["x"] + w / 2, box["y"] + h / 2
            area = w * h
            self._areas[(area >= _SMALL_AREA) + (area >= _LARGE_AREA)] += 1
            # Steps grow with the size: most boxes are small.
            column, row = (_step((side / whole) ** 0.5, _SIZES_A_SIDE) for side, whole in ((w, width), (h, height)))
            cell = row * _SIZES_A_SIDE + column
            self._sizes[cell] += 1
            if not self._examples.sizes.is_full[cell]:
                self._examples.sizes.add(cell, image.id)
        elif "keypoint" in annotation:
            point = cast("Mapping[str, float]", annotation["keypoint"])
            x, y = point["x"], point["y"]
        else:
            # A line along an axis has no box.
            return
        row, column = _step(y / height, _CENTERS_A_SIDE), _step(x / width, _CENTERS_A_SIDE)
        cell = row * _CENTERS_A_SIDE + column
        self._centers[cell] += 1
        if not self._examples.centers.is_full[cell]:
            self._examples.centers.add(cell, image.id)

    def add_all(self, other: "_Class") -> None:
        self.annotations += other.annotations
        for mine, theirs in (
            (self.shapes, other.shapes),
            (self.sources, other.sources),
            (self._centers, other._centers),
            (self._sizes, other._sizes),
        ):
            cast("Counter[object]", mine).update(theirs)
        for index, count in enumerate(other._confidences):
            self._confidences[index] += count
        for index, count in enumerate(other._areas):
            self._areas[index] += count

    def result(self, name: str, *, with_grids: bool) -> ClassStatistics:
        return ClassStatistics(
            name=name,
            image_count=self.images,
            annotation_count=self.annotations,
            shapes=dict(self.shapes.most_common()),
            sources=dict(self.sources.most_common()),
            box_areas=self.box_areas(),
            confidences=self._confidences,
            box_sizes=self.box_sizes() if with_grids else None,
            box_centers=self.box_centers() if with_grids else None,
        )

    def box_areas(self) -> BoxAreas:
        small, medium, large = self._areas
        return BoxAreas(small=small, medium=medium, large=large)

    def box_sizes(self) -> Cells:
        return _cells(self._sizes, _SIZES_A_SIDE, lambda part: part * part)

    def box_centers(self) -> Cells:
        return _cells(self._centers, _CENTERS_A_SIDE, lambda part: part)


class _Sources:
    """Whose word an annotation is; nearly all have one of a few origins."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, bool], str] = {}

    def __call__(self, origin: Mapping[str, object] | None) -> str:
        if origin is None:
            return "people"
        key = (origin.get("made_by"), origin.get("edited_by") is None)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = source_of(Provenance.from_json(origin))
        return found


def _step(part: float, steps: int) -> int:
    """Return which of the steps from 0 to 1 a part is in; what is outside counts to the last one there."""
    return min(steps - 1, max(0, int(part * steps)))


def _cells(counts: Counter[int], side: int, edge: Callable[[float], float]) -> Cells:
    cells = sorted(counts)
    edges = [round(edge(step / side), 6) for step in range(side + 1)]
    return Cells(edges=edges, cells=cells, counts=[counts[cell] for cell in cells])


def _count_steps(counts: list[int]) -> list[CountOf]:
    """Return the steps up to the last one that any image is in."""
    last = max((index for index, count in enumerate(counts) if count), default=-1)
    highs = [*(following - 1 for following in _COUNTS[1:]), None]
    return [CountOf(low=_COUNTS[index], high=highs[index], image_count=counts[index]) for index in range(last + 1)]


def _aspect_ratios(sizes: Counter[tuple[int, int]]) -> list[AspectRatio]:
    counts = [0] * (len(_RATIOS) + 1)
    for (width, height), count in sizes.items():
        counts[bisect_right(_RATIOS, width / height)] += count
    steps = list(pairwise((None, *_RATIOS, None)))
    return [
        AspectRatio(low=low, high=high, image_count=count) for (low, high), count in zip(steps, counts, strict=True)
    ]
