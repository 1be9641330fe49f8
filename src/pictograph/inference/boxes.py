"""From a detector's raw output to boxes in the image: confidence, suppression of doubles, scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.spec import Postprocessing

# More candidates than this before suppression only cost time: 100 boxes are kept.
_MAX_CANDIDATES = 2000


@dataclass(frozen=True, slots=True, eq=False)
class FoundBoxes:
    """Detections of one image, best first. `xyxy` in image pixels, shape `(n, 4)`; the others have shape `(n,)`."""

    xyxy: NDArray[np.float32]
    class_indexes: NDArray[np.int64]
    confidences: NDArray[np.float32]


def decode_boxes(
    output: NDArray[np.float32],
    postprocessing: Postprocessing,
    *,
    scale: float,
    image_size_wh: tuple[int, int],
    confidence: float,
    nms_iou: float,
) -> FoundBoxes:
    """Return the detections in one image's output, shape `(candidates, 5 + classes)`.

    A candidate answers with its best class only. Boxes are clipped to the image; those left with no area are dropped.
    """
    probabilities = output[:, 5:] * output[:, 4:5]
    class_indexes = probabilities.argmax(axis=1)
    confidences = probabilities[np.arange(len(output)), class_indexes]
    order = np.argsort(-confidences, kind="stable")[:_MAX_CANDIDATES]
    order = order[confidences[order] >= confidence]
    centre, half = output[order, :2], output[order, 2:4] / 2
    # A network can name boxes of any size, infinite ones too: cut them before they are scaled.
    corners = np.clip(np.concatenate([centre - half, centre + half], axis=1), -1e6, 1e6)
    limits = np.array([*image_size_wh, *image_size_wh], dtype=np.float32)
    boxes = np.clip(corners / np.float32(scale), 0, limits).astype(np.float32)

    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, order = boxes[solid], order[solid]
    kept = non_maximum_suppression(boxes, class_indexes[order], nms_iou)[: postprocessing.max_detections]
    return FoundBoxes(
        boxes[kept], class_indexes[order][kept].astype(np.int64), confidences[order][kept].astype(np.float32)
    )


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
