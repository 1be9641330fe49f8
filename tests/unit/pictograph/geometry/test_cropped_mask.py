"""The compact form of a mask gives back every pixel, whatever it begins and ends with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pictograph.geometry.cropped_mask import CroppedMask

SHAPES = st.tuples(st.integers(0, 9), st.integers(0, 9))


@given(arrays(np.bool_, SHAPES))
def test_cropped_mask__every_mask_comes_back(mask: np.ndarray) -> None:
    assert np.array_equal(CroppedMask.from_array(mask).to_array(), mask)


def test_cropped_mask__fifty_megapixels_of_one_object_take_kilobytes() -> None:
    mask = np.zeros((7000, 7000), dtype=bool)
    mask[500:6500, 500:6500] = True
    # 6,000 rows of one run each, with the background between them.
    assert len(CroppedMask.from_array(mask).runs) == 4 * (2 * 6000 + 1)


def test_cropped_mask__equal_masks_are_equal() -> None:
    mask = np.eye(4, dtype=bool)
    assert CroppedMask.from_array(mask, origin_xy=(3, 2)) == CroppedMask.from_array(mask.copy(), origin_xy=(3, 2))


def test_to_array__runs_of_another_size() -> None:
    broken = CroppedMask(CroppedMask.from_array(np.ones((3, 3), dtype=bool)).runs, (4, 4))
    with pytest.raises(ValueError, match="sum to 9"):
        broken.to_array()


def test_from_array__three_dimensions() -> None:
    with pytest.raises(ValueError, match="two dimensions"):
        CroppedMask.from_array(np.zeros((2, 2, 3), dtype=bool))
