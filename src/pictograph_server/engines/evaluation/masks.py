"""Masks as runs of pixels, and how much those of a model overlap those that are there."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import spans
from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.geometry.spans import Spans, polygons_to_spans
from pictograph_server.engines.trainers.base import Shape

# Less than this is no match at any of COCO's thresholds, and need not be known exactly.
_LEAST_IOU = 0.5


def spans_of_shapes(shapes: Sequence[Shape], image_size_wh: tuple[int, int]) -> list[Spans]:
    """Return each shape's pixels, holes left out; a box without an outline is filled."""
    return polygons_to_spans([shape.rings or (_corners(shape.box_xyxy),) for shape in shapes], image_size_wh)


def spans_of_mask(mask: CroppedMask, image_size_wh: tuple[int, int]) -> Spans:
    """Return a mask's pixels."""
    crop = np.pad(mask.to_array().view(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(crop, axis=1)
    x, y = mask.origin_xy
    row_length = image_size_wh[0] + 1
    starts, stops = (np.nonzero(steps == step) for step in (1, -1))
    return Spans(*((rows + y) * row_length + columns + x for rows, columns in (starts, stops)))


def mask_ious(found: Sequence[Spans], there: Sequence[Spans], image_size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Return the IoU of every mask with every other, shape `(found, there)`; 0 where it is under a half."""
    overlaps = np.zeros((len(found), len(there)))
    areas, other_areas = (np.array([each.area for each in masks], dtype=np.float64) for masks in (found, there))
    larger = np.maximum(areas[:, None], other_areas[None, :])
    # What both share is no more than the smaller of them, nor than what their boxes share.
    at_most = np.minimum(areas[:, None], other_areas[None, :])
    at_most = np.minimum(at_most, _shared_box(_bounds(found, image_size_wh), _bounds(there, image_size_wh)))
    for row, column in np.argwhere((at_most >= _LEAST_IOU * larger) & (larger > 0)):
        overlaps[row, column] = spans.iou(found[row], there[column])
    return overlaps


def _bounds(masks: Sequence[Spans], image_size_wh: tuple[int, int]) -> NDArray[np.float64]:
    row_length = image_size_wh[0] + 1
    corners = [
        (
            int((mask.starts % row_length).min()),
            int(mask.starts[0]) // row_length,
            # A run ends before its stop, which at the right border is the place behind the row.
            int((mask.stops % row_length).max()),
            int(mask.starts[-1]) // row_length + 1,
        )
        if len(mask.starts)
        else (0, 0, 0, 0)
        for mask in masks
    ]
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def _shared_box(first_xyxy: NDArray[np.float64], second_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    low = np.maximum(first_xyxy[:, None, :2], second_xyxy[None, :, :2])
    high = np.minimum(first_xyxy[:, None, 2:], second_xyxy[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=2)


def _corners(box_xyxy: tuple[float, float, float, float]) -> tuple[tuple[float, float], ...]:
    left, top, right, bottom = box_xyxy
    return (left, top), (right, top), (right, bottom), (left, bottom)
