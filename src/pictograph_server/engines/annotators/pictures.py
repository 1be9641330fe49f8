"""An image as engines take it: its size, its identity, a box on it."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pictograph_server.engines.annotators.base import Box, RgbImage


def fingerprint(image: RgbImage) -> bytes:
    """Return the same bytes for the same picture, and others for any other."""
    # Two images of different shape may have the same bytes.
    shape = b"".join(int(side).to_bytes(4, "little") for side in image.shape[:2])
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16, salt=shape).digest()


def size_of(image: RgbImage) -> tuple[int, int]:
    return int(image.shape[1]), int(image.shape[0])


def as_box(row: Sequence[float] | NDArray[np.float64]) -> Box:
    x_min, y_min, x_max, y_max = (float(value) for value in row)
    return x_min, y_min, x_max, y_max
