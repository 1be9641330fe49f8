"""Detection metrics: COCO's mAP through faster-coco-eval, and precision and recall at one IoU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# COCO counts the 100 best detections of an image.
MAX_DETECTIONS = 100


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
    if not any(len(boxes.xyxy) for boxes in truth):
        return DetectionMetrics(0.0, 0.0, {}, {})
    if not any(len(boxes.xyxy) for boxes in found):
        present = sorted({int(index) for boxes in truth for index in boxes.class_indexes})
        nothing = {class_names[index]: 0.0 for index in present}
        return DetectionMetrics(0.0, 0.0, nothing, dict(nothing))
    precision = _coco_precision(truth, found, class_names)
    all_ious = _mean_by_class(precision, class_names)
    at_50 = _mean_by_class(precision[:1], class_names)
    return DetectionMetrics(_mean(all_ious), _mean(at_50), all_ious, at_50)


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


def _coco_precision(truth: Sequence[Boxes], found: Sequence[Boxes], class_names: Sequence[str]) -> NDArray[np.float64]:
    """Return COCO's precision table: IoU thresholds x 101 recalls x classes, -1 where a class has no truth."""
    from faster_coco_eval import COCO, COCOeval_faster  # a part of the `train` extra

    objects = COCO(_coco_document(truth, class_names))
    answers = objects.loadRes(_coco_results(found))
    evaluation = COCOeval_faster(objects, answers, "bbox")
    evaluation.params.maxDets = [1, 10, MAX_DETECTIONS]
    evaluation.evaluate()
    evaluation.accumulate()
    table: NDArray[np.float64] = np.asarray(evaluation.eval["precision"])
    return table[:, :, :, 0, -1]  # area "all", 100 detections


def _mean_by_class(precision: NDArray[np.float64], class_names: Sequence[str]) -> dict[str, float]:
    tables = {name: precision[:, :, index] for index, name in enumerate(class_names)}
    return {name: float(table[table > -1].mean()) for name, table in tables.items() if (table > -1).any()}


def _mean(by_class: dict[str, float]) -> float:
    return sum(by_class.values()) / len(by_class) if by_class else 0.0


def _coco_document(truth: Sequence[Boxes], class_names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    annotations: list[dict[str, Any]] = []
    for image_id, boxes in enumerate(truth, start=1):
        for box, class_index in zip(_xywh(boxes), boxes.class_indexes, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": int(class_index) + 1,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    return {
        "images": [{"id": image_id} for image_id in range(1, len(truth) + 1)],
        "annotations": annotations,
        "categories": [{"id": index, "name": name} for index, name in enumerate(class_names, start=1)],
    }


def _coco_results(found: Sequence[Boxes]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for image_id, boxes in enumerate(found, start=1):
        if boxes.confidences is None:
            raise ValueError(f"the detections of image {image_id} have no confidences")
        for box, class_index, confidence in zip(_xywh(boxes), boxes.class_indexes, boxes.confidences, strict=True):
            results.append(
                {
                    "image_id": image_id,
                    "category_id": int(class_index) + 1,
                    "bbox": box,
                    "score": float(confidence),
                }
            )
    return results


def _xywh(boxes: Boxes) -> list[list[float]]:
    return np.concatenate([boxes.xyxy[:, :2], boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]], axis=1).astype(float).tolist()
