"""Examples for classification: a part of the image stretched to the network's square, mirrored, recoloured."""

from typing import cast

import cv2
import numpy as np

from pictograph.inference.images import fit
from pictograph.inference.spec import Preprocessing
from pictograph.pixels import RgbArray
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.data import load_rgb
from pictograph_server.engines.trainers.loop.pictures import Picture, flipped, recoloured

# Of the image's area, and how much wider or higher than the image's own shape.
_AREAS, _SHAPES = (0.5, 1.0), (0.8, 1.25)
# Kept pictures are larger than the input, so that a part of one still has the input's pixels.
ENLARGED = 1.25


def open_stretched(sample: Sample, side: int) -> Picture:
    """Return the whole image as the network is to see it, `side` by `side`: what is at its edges may be what counts.

    Raises:
        BadTrainingData: the file cannot be decoded.
    """
    stretched = Preprocessing(input_size_hw=(side, side), channel_order="RGB", resize="stretch")
    pixels, _ = fit(load_rgb(sample.path), stretched)
    return Picture(np.ascontiguousarray(pixels), np.empty((0, 4), np.float32), np.empty(0, np.int64))


def draw(picture: Picture, side: int, rng: np.random.Generator, *, flip: bool, whole: bool) -> RgbArray:
    """Return an example, shape `(side, side, 3)`: a part of the picture, or all of it."""
    pixels = picture.pixels if whole else _part(picture.pixels, rng)
    is_smaller = side < max(pixels.shape[:2])
    resized = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)
    example = Picture(cast("RgbArray", resized), picture.boxes_xyxy, picture.class_indexes)
    if flip and rng.random() < 0.5:
        example = flipped(example)
    return recoloured(example, rng).pixels


def _part(pixels: RgbArray, rng: np.random.Generator) -> RgbArray:
    area, shape = rng.uniform(*_AREAS), float(np.exp(rng.uniform(*np.log(_SHAPES))))
    high, wide = (max(round(side), 1) for side in pixels.shape[:2] * np.sqrt([area / shape, area * shape]).clip(max=1))
    top, left = (int(rng.integers(0, room + 1)) for room in (pixels.shape[0] - high, pixels.shape[1] - wide))
    return pixels[top : top + high, left : left + wide]
