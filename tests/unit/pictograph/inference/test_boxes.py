"""Reading a detector's output."""

import numpy as np
import pytest

from pictograph.inference.boxes import FoundBoxes, decode_boxes, non_maximum_suppression
from pictograph.inference.spec import Postprocessing


def decode(rows: list[list[float]], *, scale: float = 1.0, confidence: float = 0.25, limit: int = 100) -> FoundBoxes:
    return decode_boxes(
        np.array(rows, dtype=np.float32).reshape(-1, 7),
        Postprocessing(max_detections=limit),
        scale=scale,
        image_size_wh=(100, 80),
        confidence=confidence,
        nms_iou=0.65,
    )


def test_decode_boxes__confidence_is_object_times_class() -> None:
    found = decode([[50, 40, 20, 10, 0.8, 0.1, 0.9]])
    assert found.xyxy.tolist() == [[40, 35, 60, 45]]
    assert (found.class_indexes.tolist(), found.confidences.tolist()) == ([1], [pytest.approx(0.72)])


def test_decode_boxes__back_to_image_pixels() -> None:
    assert decode([[25, 20, 10, 5, 1, 1, 0]], scale=0.5).xyxy.tolist() == [[40, 35, 60, 45]]


def test_decode_boxes__cut_at_the_image() -> None:
    assert decode([[0, 0, 20, 10, 1, 1, 0]]).xyxy.tolist() == [[0, 0, 10, 5]]
    assert decode([[-50, -50, 20, 10, 1, 1, 0]]).xyxy.tolist() == []


def test_decode_boxes__infinite_sizes() -> None:
    assert decode([[50, 40, np.inf, 10, 1, 1, 0]]).xyxy.tolist() == [[0, 35, 100, 45]]


def test_decode_boxes__unsure_ones_are_left_out() -> None:
    assert len(decode([[50, 40, 20, 10, 0.4, 0.5, 0]]).xyxy) == 0
    assert len(decode([[50, 40, 20, 10, 0.4, 0.5, 0]], confidence=0.1).xyxy) == 1


def test_decode_boxes__best_first_and_no_more_than_asked() -> None:
    rows = [[10.0 + 20 * i, 40, 10, 10, 0.5 + 0.1 * i, 1, 0] for i in range(4)]
    assert decode(rows, limit=2).confidences.tolist() == [pytest.approx(0.8), pytest.approx(0.7)]


def test_decode_boxes__doubles_within_a_class_go() -> None:
    same_place = [[50, 40, 20, 10, 0.9, 1, 0], [51, 40, 20, 10, 0.8, 1, 0], [51, 40, 20, 10, 0.7, 0, 1]]
    assert decode(same_place).class_indexes.tolist() == [0, 1]


def test_decode_boxes__nothing_said() -> None:
    assert decode([]).xyxy.shape == (0, 4)


def test_non_maximum_suppression__chain_keeps_the_far_end() -> None:
    # The second falls to the first; the third overlaps only the second, which is gone.
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [4, 0, 14, 10]], dtype=np.float32)
    assert non_maximum_suppression(boxes, np.zeros(3, dtype=np.int64), 0.6).tolist() == [0, 2]
