"""The learning rate over a run."""

import pytest

from pictograph_server.engines.trainers.loop.plan import Schedule
from pictograph_server.engines.trainers.loop.schedule import learning_rate


def test_learning_rate__warms_up_and_comes_down() -> None:
    schedule = Schedule(warm_up=0.05, warm_up_power=2.0, flat_from=0.85, last=0.05)
    rates = [learning_rate(1.0, progress, schedule) for progress in (0.0, 0.025, 0.05, 0.45, 0.85, 1.0)]
    assert rates == [0, 0.25, 1, pytest.approx(0.525), pytest.approx(0.05), pytest.approx(0.05)]
