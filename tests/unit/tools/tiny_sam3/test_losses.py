"""Losses and the assignment of queries, against numbers worked out by hand."""

import math

import pytest
import torch
from tools.tiny_sam3.boxes import cxcywh_to_xyxy, giou, iou, xyxy_to_cxcywh
from tools.tiny_sam3.losses import box_loss, confidence_loss, dice_loss, mask_loss
from tools.tiny_sam3.matching import match

# Two boxes of 2 x 2 that share a unit square: union 7, hull 9.
ONE, OTHER = torch.tensor([0.0, 0, 2, 2]), torch.tensor([1.0, 1, 3, 3])


def test_iou__a_seventh():
    assert iou(ONE, OTHER).item() == pytest.approx(1 / 7, abs=1e-6)


def test_giou__takes_off_the_empty_part_of_the_hull():
    assert giou(ONE, OTHER).item() == pytest.approx(1 / 7 - 2 / 9, abs=1e-6)


def test_giou__far_apart_is_negative():
    # Unit squares at the ends of a strip of 10 x 1: hull 10, union 2.
    strip_ends = torch.tensor([[0.0, 0, 1, 1], [9.0, 0, 10, 1]])
    assert giou(strip_ends[0], strip_ends[1]).item() == pytest.approx(-0.8, abs=1e-5)


def test_box_layouts__round_trip():
    assert xyxy_to_cxcywh(OTHER).tolist() == [2, 2, 2, 2]
    assert torch.equal(cxcywh_to_xyxy(xyxy_to_cxcywh(OTHER)), OTHER)


def test_box_loss__distance_and_overlap():
    # Centres (1, 1) and (2, 2), sizes equal: distance 2; GIoU 1/7 - 2/9.
    expected = 5 * 2 + 2 * (1 - (1 / 7 - 2 / 9))
    assert box_loss(xyxy_to_cxcywh(ONE), OTHER).item() == pytest.approx(expected, abs=1e-5)


def test_confidence_loss__sure_and_wrong_counts_unsure_hardly():
    # One layer, one prompt that something answers, three queries: right, undecided, sure and wrong.
    logits = torch.tensor([[[0.0, 0.0, math.log(9)]]])
    targets = torch.tensor([[[1.0, 0.0, 0.0]]])
    expected = 2 * math.log(2) + 0.5**2 * math.log(2) + 0.9**2 * math.log(10)
    assert confidence_loss(logits, targets, torch.tensor([True])).item() == pytest.approx(expected, rel=1e-5)


def test_confidence_loss__a_question_nothing_answers_counts_a_quarter():
    logits, nothing = torch.tensor([[[0.0]]]), torch.tensor([[[0.0]]])
    assert confidence_loss(logits, nothing, torch.tensor([False])).item() == pytest.approx(math.log(2) / 16, rel=1e-5)


def test_dice_loss__half_right():
    # Two of four pixels are drawn, one of them belongs: (2 * 1 + 1) / (2 + 1 + 1).
    logits = torch.tensor([[100.0, 100.0], [-100.0, -100.0]])
    target = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    assert dice_loss(logits, target).item() == pytest.approx(1 - 3 / 4, abs=1e-6)


def test_mask_loss__undecided_pixels_cost_log_two():
    logits, target = torch.zeros(1, 2, 2), torch.ones(1, 2, 2)
    assert mask_loss(logits, target, pixel_weight=3, dice_weight=0).item() == pytest.approx(3 * math.log(2), rel=1e-6)


def test_match__cheapest_whole_not_greedy():
    # Query 0 is best for both objects; together it is cheaper to leave it the second.
    true_boxes = torch.tensor([[[0.0, 0.0, 0.4, 0.4], [0.2, 0.2, 0.6, 0.6], [0.0, 0.0, 0.0, 0.0]]])
    queries = torch.tensor([[[[0.4, 0.4, 0.4, 0.4], [0.1, 0.1, 0.4, 0.4]]]])
    found = match(torch.zeros(1, 1, 2), queries, true_boxes, torch.tensor([[True, True, False]]))
    assert sorted(zip(found.query.tolist(), found.object.tolist(), strict=True)) == [(0, 1), (1, 0)]


def test_match__question_nothing_answers_has_no_match():
    found = match(torch.zeros(2, 1, 3), torch.full((2, 1, 3, 4), 0.5), torch.zeros(1, 6, 4), torch.zeros(1, 6).bool())
    assert len(found) == 0
