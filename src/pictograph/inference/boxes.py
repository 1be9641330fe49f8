"""From a network's raw output to boxes in the image: confidence, suppression of doubles, scale."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.activations import sigmoid
from pictograph.inference.images import Placement, twice
from pictograph.inference.spec import ListDecoding, QueryDecoding

# More candidates than this before suppression only cost time: 100 boxes are kept.
_MAX_CANDIDATES = 2000

# The network's outputs for one image, by name, without the batch's axis.
Outputs = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which of a network's answers are wanted. `classes` is None for all, else a flag for each class."""

    confidence: float
    max_detections: int
    classes: NDArray[np.bool_] | None = None
    # Of candidates: boxes of one class that overlap more than this are one object.
    nms_iou: float = 0.65


@dataclass(frozen=True, slots=True, eq=False)
class FoundBoxes:
    """Detections of one image, best first. `xyxy` in image pixels, shape `(n, 4)`; the others have shape `(n,)`."""

    xyxy: NDArray[np.float32]
    class_indexes: NDArray[np.int64]
    confidences: NDArray[np.float32]
    # Which row of the network's output each came from: its mask is there too.
    rows: NDArray[np.int64]
    # The boxes before they were cut at the image, which masks may cover.
    uncut_xyxy: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_] | slice) -> "FoundBoxes":
        return FoundBoxes(
            self.xyxy[chosen],
            self.class_indexes[chosen],
            self.confidences[chosen],
            self.rows[chosen],
            self.uncut_xyxy[chosen],
        )


def decode_candidates(output: NDArray[np.float32], selection: Selection, placement: Placement) -> FoundBoxes:
    """Return the detections in one image's output, shape `(candidates, 5 + classes)`.

    A candidate answers with its best class only. Boxes are cut at the image; those left with no area are dropped.
    """
    probabilities = output[:, 5:] * output[:, 4:5]
    class_indexes = probabilities.argmax(axis=1)
    confidences = probabilities[np.arange(len(output)), class_indexes]
    rows = _chosen(confidences, class_indexes, selection)[:_MAX_CANDIDATES]
    found = _on_image(_corners(output[rows, :4]), class_indexes[rows], confidences[rows], rows, placement)
    kept = non_maximum_suppression(found.xyxy, found.class_indexes, selection.nms_iou)
    return found[kept[: selection.max_detections]]


def decode_queries(
    outputs: Outputs, decoding: QueryDecoding, selection: Selection, placement: Placement, *, classes: int
) -> FoundBoxes:
    """Return the detections of a DETR: every class of every query that is sure enough."""
    confidences = sigmoid(outputs[decoding.logits][:, :classes]).ravel()
    every_class = np.arange(len(confidences)) % classes
    flat = _chosen(confidences, every_class, selection)[: selection.max_detections]
    rows = flat // classes
    boxes = _corners(outputs[decoding.boxes][rows]) * twice(placement.input_size_wh)
    return _on_image(boxes, every_class[flat], confidences[flat], rows, placement)


def decode_lists(
    outputs: Outputs, decoding: ListDecoding, selection: Selection, placement: Placement, *, classes: int
) -> FoundBoxes:
    """Return the detections of a network that has already made its choice."""
    scores = outputs[decoding.scores]
    class_indexes = outputs[decoding.labels].astype(np.int64) - decoding.first_label
    is_class = (class_indexes >= 0) & (class_indexes < classes)
    rows = _chosen(np.where(is_class, scores, -1), np.where(is_class, class_indexes, 0), selection)
    rows = rows[: selection.max_detections]
    boxes = outputs[decoding.boxes][rows]
    if decoding.box_unit == "relative":
        boxes = boxes * twice(placement.input_size_wh)
    return _on_image(boxes, class_indexes[rows], scores[rows], rows, placement)


def non_maximum_suppression(
    boxes_xyxy: NDArray[np.float32], class_indexes: NDArray[np.int64], iou: float
) -> NDArray[np.int64]:
    """Return which boxes stay, given best first: one goes when a better one of its class overlaps it above `iou`."""
    areas = (boxes_xyxy[:, 2] - boxes_xyxy[:, 0]) * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1])
    alive = np.ones(len(boxes_xyxy), dtype=bool)
    for best in range(len(boxes_xyxy)):
        if not alive[best]:
            continue
        rest = np.flatnonzero(alive[best + 1 :]) + best + 1
        rest = rest[class_indexes[rest] == class_indexes[best]]
        top_left = np.maximum(boxes_xyxy[best, :2], boxes_xyxy[rest, :2])
        bottom_right = np.minimum(boxes_xyxy[best, 2:], boxes_xyxy[rest, 2:])
        shared = np.prod(np.maximum(bottom_right - top_left, 0), axis=1)
        alive[rest[shared > iou * (areas[best] + areas[rest] - shared)]] = False
    return np.flatnonzero(alive)


def _chosen(
    confidences: NDArray[np.floating], class_indexes: NDArray[np.integer], selection: Selection
) -> NDArray[np.int64]:
    """Return the indexes of the answers that are wanted, best first."""
    is_wanted = confidences >= max(selection.confidence, 0)
    if selection.classes is not None:
        is_wanted &= selection.classes[class_indexes]
    indexes = np.flatnonzero(is_wanted)
    return indexes[np.argsort(-confidences[indexes], kind="stable")]


def _corners(cxcywh: NDArray[np.float32]) -> NDArray[np.float32]:
    centre, half = cxcywh[:, :2], cxcywh[:, 2:4] / 2
    return np.concatenate([centre - half, centre + half], axis=1, dtype=np.float32)


def _on_image(
    input_xyxy: NDArray[np.float32],
    class_indexes: NDArray[np.int64],
    confidences: NDArray[np.floating],
    rows: NDArray[np.int64],
    placement: Placement,
) -> FoundBoxes:
    """Return the detections of boxes in pixels of the input; those that have no area on the image are left out."""
    uncut = placement.boxes_to_image(input_xyxy)
    boxes = np.clip(uncut, 0, twice(placement.image_size_wh))
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return FoundBoxes(boxes, class_indexes.astype(np.int64), confidences.astype(np.float32), rows, uncut)[solid]
