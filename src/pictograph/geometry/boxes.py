"""Axis-aligned boxes as arrays: conversions, overlap, suppression of duplicates, clipping.

Coordinates are continuous image pixels: x right, y down, origin at the outer corner of the top-left pixel.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Boxes = NDArray[np.float64]


def nms(boxes_xyxy: ArrayLike, confidences: ArrayLike, *, iou_threshold: float) -> NDArray[np.intp]:
    """Return the indices of the boxes that survive greedy non-maximum suppression, most confident first.

    A box is dropped when it overlaps a more confident survivor by more than `iou_threshold`.
    Equal confidences are taken in the order given, so the result does not depend on the machine.
    """
    boxes = _as_boxes(boxes_xyxy)
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable")
    kept: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(int(best))
        if order.size:
            order = order[iou(boxes[best], boxes[order])[0] <= iou_threshold]
    return np.array(kept, dtype=np.intp)


def iou(boxes_a_xyxy: ArrayLike, boxes_b_xyxy: ArrayLike) -> Boxes:
    """Return intersection over union of every box of `a` with every box of `b`, shape `(len(a), len(b))`.

    Boxes without area overlap nothing.
    """
    a, b = _as_boxes(boxes_a_xyxy), _as_boxes(boxes_b_xyxy)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(axis=2)
    union = areas(a)[:, None] + areas(b)[None, :] - inter
    return np.divide(inter, union, out=np.zeros_like(inter), where=union > 0)


def areas(boxes_xyxy: ArrayLike) -> Boxes:
    """Return the areas in square pixels, shape `(n,)`; inverted boxes have none."""
    boxes = _as_boxes(boxes_xyxy)
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)


def clip(boxes_xyxy: ArrayLike, image_size_wh: tuple[int, int]) -> Boxes:
    """Return the boxes cut to the image; a box outside it keeps no area."""
    width, height = image_size_wh
    return np.clip(_as_boxes(boxes_xyxy), 0, np.array([width, height, width, height], dtype=np.float64))


def xywh_to_xyxy(boxes_xywh: ArrayLike) -> Boxes:
    """Return `x_min, y_min, x_max, y_max` for boxes given as corner and size, shape `(n, 4)`."""
    boxes = _as_boxes(boxes_xywh)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def xyxy_to_xywh(boxes_xyxy: ArrayLike) -> Boxes:
    """Return `x, y, w, h` (top-left corner and size) for boxes given as two corners, shape `(n, 4)`."""
    boxes = _as_boxes(boxes_xyxy)
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def xyxy_to_cxcywh(boxes_xyxy: ArrayLike) -> Boxes:
    """Return `center_x, center_y, w, h` for boxes given as two corners, shape `(n, 4)`."""
    boxes = _as_boxes(boxes_xyxy)
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)


def _as_boxes(boxes: ArrayLike) -> Boxes:
    array = np.asarray(boxes, dtype=np.float64)
    if array.size == 0:
        return np.zeros((0, 4))
    if array.shape[-1] != 4 or array.ndim > 2:
        raise ValueError(f"boxes have four numbers each, got an array of shape {array.shape}")
    return array.reshape(-1, 4)
