"""Examples for semantic segmentation: a picture and the class of each of its pixels, moved and mirrored together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pictograph.pixels import RgbArray
from pictograph_server.engines.trainers.base import Sample, Shape
from pictograph_server.engines.trainers.class_maps import IGNORE, class_map_of
from pictograph_server.engines.trainers.loop.pictures import Picture, flipped, moved, recoloured

# How much larger or smaller than at inference a picture may be drawn.
_SCALES = (0.75, 1.5)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Pixels of shape `(height, width, 3)` and their classes of shape `(height, width)`: see `class_map_of`."""

    pixels: RgbArray
    class_map: NDArray[np.uint8]


def draw(picture: Picture, input_size_hw: tuple[int, int], rng: np.random.Generator, *, flip: bool) -> Example:
    """Return an example of the input's size; what lies outside the picture is ignored."""
    height, width = input_size_hw
    fits = min(height / picture.size_wh[1], width / picture.size_wh[0])
    scale = fits * float(np.exp(rng.uniform(*np.log(_SCALES))))
    slack = np.array([width, height]) - np.array(picture.size_wh) * scale
    offset = rng.uniform(np.minimum(slack, 0), np.maximum(slack, 0))
    # However little is left of an object, its pixels are no background.
    drawn = moved(picture, (scale, scale), offset, (width, height), least_left=0.0)
    is_flipped = flip and rng.random() < 0.5
    class_map = class_map_of_picture(drawn)
    class_map[~_covered(offset, np.array(picture.size_wh) * scale, (height, width))] = IGNORE
    drawn = recoloured(flipped(drawn) if is_flipped else drawn, rng)
    return Example(drawn.pixels, np.ascontiguousarray(class_map[:, ::-1]) if is_flipped else class_map)


def class_map_of_picture(picture: Picture) -> NDArray[np.uint8]:
    """Return the class of every pixel of a picture, shape `(height, width)`."""
    width, height = picture.size_wh
    shapes = tuple(
        Shape(int(index), (box[0], box[1], box[2], box[3]), tuple(tuple(map(tuple, ring.tolist())) for ring in outline))
        for index, box, outline in zip(
            picture.class_indexes, picture.boxes_xyxy.tolist(), picture.outlines, strict=True
        )
    )
    return class_map_of(Sample("", Path(), width, height, "", shapes=shapes))


def _covered(
    offset_xy: NDArray[np.float64], size_wh: NDArray[np.float64], shape_hw: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return where the picture lies: pixels whose middle is inside it."""
    columns, rows = (np.arange(length) + 0.5 for length in (shape_hw[1], shape_hw[0]))
    (left, top), (right, bottom) = offset_xy, offset_xy + size_wh
    return ((rows > top) & (rows < bottom))[:, None] & ((columns > left) & (columns < right))[None, :]
