"""Counting hits, and the tables made of the counts, on masks laid out by hand."""

import json

import numpy as np
import pytest
from tools.tiny_sam3.evaluate import Quality, Report
from tools.tiny_sam3.report import as_json, as_tables
from tools.tiny_sam3.scenes import SceneObject
from tools.tiny_sam3.scores import NOTHING, mask_iou, score

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph_server.engines.annotators.base import Detection


def bar(left: int, right: int) -> np.ndarray:
    """Return a mask of 10 x 40 with the columns from `left` to `right`."""
    mask = np.zeros((10, 40), bool)
    mask[:, left:right] = True
    return mask


def detection(left: int, right: int, confidence: float = 0.9) -> Detection:
    crop = CroppedMask.from_array(np.ones((10, right - left), bool), origin_xy=(left, 0))
    return Detection("stop_sign", confidence, (left, 0, right, 10), crop)


def test_mask_iou__overlap_over_union():
    # Columns 0-10 and 5-15 share 5 of 15.
    assert mask_iou(detection(5, 15), bar(0, 10)) == pytest.approx(1 / 3)


def test_mask_iou__nothing_found_is_zero():
    assert mask_iou(None, bar(0, 10)) == 0


def test_score__one_hit_one_false_alarm_one_miss():
    objects = [SceneObject("stop_sign", bar(0, 10)), SceneObject("stop_sign", bar(20, 30))]
    reached = score([detection(0, 8), detection(14, 18)], objects)
    assert (reached.matches.hits, reached.matches.false_alarms, reached.matches.misses) == (1, 1, 1)
    assert reached.overlaps == (0.8,) and reached.f1 == 0.5


def test_score__an_object_is_hit_once_by_the_surest():
    reached = score([detection(0, 10, 0.6), detection(0, 9, 0.8)], [SceneObject("stop_sign", bar(0, 10))])
    assert (reached.matches.hits, reached.matches.false_alarms) == (1, 1)
    assert reached.overlaps == (0.9,)


def test_report__says_what_was_counted():
    quality = Quality(scenes=2, nouns_asked=22, nouns_found=3, clicks=[0.9, 0.1])
    quality.names["stop_sign"] += score([detection(0, 8)], [SceneObject("stop_sign", bar(0, 10))])
    report = Report("here", {"demo": quality})
    tables = as_tables(report)
    assert "| eight class names at once | 1 | 1.00 | 1.00 | 1.00 | 0.80 |" in tables
    assert "| a click in the middle: the one object | 2 | | 0.50 | | all: 0.50 |" in tables
    assert "| stop_sign | 1.00 / 1.00 (1) |" in tables and "3 were answered" in tables
    assert json.loads(as_json(report))["scenes"]["demo"]["by class"]["yield"]["objects"] == 0


def test_nothing__adds_nothing():
    reached = score([detection(0, 8)], [SceneObject("stop_sign", bar(0, 10))])
    assert reached + NOTHING == reached
