"""Coarse masks brought to the image's pixels."""

import numpy as np
import pytest

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.boxes import FoundBoxes
from pictograph.inference.images import Placement
from pictograph.inference.masks import instance_masks, sample
from pictograph.inference.spec import MaskDecoding

IN_BOX = MaskDecoding(frame="box", values="probabilities")
IN_INPUT = MaskDecoding(frame="input", values="logits")
AT_SCALE_1 = Placement((40, 30), (40, 30), (1.0, 1.0))
LEFT_HALF = np.array([[[1, 0], [1, 0]]], np.float32)


Box = tuple[float, float, float, float]


def boxes(box: Box, *, uncut: Box | None = None) -> FoundBoxes:
    cut, before = np.array([box], np.float32), np.array([uncut or box], np.float32)
    zeros = np.zeros(1, np.int64)
    return FoundBoxes(cut, zeros, np.ones(1, np.float32), zeros, before)


def drawn(mask: CroppedMask | None, shape_hw: tuple[int, int] = (30, 40)) -> np.ndarray:
    assert mask is not None
    canvas = np.zeros(shape_hw, bool)
    (x, y), (height, width) = mask.origin_xy, mask.shape_hw
    canvas[y : y + height, x : x + width] = mask.to_array()
    return canvas


def test_instance_masks__inside_the_box() -> None:
    [mask] = instance_masks(LEFT_HALF, IN_BOX, boxes((10, 5, 30, 25)), AT_SCALE_1)
    expected = np.zeros((30, 40), bool)
    expected[5:25, 10:20] = True
    assert (drawn(mask) == expected).all()


def test_instance_masks__box_cut_at_the_image_keeps_its_part_of_the_mask() -> None:
    # The mask covers -20 to 20, its left half ends at 0: outside.
    found = boxes((0, 5, 20, 25), uncut=(-20, 5, 20, 25))
    assert instance_masks(LEFT_HALF, IN_BOX, found, AT_SCALE_1) == [None]


def test_instance_masks__one_channel_each() -> None:
    [mask] = instance_masks(LEFT_HALF[:, None], IN_BOX, boxes((10, 5, 30, 25)), AT_SCALE_1)
    assert drawn(mask).sum() == 200


def test_instance_masks__over_the_input_may_reach_beyond_the_box() -> None:
    logits = np.full((1, 30, 40), -5, np.float32)
    logits[0, 8:20, 8:22] = 5
    [mask] = instance_masks(logits, IN_INPUT, boxes((10, 8, 20, 20)), AT_SCALE_1)
    expected = np.zeros((30, 40), bool)
    expected[8:20, 8:22] = True
    assert (drawn(mask) == expected).all()
    # Only near the box: 15 % of its sides and two pixels more.
    assert mask is not None and mask.shape_hw == (20, 18)


def test_instance_masks__padding_of_the_input_is_not_the_image() -> None:
    # 20 x 10 pixels of the image are the left of an input of 20 x 5 at half size; masks have one value a pixel there.
    placement = Placement((20, 10), (20, 5), (0.5, 0.5))
    logits = np.full((1, 5, 20), -5, np.float32)
    logits[0, :, 5:] = 5
    [mask] = instance_masks(logits, IN_INPUT, boxes((0, 0, 20, 10)), placement)
    assert drawn(mask, (10, 20)).sum(axis=1).tolist() == [10] * 10
    assert drawn(mask, (10, 20))[:, 10:].all()


def test_instance_masks__object_that_fills_a_large_image() -> None:
    """Drawn in several strips of rows."""
    placement = Placement((3000, 2000), (30, 20), (0.01, 0.01))
    [mask] = instance_masks(LEFT_HALF, IN_BOX, boxes((0, 0, 3000, 2000)), placement)
    assert mask is not None and mask.shape_hw == (2000, 3000)
    assert mask.to_array()[:, :1500].all() and not mask.to_array()[:, 1500:].any()


def test_instance_masks__threshold_of_probabilities() -> None:
    coarse = np.full((1, 1, 1), 0.6, np.float32)
    strict = IN_BOX.model_copy(update={"threshold": 0.7})
    assert instance_masks(coarse, IN_BOX, boxes((0, 0, 4, 4)), AT_SCALE_1) != [None]
    assert instance_masks(coarse, strict, boxes((0, 0, 4, 4)), AT_SCALE_1) == [None]


def test_instance_masks__box_smaller_than_a_pixel() -> None:
    assert instance_masks(LEFT_HALF, IN_BOX, boxes((10.6, 5.6, 10.9, 5.9)), AT_SCALE_1) == [None]


def test_sample__between_pixels_and_beyond_the_border() -> None:
    values = np.array([[0.0, 10.0], [20.0, 30.0]], np.float32)
    places = np.array([0.0, 0.5, 1.0, 1.25, 9.0])
    assert sample(values, places, np.array([0.5]))[:, 0] == pytest.approx([0, 0, 10, 15, 20])
    assert sample(values, np.array([1.0]), places)[0] == pytest.approx([10, 10, 15, 17.5, 20])
