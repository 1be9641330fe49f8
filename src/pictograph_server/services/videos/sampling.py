"""Which pictures of a video are taken: at most one for each step of the rate, each at most once, whatever its own rate.

The range is half-open: with the end at 3 s and one picture a second they are those at 0, 1 and 2 s.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .facts import VideoFacts

PictureT = TypeVar("PictureT")
PictureT_co = TypeVar("PictureT_co", covariant=True)
# As in reading.py: a timestamp may be half a millisecond off.
_EPSILON_S = 0.0015


class Pictures(Protocol[PictureT_co]):
    """What pictures are taken from (`reading.OpenVideo`)."""

    def at_or_after(self, moment_s: float, on_picture: Callable[[], None]) -> tuple[float, PictureT_co] | None:
        """Return the first picture shown at the moment or later, and its time; None behind the end."""
        ...


@dataclass(frozen=True, slots=True)
class Range:
    """What of a video is wanted: from `start_s` until before `end_s`, `fps` pictures a second."""

    fps: float
    start_s: float = 0.0
    end_s: float | None = None

    def count(self, facts: VideoFacts) -> int:
        """Return how many pictures that will be, as far as the header tells."""
        end = facts.duration_seconds if self.end_s is None else min(self.end_s, facts.duration_seconds)
        seconds = max(0.0, end - self.start_s)
        steps = math.ceil(seconds * self.fps - 1e-6)
        there = math.ceil(seconds * facts.native_fps - 1e-6) if facts.native_fps > 0 else facts.frame_count
        return max(1, min(steps, there, facts.frame_count))


@dataclass(frozen=True, slots=True)
class Sample(Generic[PictureT]):
    """A picture that was taken. The next one is looked for from step `next_step`."""

    seconds: float
    picture: PictureT
    next_step: int


def sample(
    video: Pictures[PictureT], wanted: Range, *, first_step: int = 0, on_picture: Callable[[], None] = lambda: None
) -> Iterator[Sample[PictureT]]:
    """Yield the pictures of a range in order.

    Step `n` stands for the moment `start + n / fps`; its picture is the first one shown at that moment or later. Steps
    over which nothing new is shown are passed over, so a slow video gives each picture once. Begun again at a
    `next_step`, it goes on exactly as it would have.
    """
    step = first_step
    while True:
        moment = wanted.start_s + step / wanted.fps
        if wanted.end_s is not None and moment >= wanted.end_s - _EPSILON_S:
            return
        found = video.at_or_after(moment, on_picture)
        if found is None:
            return
        seconds, picture = found
        if wanted.end_s is not None and seconds >= wanted.end_s - _EPSILON_S:
            return
        step = max(step, math.floor((seconds - wanted.start_s + _EPSILON_S) * wanted.fps)) + 1
        yield Sample(seconds, picture, step)


def frame_name(stem: str, seconds: float) -> str:
    """Return the file name of a picture: `drive_00-01-23.480.jpg` is on screen at 1 min 23.48 s."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{stem}_{hours:02}-{minutes:02}-{rest // 1000:02}.{rest % 1000:03}.jpg"
