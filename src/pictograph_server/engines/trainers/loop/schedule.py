"""The learning rate over a run."""

import math

from pictograph_server.engines.trainers.loop.plan import Schedule


def learning_rate(peak: float, progress: float, schedule: Schedule) -> float:
    """Return the rate at a point of the run (0-1): warm-up, then a cosine down to the last share, then flat."""
    if progress < schedule.warm_up:
        return peak * (progress / schedule.warm_up) ** schedule.warm_up_power
    lowest = peak * schedule.last
    along = min((progress - schedule.warm_up) / max(schedule.flat_from - schedule.warm_up, 1e-9), 1.0)
    return lowest + (peak - lowest) * 0.5 * (1 + math.cos(math.pi * along))
