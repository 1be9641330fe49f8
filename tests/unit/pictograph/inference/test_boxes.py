"""Reading the boxes of a network's output: YOLO's candidates, DETR's queries, R-CNN's lists."""

import numpy as np
import pytest

from pictograph.inference.boxes import (
    FoundBoxes,
    Selection,
    decode_candidates,
    decode_lists,
    decode_queries,
    non_maximum_suppression,
)
from pictograph.inference.images import Placement
from pictograph.inference.spec import ListDecoding, QueryDecoding

AT_SCALE_1 = Placement((100, 80), (100, 80), (1.0, 1.0))
ALL = Selection(confidence=0.25, max_detections=100)


def decode(rows: list[list[float]], *, scale: float = 1.0, confidence: float = 0.25, limit: int = 100) -> FoundBoxes:
    return decode_candidates(
        np.array(rows, dtype=np.float32).reshape(-1, 7),
        Selection(confidence, limit, nms_iou=0.65),
        Placement((100, 80), (100, 100), (scale, scale)),
    )


def test_decode_candidates__confidence_is_object_times_class() -> None:
    found = decode([[50, 40, 20, 10, 0.8, 0.1, 0.9]])
    assert found.xyxy.tolist() == [[40, 35, 60, 45]]
    assert (found.class_indexes.tolist(), found.confidences.tolist()) == ([1], [pytest.approx(0.72)])


def test_decode_candidates__back_to_image_pixels() -> None:
    assert decode([[25, 20, 10, 5, 1, 1, 0]], scale=0.5).xyxy.tolist() == [[40, 35, 60, 45]]


def test_decode_candidates__cut_at_the_image() -> None:
    assert decode([[0, 0, 20, 10, 1, 1, 0]]).xyxy.tolist() == [[0, 0, 10, 5]]
    assert decode([[-50, -50, 20, 10, 1, 1, 0]]).xyxy.tolist() == []


def test_decode_candidates__infinite_sizes() -> None:
    assert decode([[50, 40, np.inf, 10, 1, 1, 0]]).xyxy.tolist() == [[0, 35, 100, 45]]


def test_decode_candidates__unsure_ones_are_left_out() -> None:
    assert len(decode([[50, 40, 20, 10, 0.4, 0.5, 0]]).xyxy) == 0
    assert len(decode([[50, 40, 20, 10, 0.4, 0.5, 0]], confidence=0.1).xyxy) == 1


def test_decode_candidates__best_first_and_no_more_than_asked() -> None:
    rows = [[10.0 + 20 * i, 40, 10, 10, 0.5 + 0.1 * i, 1, 0] for i in range(4)]
    assert decode(rows, limit=2).confidences.tolist() == [pytest.approx(0.8), pytest.approx(0.7)]


def test_decode_candidates__doubles_within_a_class_go() -> None:
    same_place = [[50, 40, 20, 10, 0.9, 1, 0], [51, 40, 20, 10, 0.8, 1, 0], [51, 40, 20, 10, 0.7, 0, 1]]
    assert decode(same_place).class_indexes.tolist() == [0, 1]


def test_decode_candidates__nothing_said() -> None:
    assert decode([]).xyxy.shape == (0, 4)


def test_decode_candidates__only_the_classes_asked_for() -> None:
    rows = np.array([[50, 40, 20, 10, 1, 0.9, 0], [20, 20, 20, 10, 1, 0, 0.8]], np.float32)
    only_second = Selection(0.25, 100, classes=np.array([False, True]))
    assert decode_candidates(rows, only_second, AT_SCALE_1).class_indexes.tolist() == [1]


# The logit of 0.8 is log(0.8 / 0.2) = log 4.
LOG_4 = float(np.log(4))
QUERIES = {
    "boxes": np.array([[0.5, 0.5, 0.2, 0.25], [0.1, 0.1, 0.2, 0.2]], np.float32),
    # Two classes, and a slot that is nobody's and always sure.
    "logits": np.array([[LOG_4, -9, 9], [0, LOG_4, 9]], np.float32),
}


def test_decode_queries__boxes_are_shares_of_the_input() -> None:
    found = decode_queries(QUERIES, QueryDecoding(), ALL, AT_SCALE_1, classes=2)
    # 0.5 +- 0.1 of 100 and 0.5 +- 0.125 of 80; 0.1 +- 0.1.
    assert found[:2].xyxy == pytest.approx(np.array([[40, 30, 60, 50], [0, 0, 20, 16]]))
    assert (found.class_indexes.tolist(), found.rows.tolist()) == ([0, 1, 0], [0, 1, 1])
    assert found.confidences == pytest.approx([0.8, 0.8, 0.5])


def test_decode_queries__stretched_input() -> None:
    halved = Placement((200, 40), (100, 80), (0.5, 2.0))
    found = decode_queries(QUERIES, QueryDecoding(), ALL, halved, classes=2)
    assert found.xyxy[0] == pytest.approx([80, 15, 120, 25])


def test_decode_queries__most_are_counted_over_all_classes() -> None:
    found = decode_queries(QUERIES, QueryDecoding(), Selection(0.0, 2), AT_SCALE_1, classes=2)
    assert found.confidences == pytest.approx([0.8, 0.8])


LISTS = {
    "boxes": np.array([[10, 10, 20, 20], [30, 10, 40, 20], [50, 10, 60, 20]], np.float32),
    "scores": np.array([0.4, 0.9, 0.8], np.float32),
    "labels": np.array([1, 2, 0], np.int64),
}


def test_decode_lists__first_label_is_the_first_class() -> None:
    found = decode_lists(LISTS, ListDecoding(first_label=1), ALL, AT_SCALE_1, classes=2)  # pyright: ignore[reportArgumentType]
    # Label 0 is the background.
    assert (found.class_indexes.tolist(), found.rows.tolist()) == ([1, 0], [1, 0])
    assert found.xyxy.tolist() == [[30, 10, 40, 20], [10, 10, 20, 20]]


def test_decode_lists__labels_without_a_class_are_nobodys() -> None:
    found = decode_lists(LISTS, ListDecoding(), ALL, AT_SCALE_1, classes=2)  # pyright: ignore[reportArgumentType]
    assert found.class_indexes.tolist() == [0, 1]


def test_decode_lists__relative_boxes() -> None:
    relative = LISTS | {"boxes": LISTS["boxes"] / 100}
    lists = ListDecoding(first_label=1, box_unit="relative")
    found = decode_lists(relative, lists, ALL, AT_SCALE_1, classes=2)  # pyright: ignore[reportArgumentType]
    assert found.xyxy == pytest.approx(np.array([[30, 8, 40, 16], [10, 8, 20, 16]]))


def test_non_maximum_suppression__chain_keeps_the_far_end() -> None:
    # The second falls to the first; the third overlaps only the second, which is gone.
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [4, 0, 14, 10]], dtype=np.float32)
    assert non_maximum_suppression(boxes, np.zeros(3, dtype=np.int64), 0.6).tolist() == [0, 2]
