"""What an image looks like in 178 bytes: where its colours and its edges lie. Needs no network and no GPU.

Two unit vectors of equal weight: mean brightness and colour in a grid of 4 x 4 cells, as MPEG-7's colour layout keeps
them, and in the same cells a histogram of gradient orientations (Dalal and Triggs 2005). The cosine of two such pairs
is how alike the images are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 64
_CELLS = 4
_ORIENTATIONS = 8
# A value that all images share: so two flat pictures are alike, and noise on one does not make it something else.
_COLOUR_FLOOR = 0.2
_EDGE_FLOOR = 0.5
LENGTH = 3 * _CELLS**2 + 1 + _ORIENTATIONS * _CELLS**2 + 1


def descriptor(image: Image.Image) -> bytes:
    """Return the descriptor of an upright RGB image: `LENGTH` signed bytes."""
    small: NDArray[np.float32] = np.asarray(
        image.resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float32
    ) / np.float32(255)
    grey = _grey(small)
    joined = np.concatenate([_unit(_colours(small, grey), _COLOUR_FLOOR), _unit(_edges(grey), _EDGE_FLOOR)])
    return np.round(joined * (127 / np.abs(joined).max())).astype(np.int8).tobytes()


def similarities(query: bytes, descriptors: Sequence[bytes]) -> NDArray[np.float32]:
    """Return how much each image looks like the query, 0-1; what points the other way is as unlike as it gets."""
    return np.clip(unit_rows(descriptors) @ unit_rows([query])[0], 0.0, 1.0)


def unit_rows(descriptors: Sequence[bytes]) -> NDArray[np.float32]:
    """Return descriptors as vectors of length 1, shape `(images, LENGTH)`; those of zeros alone stay zero."""
    rows = np.frombuffer(b"".join(descriptors), dtype=np.int8).reshape(-1, LENGTH).astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows


def _grey(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return (pixels @ np.array([0.299, 0.587, 0.114])).astype(np.float32)


def _colours(pixels: NDArray[np.float32], grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return brightness around mid-grey, blueness and redness of each cell, shape `(48,)`."""
    channels = np.stack([grey - 0.5, 2 * (pixels[..., 2] - grey), 2 * (pixels[..., 0] - grey)])
    cell = _SIDE // _CELLS
    return channels.reshape(3, _CELLS, cell, _CELLS, cell).mean(axis=(2, 4)).ravel().astype(np.float32)


def _edges(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each cell how strong edges of each direction are, around the mean of all, shape `(128,)`."""
    dy, dx = np.gradient(grey)
    direction = ((np.arctan2(dy, dx) % np.pi) * (_ORIENTATIONS / np.pi)).astype(np.int64) % _ORIENTATIONS
    at = np.arange(_SIDE) * _CELLS // _SIDE
    cells = at[:, None] * _CELLS + at[None, :]
    size = _CELLS**2 * _ORIENTATIONS
    strength = np.bincount((cells * _ORIENTATIONS + direction).ravel(), np.hypot(dx, dy).ravel(), minlength=size)
    # The root: a few strong edges must not hide all others.
    rooted = np.sqrt(strength).astype(np.float32)
    return rooted - rooted.mean()


def _unit(values: NDArray[np.float32], floor: float) -> NDArray[np.float32]:
    together = np.append(values, np.float32(floor))
    return together / np.float32(np.linalg.norm(together))
