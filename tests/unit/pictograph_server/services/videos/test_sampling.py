"""Which pictures are taken, for videos of every kind of rate."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictograph_server.services.videos.facts import VideoFacts
from pictograph_server.services.videos.sampling import Range, frame_name, sample


class Times:
    """A video that is nothing but the times of its pictures."""

    def __init__(self, times: list[float]) -> None:
        self._times = iter(times)

    def at_or_after(self, moment_s: float, on_picture: Callable[[], None]) -> tuple[float, float] | None:
        for seconds in self._times:
            on_picture()
            if seconds >= moment_s - 0.0015:
                return seconds, seconds
        return None


def taken(times: list[float], wanted: Range, first_step: int = 0) -> list[float]:
    return [each.seconds for each in sample(Times(times), wanted, first_step=first_step)]


def steady(fps: float, seconds: float) -> list[float]:
    return [number / fps for number in range(round(fps * seconds))]


@pytest.mark.parametrize(
    ("times", "wanted", "expected"),
    [
        pytest.param(steady(10, 3), Range(1.0), [0, 1, 2], id="one a second"),
        pytest.param(steady(10, 1), Range(100.0), steady(10, 1), id="more than there are: each once"),
        pytest.param(steady(10, 1), Range(4.0), [0, 0.3, 0.5, 0.8], id="between the pictures: the next one"),
        pytest.param(steady(10, 3), Range(1.0, 0.5, 2.5), [0.5, 1.5], id="a range, its end left out"),
        pytest.param(steady(10, 3), Range(2.0, 1.0, 1.2), [1.0], id="shorter than a step"),
        pytest.param([0, 0.1, 0.2, 7.0, 7.1], Range(1.0), [0, 7.0], id="a still picture for long comes once"),
        pytest.param([0, 0.999, 2.001], Range(1.0), [0, 0.999, 2.001], id="times rounded to milliseconds"),
        pytest.param([], Range(1.0), [], id="no pictures"),
        pytest.param([0.0], Range(1.0, 5.0), [], id="starts behind the end"),
    ],
)
def test_sample__times(times: list[float], wanted: Range, expected: list[float]):
    assert taken(times, wanted) == pytest.approx(expected)


@given(
    gaps=st.lists(st.integers(1, 3000), min_size=1, max_size=40),
    fps=st.floats(0.05, 60),
    start=st.floats(0, 5),
    cut=st.integers(0, 40),
)
def test_sample__begun_again_anywhere_goes_on_as_it_would_have(gaps: list[int], fps: float, start: float, cut: int):
    times = [sum(gaps[:number]) / 1000 for number in range(len(gaps))]
    wanted = Range(fps, start)
    whole = list(sample(Times(times), wanted))
    assert len({each.seconds for each in whole}) == len(whole)
    before = whole[:cut]
    again = taken(times, wanted, before[-1].next_step if before else 0)
    assert [each.seconds for each in before] + again == [each.seconds for each in whole]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        pytest.param(Range(1.0), 10, id="one a second"),
        pytest.param(Range(1000.0), 300, id="no more than there are"),
        pytest.param(Range(2.0, 1.0, 3.0), 4, id="a range"),
        pytest.param(Range(1.0, 9.5, 99.0), 1, id="an end behind the end"),
        pytest.param(Range(0.001), 1, id="at least one"),
    ],
)
def test_count__is_what_the_header_promises(wanted: Range, count: int):
    assert wanted.count(VideoFacts(10.0, 30.0, 64, 64, 300)) == count


@pytest.mark.parametrize(
    ("seconds", "name"),
    [(0.0, "drive_00-00-00.000.jpg"), (83.48, "drive_00-01-23.480.jpg"), (3661.9996, "drive_01-01-02.000.jpg")],
)
def test_frame_name__sorts_by_time(seconds: float, name: str):
    assert frame_name("drive", seconds) == name
