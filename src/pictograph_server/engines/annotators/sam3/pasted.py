"""Exemplars of one image shown on another: the network compares within an image only, so they are pasted into it.

Measured against three other ways in docs/decisions/0005-exemplars-from-another-image.md.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pictograph_server.engines.annotators.base import Box, Detection, Exemplars, RgbImage

# Of the image's shorter side: the square in its corner that the exemplars cover.
_PASTED_SIDE = 0.3
# Of a box: what is shown around it, so that its outline can be seen.
_CONTEXT = 0.2


@dataclass(frozen=True, slots=True)
class Scene:
    """An image with the exemplars in it, where they lie, and the part of the image that they hide."""

    image: RgbImage
    boxes_xyxy: Sequence[Box]
    hidden_xyxy: Box | None = None

    def is_hidden(self, detection: Detection) -> bool:
        """Return whether a detection's middle lies on what was pasted in: it is an exemplar."""
        if self.hidden_xyxy is None:
            return False
        x_min, y_min, x_max, y_max = detection.box_xyxy
        left, top, right, bottom = self.hidden_xyxy
        return left <= (x_min + x_max) / 2 <= right and top <= (y_min + y_max) / 2 <= bottom


def scene_of(image: RgbImage, alike: Exemplars) -> Scene:
    """Return the image as it is when the exemplars are its own, else a copy with them in its plainest corner."""
    if image is alike.image or np.array_equal(image, alike.image):
        return Scene(image, alike.boxes_xyxy)
    height, width = image.shape[:2]
    in_a_row = math.ceil(len(alike.boxes_xyxy) ** 0.5)
    tile = max(1, int(_PASTED_SIDE * min(height, width) / in_a_row))
    crops = [_crop(alike.image, box, tile) for box in alike.boxes_xyxy]
    places = [(i % in_a_row * tile, i // in_a_row * tile) for i in range(len(crops))]
    block_wh = (
        max(x + crop.shape[1] for (x, _), (crop, _) in zip(places, crops, strict=True)),
        max(y + crop.shape[0] for (_, y), (crop, _) in zip(places, crops, strict=True)),
    )
    left, top = min(_corners(image, block_wh), key=lambda corner: _roughness(image, corner, block_wh))
    canvas, boxes = image.copy(), list[Box]()
    for (x, y), (crop, (x_min, y_min, x_max, y_max)) in zip(places, crops, strict=True):
        x, y = x + left, y + top
        canvas[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        boxes.append((x + x_min, y + y_min, x + x_max, y + y_max))
    return Scene(canvas, boxes, (left, top, left + block_wh[0], top + block_wh[1]))


def _crop(image: RgbImage, box_xyxy: Box, longest: int) -> tuple[RgbImage, Box]:
    """Return a box with some of what is around it, scaled to its longest side, and where the box lies in that."""
    import cv2

    height, width = image.shape[:2]
    x_min, y_min, x_max, y_max = box_xyxy
    dx, dy = _CONTEXT * (x_max - x_min), _CONTEXT * (y_max - y_min)
    left, top = max(0, int(x_min - dx)), max(0, int(y_min - dy))
    right, bottom = min(width, math.ceil(x_max + dx)), min(height, math.ceil(y_max + dy))
    scale = longest / max(right - left, bottom - top)
    size_wh = (max(1, int((right - left) * scale)), max(1, int((bottom - top) * scale)))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    crop = cv2.resize(image[top:bottom, left:right], size_wh, interpolation=smooth).astype(np.uint8)
    sx, sy = size_wh[0] / (right - left), size_wh[1] / (bottom - top)
    return crop, ((x_min - left) * sx, (y_min - top) * sy, (x_max - left) * sx, (y_max - top) * sy)


def _corners(image: RgbImage, block_wh: tuple[int, int]) -> Iterator[tuple[int, int]]:
    height, width = image.shape[:2]
    yield from ((x, y) for x in (0, width - block_wh[0]) for y in (0, height - block_wh[1]))


def _roughness(image: RgbImage, corner_xy: tuple[int, int], block_wh: tuple[int, int]) -> float:
    left, top = corner_xy
    return float(image[top : top + block_wh[1], left : left + block_wh[0]].std())
