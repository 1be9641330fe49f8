"""Thresholds against brute force: every threshold tried."""

from collections.abc import Sequence

import numpy as np
import pytest

from pictograph.metrics.average_precision import Judged
from pictograph.metrics.operating_point import best_point, curve, point_at, together


def judged(confidences: Sequence[float], is_hit: Sequence[bool], objects: int) -> Judged:
    return Judged(np.array(confidences), np.array(is_hit, dtype=bool), objects)


@pytest.mark.parametrize("seed", range(20))
def test_best_point__no_threshold_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 30))
    # Rounded, so that some are equal.
    confidences = np.sort(rng.random(count).round(1))[::-1]
    is_hit = rng.random(count) < 0.6
    is_hit[0] = True
    objects = int(is_hit.sum() + rng.integers(0, 5))
    best = best_point(judged(confidences.tolist(), is_hit.tolist(), objects))
    f1 = {}
    for threshold in confidences.tolist():
        hits = sum(hit for value, hit in zip(confidences, is_hit, strict=True) if value >= threshold)
        kept = int((confidences >= threshold).sum())
        f1[threshold] = 2 * hits / (kept + objects)
    assert best is not None
    assert best.f1 == pytest.approx(max(f1.values()))
    assert best.confidence == max(value for value in f1 if f1[value] == max(f1.values()))


def test_best_point__nothing_found() -> None:
    assert best_point(judged([0.9], [False], 3)) is None
    assert best_point(judged([], [], 3)) is None


def test_point_at__by_hand() -> None:
    point = point_at(judged([0.9, 0.8, 0.3], [True, False, True], 4), 0.5)
    assert (point.precision, point.recall, point.f1) == (0.5, 0.25, pytest.approx(1 / 3))


def test_point_at__nothing_said() -> None:
    point = point_at(judged([], [], 0), 0.5)
    assert (point.precision, point.recall, point.f1) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_curve__what_point_at_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidences = np.sort(rng.random(20).round(2))[::-1]
    some = judged(confidences.tolist(), (rng.random(20) < 0.5).tolist(), 25)
    thresholds = np.arange(51) / 50
    precision, recall = curve(some, thresholds)
    points = [point_at(some, float(each)) for each in thresholds]
    assert precision.tolist() == [each.precision for each in points]
    assert recall.tolist() == [each.recall for each in points]


def test_curve__nothing_said() -> None:
    precision, recall = curve(judged([], [], 3), np.array([0.0, 1.0]))
    assert (precision.tolist(), recall.tolist()) == ([0, 0], [0, 0])


def test_together__objects_add_up() -> None:
    both = together([judged([0.9, 0.2], [True, False], 1), judged([0.5], [True], 2)])
    assert both.confidences.tolist() == [0.9, 0.5, 0.2]
    assert both.is_hit.tolist() == [True, True, False]
    assert both.objects == 3
