"""COCO run lengths: the same text and the same masks as pycocotools."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from pictograph.geometry import rle

Mask = NDArray[np.bool_]
ANY_MASK = npst.arrays(np.bool_, st.tuples(st.integers(1, 17), st.integers(1, 17)))


@given(ANY_MASK)
@settings(max_examples=150, deadline=None)
def test_encode__any_mask_comes_back(mask: Mask):
    assert np.array_equal(rle.decode(rle.encode(mask)), mask)


@given(ANY_MASK)
@settings(max_examples=100, deadline=None)
def test_encode__same_text_as_pycocotools(mask: Mask):
    reference = pytest.importorskip("pycocotools.mask")
    theirs = reference.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert rle.encode(mask).counts == theirs["counts"].decode()


def test_encode__hand_counted():
    # column-major: column 0 is 0,1,1 and column 1 is 1,0,0 -> 1 background, 3 foreground, 2 background
    mask = np.array([[0, 1], [1, 0], [1, 0]], dtype=bool)
    assert rle.decompress(rle.encode(mask).counts) == [1, 3, 2]
    assert rle.encode(mask).area() == 3


def test_encode__crop_is_placed_in_the_image():
    mask = np.zeros((40, 50), bool)
    mask[3:40, 7:20] = True
    assert rle.encode(mask[3:40, 7:20], origin_xy=(7, 3), shape_hw=(40, 50)) == rle.encode(mask)


def test_encode__crop_outside_the_image_is_refused():
    with pytest.raises(ValueError, match="does not lie inside"):
        rle.encode(np.ones((5, 5), bool), origin_xy=(8, 0), shape_hw=(10, 10))


@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=20))
@settings(deadline=None)
def test_compress__any_counts_come_back(counts: list[int]):
    assert rle.decompress(rle.compress(counts)) == counts


def test_from_counts__uncompressed_list():
    assert rle.decode(rle.Rle.from_counts([0, 2, 2], (2, 2))).tolist() == [[True, False], [True, False]]


@pytest.mark.parametrize("text", ["\x01", "P", "~"], ids=["below", "unfinished", "above"])
def test_decompress__broken_text_is_refused(text: str):
    with pytest.raises(ValueError, match="run-length text"):
        rle.decompress(text)


def test_decode__counts_that_do_not_fill_the_image_are_refused():
    with pytest.raises(ValueError, match="has 6 pixels"):
        rle.decode(rle.Rle.from_counts([1, 2], (2, 3)))
