"""Pixels counted one by one."""

import numpy as np
import pytest

from pictograph.metrics.pixels import IGNORE, PixelCounts, count_pixels, mean


@pytest.mark.parametrize("seed", range(3))
def test_count_pixels__as_counted_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, 4, (2, 9, 7))
    truth[rng.random(truth.shape) < 0.2] = IGNORE
    counts = np.zeros((4, 4), dtype=int)
    for there, answer in zip(truth.ravel(), said.ravel(), strict=True):
        if there != IGNORE:
            counts[there, answer] += 1
    found = count_pixels(truth.astype(np.uint8), said.astype(np.uint16), 3)
    assert (found.counts == counts).all()
    for index in range(4):
        both = ((truth == index) & (said == index)).sum()
        is_said = ((said == index) & (truth != IGNORE)).sum()
        assert found.iou()[index] == pytest.approx(both / ((truth == index).sum() + is_said - both))
        assert found.dice()[index] == pytest.approx(2 * both / ((truth == index).sum() + is_said))
        assert found.precision()[index] == pytest.approx(both / is_said)
        assert found.recall()[index] == pytest.approx(both / (truth == index).sum())
    assert found.accuracy == pytest.approx((truth == said).sum() / (truth != IGNORE).sum())


def test_pixel_counts__summed_before_they_are_divided() -> None:
    # 1 of 1 pixel right, then 0 of 3: a quarter, not a half.
    first = count_pixels(np.array([[1]]), np.array([[1]]), 1)
    second = count_pixels(np.array([[1, 1, 1]]), np.array([[0, 0, 0]]), 1)
    assert (first + second).iou()[1] == 0.25


def test_iou__a_class_that_is_not_there_has_none() -> None:
    counts = PixelCounts(np.array([[5, 0, 2], [0, 0, 0], [0, 0, 3]]))
    assert np.isnan(counts.iou()[1])
    assert mean(counts.iou()) == pytest.approx((5 / 7 + 3 / 5) / 2)
    assert mean([]) == 0


def test_count_pixels__sizes_differ() -> None:
    with pytest.raises(ValueError, match="truth has shape"):
        count_pixels(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8), 1)
