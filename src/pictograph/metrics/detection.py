"""Detection metrics of boxes in memory: COCO's mAP, and precision and recall at one IoU."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import boxes as box_geometry
from pictograph.metrics.average_precision import AveragePrecisionTally, ImageAnswers


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """The boxes of one image: what is there (no confidences), or what a model says (with them).

    `xyxy` is in continuous image pixels, shape `(n, 4)`; `class_indexes` and `confidences` have shape `(n,)`.
    """

    xyxy: NDArray[np.float32]
    class_indexes: NDArray[np.int64]
    confidences: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """How many detections answer an object (`hits`), answer none (`false_alarms`), and objects nothing answers."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def precision(self) -> float:
        """Share of the detections that are right; 0 when there is none."""
        return self.hits / max(self.hits + self.false_alarms, 1)

    @property
    def recall(self) -> float:
        """Share of the objects that were found; 0 when there is none."""
        return self.hits / max(self.hits + self.misses, 1)

    def __add__(self, other: "Matches") -> "Matches":
        return Matches(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)


@dataclass(frozen=True, slots=True)
class DetectionMetrics:
    """COCO's figures. A class that does not occur in the truth has no AP: it is absent from the per-class tables."""

    map_50_95: float
    map_50: float
    ap_50_95: dict[str, float]
    ap_50: dict[str, float]


def evaluate_detections(truth: Sequence[Boxes], found: Sequence[Boxes], class_names: Sequence[str]) -> DetectionMetrics:
    """Return mAP over IoU 0.50:0.05:0.95 and at IoU 0.50, as COCO defines it (all sizes, 100 detections an image).

    Args:
        truth, found: boxes of the same images in the same order.
    Raises:
        ValueError: the sequences differ in length, or a detection has no confidence.
    """
    if len(truth) != len(found):
        raise ValueError(f"truth has {len(truth)} images, found has {len(found)}")
    tally = AveragePrecisionTally(len(class_names))
    for number, (there, said) in enumerate(zip(truth, found, strict=True), start=1):
        if said.confidences is None:
            raise ValueError(f"the detections of image {number} have no confidences")
        tally.add(box_answers(there, said))
    figures = tally.result()
    by_class = {name: figures.mean(class_index=index) for index, name in enumerate(class_names)}
    at_50 = {name: figures.mean(iou=0.5, class_index=index) for index, name in enumerate(class_names)}
    return DetectionMetrics(figures.mean() or 0.0, figures.mean(iou=0.5) or 0.0, _known(by_class), _known(at_50))


def box_answers(truth: Boxes, found: Boxes) -> ImageAnswers:
    """Return what `AveragePrecisionTally` wants to know of an image; detections without confidences are all sure."""
    sure = np.ones(len(found.xyxy)) if found.confidences is None else found.confidences.astype(np.float64)
    return ImageAnswers(
        object_classes=truth.class_indexes,
        object_areas=box_geometry.areas(truth.xyxy),
        is_counted=np.ones(len(truth.xyxy), dtype=bool),
        classes=found.class_indexes,
        confidences=sure,
        areas=box_geometry.areas(found.xyxy),
        overlaps=box_geometry.iou(found.xyxy, truth.xyxy),
    )


def match_detections(truth: Boxes, found: Boxes, *, iou: float = 0.5) -> Matches:
    """Count, in one image, the detections that answer an object of their class with at least this IoU.

    Each object is answered once; detections choose in the order of their confidence, or as listed when there is none.
    """
    hits = 0
    overlaps = box_ious(found.xyxy, truth.xyxy)
    overlaps[found.class_indexes[:, None] != truth.class_indexes[None, :]] = 0
    order = range(len(found.xyxy)) if found.confidences is None else np.argsort(-found.confidences, kind="stable")
    for index in order:
        if overlaps.shape[1] and overlaps[index].max() >= iou:
            overlaps[:, overlaps[index].argmax()] = -1
            hits += 1
    return Matches(hits, len(found.xyxy) - hits, len(truth.xyxy) - hits)


def box_ious(first_xyxy: NDArray[np.float32], second_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the IoU of every box of the first set with every box of the second, shape `(first, second)`."""
    top_left = np.maximum(first_xyxy[:, None, :2], second_xyxy[None, :, :2])
    bottom_right = np.minimum(first_xyxy[:, None, 2:], second_xyxy[None, :, 2:])
    shared = np.prod(np.maximum(bottom_right - top_left, 0), axis=2)
    areas = [np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1) for boxes in (first_xyxy, second_xyxy)]
    return (shared / np.maximum(areas[0][:, None] + areas[1][None, :] - shared, 1e-9)).astype(np.float32)


def _known(by_class: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in by_class.items() if value is not None}
