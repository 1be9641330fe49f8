"""Which label answers which, in one image: greedy by confidence, each object answered once.

Separate parts of an object are separate annotations on the wire, and two sources may part one differently. Parts of one
finding carry exactly the same confidence below 1; so outlines of one class that share it may also answer together, as
one, where together they fit better than alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import boxes, spans
from pictograph.geometry.spans import Spans, polygons_to_spans
from pictograph.metrics.shapes import Box, Shape

# Less overlap than this is two different objects, not one that is badly outlined.
NEAR_IOU = 0.1
# A mistyped coordinate must not cost gigabytes where the size of the image is not known.
_LARGEST_SIDE = 100_000


@dataclass(frozen=True, slots=True)
class Match:
    """Shapes of the reference and of the other source that are the same object, by their positions."""

    reference: tuple[int, ...]
    other: tuple[int, ...]
    box_iou: float
    # None where a side is only a box.
    mask_iou: float | None


@dataclass(frozen=True, slots=True)
class Near:
    """Shapes that overlap and do not match: too little overlap, or another class."""

    reference: int
    other: int
    iou: float


@dataclass(frozen=True, slots=True)
class ImageMatches:
    """How the shapes of two sources answer each other. What is in none of the lists, nothing comes near."""

    matches: Sequence[Match]
    badly_outlined: Sequence[Near]
    wrong_class: Sequence[Near]


def match_shapes(
    reference: Sequence[Shape], other: Sequence[Shape], *, iou: float, size_wh: tuple[int, int] | None
) -> ImageMatches:
    """Match the shapes of one image.

    The overlap of two outlines is that of their pixels, holes left out; of anything else, that of the boxes. The
    other source's shapes choose in the order of their confidence, and among equally confident ones the better
    overlap goes first.
    """
    if not reference or not other:
        return ImageMatches((), (), ())
    size_wh = size_wh or _extent([*reference, *other])
    there, said = _units(reference, size_wh), _units(other, size_wh)
    same_class = np.array([[a.class_name == b.class_name for a in there] for b in said])
    table = _Overlaps(there, said, same_class, iou)
    free_there, free_said = set(range(len(reference))), set(range(len(other)))
    matches: list[Match] = []
    for row, column in _best_first(table.used, same_class & (table.used >= iou), said):
        a, b = there[column], said[row]
        if free_there.issuperset(a.members) and free_said.issuperset(b.members):
            free_there.difference_update(a.members)
            free_said.difference_update(b.members)
            is_mask = bool(table.is_mask[row, column])
            mask_iou = float(table.used[row, column]) if is_mask else None
            matches.append(Match(a.members, b.members, float(table.boxes[row, column]), mask_iou))
    # Of what is left, single shapes only: the first rows and columns.
    single = table.used[: len(other), : len(reference)]
    same_class = same_class[: len(other), : len(reference)]
    wrong_class = _pair_off(single, ~same_class & (single >= iou), said, free_there, free_said)
    badly_outlined = _pair_off(single, same_class & (single >= NEAR_IOU), said, free_there, free_said)
    return ImageMatches(matches, badly_outlined, wrong_class)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A shape, or the parts of one finding together."""

    members: tuple[int, ...]
    class_name: str
    confidence: float
    box_xyxy: Box
    spans: Spans | None


class _Overlaps:
    """IoU of every unit of the other source (rows) with every one of the reference (columns)."""

    def __init__(
        self, there: Sequence[_Unit], said: Sequence[_Unit], same_class: NDArray[np.bool_], iou: float
    ) -> None:
        self.boxes = boxes.iou([unit.box_xyxy for unit in said], [unit.box_xyxy for unit in there])
        self.used = self.boxes.copy()
        self.is_mask = np.zeros(self.boxes.shape, dtype=bool)
        # Between classes only what lies on the same place is of interest: the same object under another name.
        for row, column in np.argwhere((self.boxes > 0) & (same_class | (self.boxes >= iou / 2))):
            a, b = said[row].spans, there[column].spans
            # An outline thinner than a pixel has no pixels to compare.
            if a is not None and b is not None and len(a.starts) and len(b.starts):
                self.used[row, column] = spans.iou(a, b)
                self.is_mask[row, column] = True


def _units(shapes: Sequence[Shape], size_wh: tuple[int, int]) -> list[_Unit]:
    """Return the shapes one by one, then the parts that may belong together."""
    outlined = [index for index, shape in enumerate(shapes) if shape.rings is not None]
    found = polygons_to_spans([shapes[index].rings or [] for index in outlined], size_wh)
    pixels = dict(zip(outlined, found, strict=True))
    units = [
        _Unit((index,), shape.class_name, shape.confidence, shape.box_xyxy, pixels.get(index))
        for index, shape in enumerate(shapes)
    ]

    def finding(index: int) -> tuple[str, float]:
        return shapes[index].class_name, shapes[index].confidence

    unsure = sorted((index for index in outlined if shapes[index].confidence < 1), key=finding)
    for (class_name, confidence), group in groupby(unsure, key=finding):
        members = tuple(group)
        if len(members) > 1:
            union = pixels[members[0]]
            for index in members[1:]:
                union = union.union(pixels[index])
            corners = np.array([shapes[index].box_xyxy for index in members])
            x_min, y_min = corners[:, :2].min(axis=0).tolist()
            x_max, y_max = corners[:, 2:].max(axis=0).tolist()
            units.append(_Unit(members, class_name, confidence, (x_min, y_min, x_max, y_max), union))
    return units


def _best_first(
    overlaps: NDArray[np.float64], allowed: NDArray[np.bool_], said: Sequence[_Unit]
) -> list[tuple[int, int]]:
    pairs = [(int(row), int(column)) for row, column in np.argwhere(allowed)]
    return sorted(pairs, key=lambda pair: (-said[pair[0]].confidence, -overlaps[pair], pair))


def _pair_off(
    overlaps: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    said: Sequence[_Unit],
    free_there: set[int],
    free_said: set[int],
) -> list[Near]:
    """Take pairs of what is left, the best overlap first."""
    pairs: list[Near] = []
    for row, column in sorted(_best_first(overlaps, allowed, said), key=lambda pair: -overlaps[pair]):
        if row in free_said and column in free_there:
            free_said.remove(row)
            free_there.remove(column)
            pairs.append(Near(column, row, float(overlaps[row, column])))
    return pairs


def _extent(shapes: Sequence[Shape]) -> tuple[int, int]:
    """Return a size that holds all shapes, for images whose own is not known."""
    width, height = (ceil(max(shape.box_xyxy[axis] for shape in shapes)) for axis in (2, 3))
    return min(max(width, 1), _LARGEST_SIDE), min(max(height, 1), _LARGEST_SIDE)
