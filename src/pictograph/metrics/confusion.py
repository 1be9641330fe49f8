"""What was taken for what: objects and detections paired whatever their class, and the images with most mistakes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.metrics.average_precision import ImageAnswers

WORST_IMAGES = 10
_IOU = 0.5


@dataclass(frozen=True, slots=True)
class ImageMistakes:
    """What went wrong on one image. `mistakes` counts `(true, said)`; the number of classes stands for nothing."""

    image_id: str
    hits: int
    mistakes: Counter[tuple[int, int]]

    @property
    def count(self) -> int:
        return self.mistakes.total()


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """`counts[true, said]`, shape `(classes + 1, classes + 1)`: the last row holds false alarms, the last column
    misses. `images` are those with a mistake, the most mistakes first."""

    counts: NDArray[np.int64]
    images: Sequence[ImageMistakes]


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    image_id: str
    object_classes: NDArray[np.int64]
    is_counted: NDArray[np.bool_]
    classes: NDArray[np.int16]
    confidences: NDArray[np.float32]
    # Pairs that overlap enough: detection, object, IoU.
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


class ConfusionTally:
    """Adds up images; the thresholds are told at the end, when the best ones are known."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._images: list[_Image] = []

    def add(self, image_id: str, image: ImageAnswers) -> None:
        # The surest first.
        order = np.argsort(-image.confidences, kind="stable")
        detections, objects = np.nonzero(image.overlaps[order] >= _IOU)
        self._images.append(
            _Image(
                image_id,
                image.object_classes,
                image.is_counted,
                image.classes[order].astype(np.int16),
                image.confidences[order].astype(np.float32),
                (detections, objects, image.overlaps[order][detections, objects]),
            )
        )

    def result(self, least_confidence: NDArray[np.float64]) -> Confusion:
        """Return what is confused when each class's detections are kept from its threshold on, shape `(classes,)`."""
        counts = np.zeros((self._classes + 1, self._classes + 1), dtype=np.int64)
        wrong: list[ImageMistakes] = []
        for image in self._images:
            pairs = Counter(self._pairs(image, least_confidence.astype(np.float32)))
            for (true, said), count in pairs.items():
                counts[true, said] += count
            mistakes = Counter({pair: count for pair, count in pairs.items() if pair[0] != pair[1]})
            if mistakes:
                wrong.append(ImageMistakes(image.image_id, pairs.total() - mistakes.total(), mistakes))
        return Confusion(counts, sorted(wrong, key=lambda each: (-each.count, each.hits, each.image_id)))

    def _pairs(self, image: _Image, least_confidence: NDArray[np.float32]) -> list[tuple[int, int]]:
        """Return the true and the said class of every object and of every detection that answers none."""
        nothing = self._classes
        is_kept = image.confidences >= least_confidence[image.classes]
        chosen = _chosen(image, is_kept)
        pairs = [
            (int(image.object_classes[object_]), int(image.classes[detection]))
            for detection, object_ in chosen.items()
            if image.is_counted[object_]
        ]
        found = set(chosen.values())
        pairs += [
            (class_index, nothing)
            for index, class_index in enumerate(image.object_classes.tolist())
            if image.is_counted[index] and index not in found
        ]
        pairs += [
            (nothing, int(image.classes[detection]))
            for detection in np.flatnonzero(is_kept).tolist()
            if detection not in chosen
        ]
        return pairs


def _chosen(image: _Image, is_kept: NDArray[np.bool_]) -> dict[int, int]:
    """Return detection -> object. The surest chooses first: what it overlaps most of those that count and are free."""
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    detections, objects, overlaps = image.pairs
    # Pairs come in the order of the detections; of one detection's, the best object first.
    order = np.lexsort((-overlaps, ~image.is_counted[objects], detections))
    for detection, object_ in zip(detections[order].tolist(), objects[order].tolist(), strict=True):
        if is_kept[detection] and detection not in chosen and object_ not in taken:
            chosen[detection] = object_
            taken.add(object_)
    return chosen
