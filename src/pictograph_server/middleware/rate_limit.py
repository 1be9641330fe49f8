"""Requests of each key in the last hour, counted by the minute in this process."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pictograph_server.errors import TooManyRequests

WINDOW_MINUTES = 60


@dataclass
class _Usage:
    # (minute, requests), oldest first.
    minutes: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])
    total: int = 0


class RateLimits:
    """A sliding hour for each key. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._usage: dict[str, _Usage] = {}

    def take(self, key_id: str, limit: int) -> list[tuple[bytes, bytes]]:
        """Count one request and return the headers that tell what is left.

        Raises:
            RateLimited: the key had its `limit` in the last hour; the request is not counted.
        """
        moment = self._clock()
        minute = int(moment // 60)
        usage = self._usage.setdefault(key_id, _Usage())
        while usage.minutes and usage.minutes[0][0] <= minute - WINDOW_MINUTES:
            usage.total -= usage.minutes.popleft()[1]
        oldest = usage.minutes[0][0] if usage.minutes else minute
        reset_at = (oldest + WINDOW_MINUTES) * 60
        if usage.total >= limit:
            raise RateLimited(limit, reset_at, wait_s=max(1, int(reset_at - moment) + 1))
        if usage.minutes and usage.minutes[-1][0] == minute:
            usage.minutes[-1] = (minute, usage.minutes[-1][1] + 1)
        else:
            usage.minutes.append((minute, 1))
        usage.total += 1
        return _headers(limit, limit - usage.total, reset_at)


class RateLimited(TooManyRequests):
    code = "rate_limited"

    def __init__(self, limit: int, reset_at: int, *, wait_s: int) -> None:
        super().__init__(
            "Too many requests with this API key",
            why=f"it may make {limit} an hour",
            fix=f"Wait {wait_s} s, send fewer requests, or have an admin raise the key's limit.",
        )
        names = {name.decode(): value.decode() for name, value in _headers(limit, 0, reset_at)}
        self.headers = {"Retry-After": str(wait_s), **names}


def _headers(limit: int, left: int, reset_at: int) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-ratelimit-limit", str(limit).encode()),
        (b"x-ratelimit-remaining", str(left).encode()),
        (b"x-ratelimit-reset", str(reset_at).encode()),
    ]
