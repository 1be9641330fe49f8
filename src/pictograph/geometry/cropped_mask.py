"""A mask as it is kept and sent: the run lengths of a crop, so that fifty megapixels take kilobytes."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_RUN = np.dtype("<u4")


@dataclass(frozen=True, slots=True)
class CroppedMask:
    """The foreground inside a crop of an image.

    `runs` holds the lengths of background, foreground, background … in row-major order, 32-bit little-endian,
    beginning with background (so the first may be 0). `origin_xy` is the crop's top-left pixel in the image.
    """

    runs: bytes
    shape_hw: tuple[int, int]
    origin_xy: tuple[int, int] = (0, 0)

    @classmethod
    def from_array(cls, mask: NDArray[np.bool_], *, origin_xy: tuple[int, int] = (0, 0)) -> Self:
        """Return the compact form of a mask of shape `(height, width)`.

        Raises:
            ValueError: `mask` is not two-dimensional.
        """
        if mask.ndim != 2:
            raise ValueError(f"a mask has two dimensions, got shape {mask.shape}")
        flat = mask.ravel()
        changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        first = [0] if flat.size and flat[0] else []
        edges = np.concatenate([[0], first, changes, [flat.size]])
        return cls(np.diff(edges).astype(_RUN).tobytes(), (mask.shape[0], mask.shape[1]), origin_xy)

    def to_array(self) -> NDArray[np.bool_]:
        """Return the crop's mask, shape `shape_hw`.

        Raises:
            ValueError: the runs do not add up to the size of the crop.
        """
        runs = np.frombuffer(self.runs, _RUN)
        height, width = self.shape_hw
        if int(runs.sum(dtype=np.int64)) != height * width:
            raise ValueError(
                f"the runs sum to {int(runs.sum(dtype=np.int64))}, a crop of {width} x {height} has more or fewer"
            )
        return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
