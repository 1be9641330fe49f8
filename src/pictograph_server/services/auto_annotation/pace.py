"""How fast a batch is, from its last minute at work: a slow start or a night without a server is soon forgotten."""

import math
from collections.abc import Sequence
from datetime import datetime

# (seconds since the epoch, images settled by then), oldest first.
Pace = Sequence[Sequence[float]]

WINDOW_S = 60.0
_STEP_S = 2.0


def begun(pace: Pace, moment: datetime, settled: int) -> list[Sequence[float]]:
    """Return the pace when a shard begins: what was noted long ago says nothing about now."""
    recent = [sample for sample in pace if moment.timestamp() - sample[0] <= WINDOW_S]
    return recent or [(moment.timestamp(), settled)]


def noted(pace: Pace, moment: datetime, settled: int) -> list[Sequence[float]]:
    """Return the pace with `settled` noted; a few dozen samples at most, the oldest about a minute old."""
    at = moment.timestamp()
    samples = list(pace)
    # Workers of one batch have clocks of their own: a sample from the past would make the pace jump.
    if samples and at < samples[-1][0] + _STEP_S:
        return samples
    samples.append((at, settled))
    outdated = sum(at - sample[0] > WINDOW_S for sample in samples[1:])
    return samples[outdated:]


def images_per_second(pace: Pace, moment: datetime, settled: int) -> float | None:
    """Return the speed from the oldest sample to now; None while nothing is known."""
    if not pace:
        return None
    since, settled_then = pace[0]
    elapsed_s = moment.timestamp() - since
    return (settled - settled_then) / elapsed_s if elapsed_s > 0 and settled > settled_then else None


def eta_seconds(speed: float | None, left: int) -> int | None:
    """Return how long the images left will take."""
    return None if speed is None else math.ceil(left / speed)
