"""What confidences are worth, counted by hand."""

import pytest

from pictograph.metrics.confidence import Unreviewed, best_threshold, histogram, review_order


def test_histogram__edges_belong_to_the_step_they_begin() -> None:
    counts = histogram([0.0, 0.1, 0.3, 0.7, 0.95, 1.0], [True, False, True, True, True, False])
    assert counts.matched == [1, 0, 0, 1, 0, 0, 0, 1, 0, 1]
    assert counts.unmatched == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_histogram__empty() -> None:
    assert histogram([], []).matched == [0] * 10


def test_best_threshold__where_f1_is_best() -> None:
    # Kept from 0.9: F1 2/5; from 0.8: 4/6; from 0.6: 6/8 is 0.75; then wrong ones only: 6/9, 6/10.
    best = best_threshold([0.3, 0.9, 0.8, 0.2, 0.6, 0.7], [False, True, True, False, True, False], reference_count=4)
    assert best is not None
    assert (best.confidence, best.f1) == (0.6, pytest.approx(0.75))


def test_best_threshold__a_cut_between_equal_confidences_is_none() -> None:
    # The wrong one among the 0.8s cannot be left out.
    best = best_threshold([0.9, 0.8, 0.8], [True, True, False], reference_count=2)
    assert best is not None
    assert (best.confidence, best.f1) == (0.8, pytest.approx(4 / 5))


@pytest.mark.parametrize(
    ("confidences", "is_matched", "reference_count"),
    [([1.0, 1.0], [True, False], 2), ([], [], 3), ([0.9, 0.4], [False, False], 2), ([0.9, 0.4], [False, False], 0)],
    ids=["all equal", "nothing said", "nothing right", "nothing there"],
)
def test_best_threshold__nothing_to_choose(
    confidences: list[float], is_matched: list[bool], reference_count: int
) -> None:
    assert best_threshold(confidences, is_matched, reference_count=reference_count) is None


def test_review_order__least_confident_first_then_by_path() -> None:
    images = [Unreviewed("1", "/b", [0.9]), Unreviewed("2", "/a", [0.9, 0.95]), Unreviewed("3", "/c", [0.2, 1.0])]
    assert [entry.path for entry in review_order(images)] == ["/c", "/a", "/b"]


def test_review_order__an_empty_image_without_evidence_is_half_a_doubt() -> None:
    images = [Unreviewed("1", "/sure", [0.6]), Unreviewed("2", "/empty", []), Unreviewed("3", "/unsure", [0.4])]
    entries = review_order(images)
    assert [entry.path for entry in entries] == ["/unsure", "/empty", "/sure"]
    assert (entries[1].doubt, entries[1].least_confidence) == (0.5, None)


def test_review_order__empty_images_that_were_often_wrong_come_early() -> None:
    images = [Unreviewed("1", "/unsure", [0.3]), Unreviewed("2", "/empty", [])]
    assert review_order(images, empty_images=8, wrong_empty_images=8)[0].path == "/empty"
    assert review_order(images, empty_images=8, wrong_empty_images=0)[1].path == "/empty"
