"""Class maps compared pixel by pixel, summed over the images before anything is divided."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IGNORE = 255
# Counting makes eight bytes of each pixel: fifty megapixels go in pieces.
_PIXELS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class PixelCounts:
    """`counts[true, said]` in pixels, shape `(classes + 1, classes + 1)`; background is 0, class `i` is `i + 1`."""

    counts: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """Return the share of the pixels that are right, background too."""
        return float(np.trace(self.counts) / max(int(self.counts.sum()), 1))

    def iou(self) -> NDArray[np.float64]:
        """Return intersection over union, shape `(classes + 1,)`; not a number for what the truth does not have."""
        right, there, said = self._sums()
        return _shares(right, there + said - right, there)

    def dice(self) -> NDArray[np.float64]:
        """Return twice the intersection over the sum of both, as `iou`."""
        right, there, said = self._sums()
        return _shares(2 * right, there + said, there)

    def precision(self) -> NDArray[np.float64]:
        right, there, said = self._sums()
        return _shares(right, np.maximum(said, 1), there)

    def recall(self) -> NDArray[np.float64]:
        right, there, _ = self._sums()
        return _shares(right, there, there)

    def _sums(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        return self.counts.diagonal(), self.counts.sum(axis=1), self.counts.sum(axis=0)

    def __add__(self, other: "PixelCounts") -> "PixelCounts":
        return PixelCounts(self.counts + other.counts)


def count_pixels(truth: NDArray[np.integer], said: NDArray[np.integer], classes: int) -> PixelCounts:
    """Return how often each class was taken for each, in one image; pixels whose truth is `IGNORE` are not counted.

    Raises:
        ValueError: the maps differ in size.
    """
    if truth.shape != said.shape:
        raise ValueError(f"the truth has shape {truth.shape}, what is said has {said.shape}")
    sides = classes + 1
    counts = np.zeros(sides * sides, dtype=np.int64)
    flat_truth, flat_said = truth.ravel(), said.ravel()
    for start in range(0, flat_truth.size, _PIXELS_AT_ONCE):
        there = flat_truth[start : start + _PIXELS_AT_ONCE]
        answers = flat_said[start : start + _PIXELS_AT_ONCE]
        counts_here = there != IGNORE
        pairs = there[counts_here].astype(np.int64) * sides + answers[counts_here]
        counts += np.bincount(pairs, minlength=sides * sides)
    return PixelCounts(counts.reshape(sides, sides))


def mean(values: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the mean of those that are numbers, 0 when none is."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else 0.0


def _shares(part: NDArray[np.int64], whole: NDArray[np.int64], there: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=there > 0)
