"""Coarse masks at the image's resolution, computed near their objects only: a large image costs what its boxes cost."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.boxes import FoundBoxes
from pictograph.inference.images import Placement
from pictograph.inference.spec import MaskDecoding

# A mask that covers the input may reach over its box: that share of the box's sides, and some pixels.
_MARGIN, _MARGIN_PIXELS = 0.15, 2.0
# An object may fill the image.
_VALUES_AT_ONCE = 4_000_000


def instance_masks(
    output: NDArray[np.float32], decoding: MaskDecoding, found: FoundBoxes, placement: Placement
) -> list[CroppedMask | None]:
    """Return the mask of each detection, None where nothing of it is foreground.

    Args:
        output: of one image, shape `(candidates, h, w)` or `(candidates, 1, h, w)`.
    """
    coarse = output[:, 0] if output.ndim == 4 else output
    share = decoding.threshold
    level = math.log(share / (1 - share)) if decoding.values == "logits" else share
    masks: list[CroppedMask | None] = []
    for index, row in enumerate(found.rows):
        if decoding.frame == "box":
            places = _places_in_box(found.xyxy[index], found.uncut_xyxy[index])
        else:
            places = _places_in_input(found.xyxy[index], placement)
        masks.append(_drawn(coarse[row], places, level))
    return masks


def sample(values: NDArray[np.float32], rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the values between the pixels of a grid, bilinearly; beyond its border the border's.

    Args:
        values: shape `(…, height, width)`.
        rows, columns: places in continuous pixels of the grid (the first pixel's middle is at 0.5), `(r,)` and `(c,)`.
    Returns:
        Shape `(…, r, c)`.
    """
    above, below, lower = _neighbours(rows, values.shape[-2])
    left, right, righter = _neighbours(columns, values.shape[-1])
    lines = _between(values[..., above, :], values[..., below, :], lower[:, None])
    return _between(lines[..., left], lines[..., right], righter)


@dataclass(frozen=True, slots=True)
class _Places:
    """Pixels of the image, from `origin_xy` on, and where they lie in what the coarse mask covers, 0-1."""

    origin_xy: tuple[int, int]
    across: NDArray[np.float64]
    down: NDArray[np.float64]


def _places_in_box(box_xyxy: NDArray[np.float32], uncut_xyxy: NDArray[np.float32]) -> _Places:
    x_min, y_min, x_max, y_max = box_xyxy.tolist()
    left, top, right, bottom = uncut_xyxy.tolist()
    columns, rows = middles(x_min, x_max), middles(y_min, y_max)
    return _Places((_first(columns), _first(rows)), (columns - left) / (right - left), (rows - top) / (bottom - top))


def _places_in_input(box_xyxy: NDArray[np.float32], placement: Placement) -> _Places:
    x_min, y_min, x_max, y_max = box_xyxy.tolist()
    dx, dy = _MARGIN * (x_max - x_min) + _MARGIN_PIXELS, _MARGIN * (y_max - y_min) + _MARGIN_PIXELS
    width, height = placement.image_size_wh
    columns = middles(max(0.0, x_min - dx), min(float(width), x_max + dx))
    rows = middles(max(0.0, y_min - dy), min(float(height), y_max + dy))
    return _Places(
        (_first(columns), _first(rows)),
        placement.columns_to_input(columns) / placement.input_size_wh[0],
        placement.rows_to_input(rows) / placement.input_size_wh[1],
    )


def _drawn(coarse: NDArray[np.float32], places: _Places, level: float) -> CroppedMask | None:
    high, wide = coarse.shape
    rows, columns = places.down * high, places.across * wide
    foreground = np.empty((rows.size, columns.size), np.bool_)
    rows_each = max(1, _VALUES_AT_ONCE // max(1, columns.size))
    for start in range(0, rows.size, rows_each):
        strip = slice(start, start + rows_each)
        foreground[strip] = sample(coarse, rows[strip], columns) > level
    return CroppedMask.from_array(foreground, origin_xy=places.origin_xy) if foreground.any() else None


def middles(start: float, end: float) -> NDArray[np.float64]:
    """Return the middles of the pixels that lie between two edges, half of them or more."""
    return np.arange(round(start), round(end), dtype=np.float64) + 0.5


def _first(middles: NDArray[np.float64]) -> int:
    return int(middles[0]) if middles.size else 0


def _between(
    first: NDArray[np.float32], second: NDArray[np.float32], share: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.add(first, (second - first) * share, dtype=np.float32)


def _neighbours(
    places: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the pixels before and after each place, and the share of the latter."""
    inside = np.clip(places - 0.5, 0, size - 1)
    before = np.floor(inside).astype(np.int64)
    return before, np.minimum(before + 1, size - 1), (inside - before).astype(np.float32)
