"""Tags counted by hand."""

import pytest

from pictograph.metrics.tagging import TagTally


def test_tag_tally__exclusive_classes() -> None:
    tally = TagTally(3)
    tally.add([0], [0, 1, 2], [0])
    tally.add([0], [1, 0, 2], [1])
    tally.add([2], [2, 1, 0], [2])
    assert tally.top_1 / tally.images == pytest.approx(2 / 3)
    assert tally.counts.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert (tally.precision(0), tally.recall(0), tally.f1(0)) == (1, 0.5, pytest.approx(2 / 3))
    assert (tally.precision(1), tally.recall(1)) == (0, 0)


def test_tag_tally__top_5() -> None:
    tally = TagTally(7)
    tally.add([4], [0, 1, 2, 3, 4, 5, 6], [0])
    tally.add([5], [0, 1, 2, 3, 4, 5, 6], [0])
    assert (tally.top_1, tally.top_5) == (0, 1)


def test_tag_tally__several_tags() -> None:
    # One right, one missed and another said in its place, one more said.
    tally = TagTally(4)
    tally.add([0, 1], [0, 2, 3, 1], [0, 2, 3])
    assert tally.counts[0, 0] == tally.counts[1, 2] == tally.counts[4, 3] == 1
    assert tally.counts.sum() == 3
    assert tally.top_1 == 1


@pytest.mark.parametrize(("said", "right"), [([], 1), ([1], 0)])
def test_tag_tally__saying_nothing_of_nothing_is_right(said: list[int], right: int) -> None:
    tally = TagTally(2)
    tally.add([], [1, 0], said)
    assert tally.top_1 == right
    assert tally.counts[2, 1] == 1 - right
