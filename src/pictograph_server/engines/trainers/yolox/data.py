"""Examples for YOLOX: a picture, or a mosaic of four, letterboxed into the network's square."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from pictograph.pixels import RgbArray
from pictograph_server.engines.trainers.loop.pictures import PAD, Picture, Pictures, flipped, moved, placed, recoloured

_MOSAIC_SHARE = 0.5
_SCALES = (0.6, 1.4)


def draw(pictures: Pictures, index: int, side: int, rng: np.random.Generator, *, flip: bool, mosaic: bool) -> Picture:
    """Return an example of `side` x `side` pixels."""
    if mosaic and rng.random() < _MOSAIC_SHARE:
        others = rng.integers(len(pictures), size=3)
        picture = _mosaic([pictures[i] for i in (index, *map(int, others))], side, rng)
    else:
        picture = placed(pictures[index], (side, side), rng)
    if flip and rng.random() < 0.5:
        picture = flipped(picture)
    return recoloured(picture, rng)


def _mosaic(pictures: Sequence[Picture], side: int, rng: np.random.Generator) -> Picture:
    """Four pictures around a point, each at its own scale: small objects, cut objects, new neighbours."""
    centre = rng.uniform(0.3, 0.7, 2) * side
    canvas = np.full((side, side, 3), PAD, dtype=np.uint8)
    parts: list[Picture] = []
    for corner, picture in enumerate(pictures):
        scale = rng.uniform(*_SCALES) * 0.75
        right, below = corner % 2 == 1, corner >= 2
        width, height = (length * scale for length in picture.size_wh)
        offset = np.array([centre[0] if right else centre[0] - width, centre[1] if below else centre[1] - height])
        x0, y0 = (float(middle) if is_far else 0.0 for middle, is_far in zip(centre, (right, below), strict=True))
        x1, y1 = (side if is_far else float(middle) for middle, is_far in zip(centre, (right, below), strict=True))
        part = moved(picture, (scale, scale), offset, (side, side), window=(x0, y0, x1, y1))
        left, top, end, bottom = (round(edge) for edge in (x0, y0, x1, y1))
        canvas[top:bottom, left:end] = part.pixels[top:bottom, left:end]
        parts.append(part)
    return Picture(
        cast("RgbArray", canvas),
        np.concatenate([part.boxes_xyxy for part in parts]),
        np.concatenate([part.class_indexes for part in parts]),
        tuple(outline for part in parts for outline in part.outlines),
    )
