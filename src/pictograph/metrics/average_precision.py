"""COCO's average precision, image by image: no box and no mask is kept, only which detections were right.

The same numbers as pycocotools gives (Lin et al. 2014, https://cocodataset.org/#detection-eval), for boxes and masks
alike: who adds an image brings the overlaps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

IOUS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
# Pixels: `all` first, then small, medium and large, each with both its ends.
AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
# COCO counts the 100 best detections of each class in an image.
MAX_DETECTIONS = 100

_LIMITS = (1, 10, MAX_DETECTIONS)
_RANGES = np.array(list(AREAS.values()))
_FALSE_ALARM, _HIT, _NOT_COUNTED = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class ImageAnswers:
    """What is on one image, what a model says, and how they overlap.

    `overlaps` is the IoU of every detection with every object, whatever their classes, shape `(detections, objects)`;
    areas are in pixels. A detection that answers an object that is not counted is neither right nor wrong.
    """

    object_classes: NDArray[np.int64]
    object_areas: NDArray[np.float64]
    is_counted: NDArray[np.bool_]
    classes: NDArray[np.int64]
    confidences: NDArray[np.float64]
    areas: NDArray[np.float64]
    overlaps: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The answers of a class over all images, the surest first, each right or wrong: detections at IoU 0.5, or tags."""

    confidences: NDArray[np.float64]
    is_hit: NDArray[np.bool_]
    objects: int


@dataclass(frozen=True, slots=True, eq=False)
class AveragePrecision:
    """COCO's tables: `precision` by IoU, recall, class and area, `recall` by class, area and limit; -1 without objects.

    `precision` has shape `(10, 101, classes, 4)`, `recall` shape `(10, classes, 4, 3)` for 1, 10 and 100 detections.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def mean(self, *, iou: float | None = None, area: str = "all", class_index: int | None = None) -> float | None:
        """Return AP, over all IoUs and classes that have objects unless told otherwise; None where there are none."""
        table = self.precision[:, :, :, list(AREAS).index(area)]
        if class_index is not None:
            table = table[:, :, class_index]
        return _mean(table if iou is None else table[int(np.abs(IOUS - iou).argmin())])

    def mean_recall(self, *, area: str = "all", max_detections: int = MAX_DETECTIONS) -> float | None:
        """Return the share of objects found, over IoUs and classes, with at most so many (1, 10, 100) detections."""
        return _mean(self.recall[:, :, list(AREAS).index(area), _LIMITS.index(max_detections)])

    def curve(self, class_index: int) -> NDArray[np.float64] | None:
        """Return the precision at each of `RECALLS`, at IoU 0.5; None for a class without objects."""
        curve = self.precision[0, :, class_index, 0]
        return None if (curve < 0).any() else curve


class AveragePrecisionTally:
    """Adds up images. Takes about 50 bytes for each detection, whatever the size of its mask."""

    def __init__(self, classes: int) -> None:
        self._images: list[_Verdicts] = []
        # Objects that count, by class and area.
        self._objects = np.zeros((classes, len(AREAS)), dtype=np.int64)

    def add(self, image: ImageAnswers) -> None:
        """Add one image. Its classes are below the number of classes."""
        is_counted = _inside(image.object_areas) & image.is_counted
        for area, counted in enumerate(is_counted):
            np.add.at(self._objects[:, area], image.object_classes[counted], 1)
        order = np.argsort(-image.confidences, kind="stable")
        ranks = _ranks(image.classes[order])
        order, ranks = order[ranks < MAX_DETECTIONS], ranks[ranks < MAX_DETECTIONS]
        # Classes do not meet, so that one walk does for all.
        is_same = image.classes[order][:, None] == image.object_classes[None, :]
        verdicts = _match(np.where(is_same, image.overlaps[order], 0.0), is_counted, _inside(image.areas[order]))
        self._images.append(
            _Verdicts(image.classes[order].astype(np.int16), image.confidences[order], ranks.astype(np.uint8), verdicts)
        )

    def judged(self) -> list[Judged]:
        """Return the detections of each class that count, at IoU 0.5 and of all sizes."""
        found: list[Judged] = []
        for each, objects in zip(self._by_class(), self._objects[:, 0].tolist(), strict=True):
            verdict = each.verdicts[:, 0, 0]
            counts = verdict != _NOT_COUNTED
            found.append(Judged(each.confidences[counts], verdict[counts] == _HIT, objects))
        return found

    def result(self) -> AveragePrecision:
        """Return the figures of what was added so far."""
        classes = len(self._objects)
        precision = np.full((len(IOUS), len(RECALLS), classes, len(AREAS)), -1.0)
        recall = np.full((len(IOUS), classes, len(AREAS), len(_LIMITS)), -1.0)
        for class_index, each in enumerate(self._by_class()):
            for area, objects in enumerate(self._objects[class_index].tolist()):
                if objects:
                    verdicts = each.verdicts[:, area]
                    for row in range(len(IOUS)):
                        precision[row, :, class_index, area] = _precision_at_recalls(verdicts[:, row], objects)
                    for column, limit in enumerate(_LIMITS):
                        hits = (verdicts[each.ranks < limit] == _HIT).sum(axis=0)
                        recall[:, class_index, area, column] = hits / objects
        return AveragePrecision(precision, recall)

    def _by_class(self) -> "Iterator[_Verdicts]":
        """Yield each class's verdicts, the surest first; equally sure ones in the order of the images, as COCO's."""
        found = _Verdicts.joined(self._images)
        order = np.lexsort((-found.confidences, found.classes))
        ends = np.searchsorted(found.classes[order], np.arange(len(self._objects) + 1))
        for first, last in pairwise(ends.tolist()):
            yield found[order[first:last]]


@dataclass(frozen=True, slots=True, eq=False)
class _Verdicts:
    """Detections and what became of each; `verdicts` has shape `(detections, areas, ious)`."""

    classes: NDArray[np.int16]
    confidences: NDArray[np.float64]
    # How many of the same class in the same image are surer.
    ranks: NDArray[np.uint8]
    verdicts: NDArray[np.uint8]

    @classmethod
    def joined(cls, parts: "Sequence[_Verdicts]") -> "_Verdicts":
        nothing = cls(
            np.zeros(0, np.int16),
            np.zeros(0),
            np.zeros(0, np.uint8),
            np.zeros((0, len(AREAS), len(IOUS)), np.uint8),
        )
        parts = [nothing, *parts]
        return cls(
            np.concatenate([part.classes for part in parts]),
            np.concatenate([part.confidences for part in parts]),
            np.concatenate([part.ranks for part in parts]),
            np.concatenate([part.verdicts for part in parts]),
        )

    def __getitem__(self, chosen: NDArray[np.int64]) -> "_Verdicts":
        return _Verdicts(self.classes[chosen], self.confidences[chosen], self.ranks[chosen], self.verdicts[chosen])


def _ranks(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each detection, how many before it are of its class."""
    order = np.argsort(classes, kind="stable")
    first = np.searchsorted(classes[order], classes[order])
    ranks = np.empty(len(classes), dtype=np.int64)
    ranks[order] = np.arange(len(classes)) - first
    return ranks


def _match(
    overlaps: NDArray[np.float64], is_counted: NDArray[np.bool_], is_inside: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return the verdict on each detection in one image, for every area and IoU.

    The surest chooses first: the object it overlaps most of those that count and are free, else of the others.

    Args:
        overlaps: shape `(detections, objects)`, the surest detection first; 0 between classes.
        is_counted, is_inside: objects and detections, for each area; shapes `(areas, objects)`, `(areas, detections)`.
    """
    verdicts = np.empty((len(overlaps), len(AREAS), len(IOUS)), np.uint8)
    verdicts[:] = np.where(is_inside.T[:, :, None], _FALSE_ALARM, _NOT_COUNTED)
    free = np.ones((len(AREAS), len(IOUS), overlaps.shape[1]), dtype=bool)
    # Objects that count come before the others, and of equally good ones the last is taken, as pycocotools does.
    rank = is_counted[:, None, :] * 2.0
    for detection in _overlapping(overlaps):
        row = overlaps[detection]
        worth = np.where(free & (row >= IOUS[:, None]), row + rank, -1.0)
        best = worth.shape[2] - 1 - worth[:, :, ::-1].argmax(axis=2)
        area, level = np.nonzero(np.take_along_axis(worth, best[:, :, None], axis=2)[:, :, 0] >= 0)
        chosen = best[area, level]
        free[area, level, chosen] = False
        verdicts[detection, area, level] = np.where(is_counted[area, chosen], _HIT, _NOT_COUNTED)
    return verdicts


def _overlapping(overlaps: NDArray[np.float64]) -> Iterator[int]:
    """Yield the detections that can answer anything: most of what a network says at 0.01 cannot."""
    if overlaps.shape[1]:
        yield from np.flatnonzero(overlaps.max(axis=1) >= IOUS[0]).tolist()


def _inside(areas: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each is of the size, shape `(areas, n)`; one on the border is of both sizes."""
    return (areas >= _RANGES[:, :1]) & (areas <= _RANGES[:, 1:])


def _precision_at_recalls(verdict: NDArray[np.uint8], objects: int) -> NDArray[np.float64]:
    verdict = verdict[verdict != _NOT_COUNTED]
    hits = np.cumsum(verdict == _HIT)
    precision = hits / np.arange(1, len(verdict) + 1)
    # The best that can be had at this recall or a greater one.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(hits / objects, RECALLS, side="left")
    return np.append(precision, 0.0)[place]


def _mean(table: NDArray[np.float64]) -> float | None:
    known = table[table > -1]
    return float(known.mean()) if known.size else None
