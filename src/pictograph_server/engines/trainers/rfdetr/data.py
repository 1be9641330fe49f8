"""Examples for RF-DETR: the whole picture stretched to the network's square, then moved and recoloured a little."""

import numpy as np

from pictograph.inference.images import fit
from pictograph.inference.spec import Preprocessing
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.data import load_rgb, shapes_inside
from pictograph_server.engines.trainers.loop.pictures import PAD, Picture, flipped, moved, recoloured

_SCALES = (0.75, 1.35)
# How much wider an object may become against its height, or higher.
_MOST_STRETCH = 1.15


def open_stretched(sample: Sample, preprocessing: Preprocessing) -> Picture:
    """Return a sample's picture as the finished model will be fed it.

    Raises:
        BadTrainingData: the file cannot be decoded.
    """
    pixels, placement = fit(load_rgb(sample.path), preprocessing)
    scale = np.array(placement.scale_xy, dtype=np.float32)
    shapes = shapes_inside(sample)
    return Picture(
        np.ascontiguousarray(pixels),
        np.array([box for box, _ in shapes], dtype=np.float32).reshape(-1, 4) * np.tile(scale, 2),
        np.array([shape.class_index for _, shape in shapes], dtype=np.int64),
        tuple(tuple(np.array(ring, dtype=np.float32) * scale for ring in shape.rings) for _, shape in shapes),
    )


def draw(picture: Picture, rng: np.random.Generator, *, flip: bool) -> Picture:
    """Return an example of the picture's own size."""
    scale = np.exp(rng.uniform(*np.log(_SCALES)))
    stretch = np.exp(rng.uniform(-1, 1) * np.log(_MOST_STRETCH) / 2)
    scale_xy = float(scale * stretch), float(scale / stretch)
    slack = np.array(picture.size_wh) * (1 - np.array(scale_xy))
    offset = rng.uniform(np.minimum(slack, 0), np.maximum(slack, 0))
    picture = moved(picture, scale_xy, offset, picture.size_wh, pad=PAD)
    if flip and rng.random() < 0.5:
        picture = flipped(picture)
    return recoloured(picture, rng)
