"""Boxes: conversions, overlap, suppression, clipping."""

import numpy as np
import pytest

from pictograph.geometry import boxes


def test_iou__hand_counted():
    # 2 x 2 and 2 x 2 sharing 1 x 2: 2 / (4 + 4 - 2)
    assert boxes.iou([[0, 0, 2, 2]], [[1, 0, 3, 2]])[0, 0] == pytest.approx(1 / 3)


def test_iou__box_without_area_overlaps_nothing():
    assert boxes.iou([[1, 1, 1, 1]], [[1, 1, 1, 1], [0, 0, 2, 2]]).tolist() == [[0.0, 0.0]]


def test_nms__drops_the_less_confident_duplicate():
    kept = boxes.nms([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.6, 0.9, 0.1], iou_threshold=0.5)
    assert kept.tolist() == [1, 2]


def test_nms__a_dropped_box_suppresses_nothing():
    # the middle one overlaps both neighbours; the outer two do not overlap each other enough
    row = [[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]]
    assert boxes.nms(row, [0.9, 0.8, 0.7], iou_threshold=0.4).tolist() == [0, 2]


def test_nms__equal_confidences_keep_the_order_given():
    assert boxes.nms([[0, 0, 1, 1], [0, 0, 1, 1]], [0.5, 0.5], iou_threshold=0.5).tolist() == [0]


def test_nms__nothing_in_nothing_out():
    assert boxes.nms([], [], iou_threshold=0.5).size == 0


def test_clip__cuts_to_the_image():
    assert boxes.clip([[-5, 2, 30, 9]], (20, 8)).tolist() == [[0, 2, 20, 8]]


def test_xywh_to_xyxy__and_back():
    assert boxes.xywh_to_xyxy([[1, 2, 3, 4]]).tolist() == [[1, 2, 4, 6]]
    assert boxes.xyxy_to_xywh([[1, 2, 4, 6]]).tolist() == [[1, 2, 3, 4]]
    assert boxes.xyxy_to_cxcywh([[1, 2, 4, 6]]).tolist() == [[2.5, 4, 3, 4]]


def test_boxes__wrong_shape_is_refused():
    with pytest.raises(ValueError, match="four numbers"):
        boxes.areas(np.zeros((2, 5)))
