"""The speed of a batch: from its last minute at work."""

from datetime import UTC, datetime

import pytest

from pictograph_server.services.auto_annotation.pace import WINDOW_S, begun, eta_seconds, images_per_second, noted


def at(second: float) -> datetime:
    return datetime.fromtimestamp(1_000_000 + second, UTC)


def paced(*settled: tuple[float, int]) -> list[tuple[float, int]]:
    """Return the pace after so many images were settled at these seconds."""
    pace = begun([], at(0), 0)
    for second, count in settled:
        pace = noted(pace, at(second), count)
    return [(float(second) - 1_000_000, int(count)) for second, count in pace]


def speed(pace: list[tuple[float, int]], second: float, settled: int) -> float | None:
    return images_per_second([(1_000_000 + then, count) for then, count in pace], at(second), settled)


def test_images_per_second__counts_from_the_opening():
    assert speed(paced((4, 8), (8, 16)), 8, 16) == pytest.approx(2.0)


def test_images_per_second__nothing_known_is_none():
    assert images_per_second([], at(5), 0) is None
    assert speed(paced(), 0, 0) is None
    assert speed(paced(), 5, 0) is None


def test_images_per_second__forgets_a_slow_start():
    slow_then_fast = paced((30, 1), *((30 + second, 10 * second) for second in range(2, 200, 2)))
    assert speed(slow_then_fast, 228, 1980) == pytest.approx(10.0, rel=0.01)


def test_images_per_second__falls_while_nothing_comes():
    pace = paced((2, 20), (4, 40))
    assert (speed(pace, 4, 40), speed(pace, 40, 40)) == (pytest.approx(10.0), pytest.approx(1.0))


def test_noted__keeps_one_sample_from_before_the_window_and_a_few_dozen_in_it():
    pace = paced(*((second, second) for second in range(1, 1000)))
    assert len(pace) <= WINDOW_S / 2 + 2
    assert pace[-1][0] - pace[0][0] == pytest.approx(WINDOW_S, abs=2)


def test_noted__a_clock_that_is_behind_changes_nothing():
    assert paced((4, 8), (1, 12)) == paced((4, 8))


def test_begun__after_a_night_without_a_server_the_pace_is_new():
    yesterday = [(1_000_000.0, 0), (1_000_020.0, 200)]
    assert begun(yesterday, at(30_000), 200) == [(1_030_000.0, 200)]
    assert begun(yesterday, at(25), 200) == yesterday


def test_eta_seconds__whole_seconds_upwards():
    assert (eta_seconds(2.0, 5), eta_seconds(2.0, 0), eta_seconds(None, 5)) == (3, 0, None)
