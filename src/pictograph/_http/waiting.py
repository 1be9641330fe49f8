"""Waiting for a job: look, decide, sleep, look again."""

import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from pictograph.exceptions import ApiError, NetworkError, PollTimeoutError, ServerError

J = TypeVar("J", bound=BaseModel)

# A server that is being restarted is away for a while; the job survives that, so the wait should too.
_PATIENCE_S = 60.0
_AWAY_STATUSES = frozenset({502, 503, 504})


def wait_for(
    fetch: Callable[[], J],
    *,
    what: str,
    status_of: Callable[[J], str],
    done: frozenset[str],
    failed: frozenset[str],
    error_of: Callable[[J], str | None],
    poll_interval: float,
    timeout: float,
    sleep: Callable[[float], None],
    progress: Callable[[J], None] | None = None,
) -> J:
    """Return the job once its status is in `done`.

    The first looks come quickly, since small jobs end in a second; then one every `poll_interval` seconds.

    Args:
        what: names the job in errors, for example "Training run 17f3…".
        progress: is called with every snapshot.
    Raises:
        ApiError: the status is in `failed`; `response` is the job as a dict.
        PollTimeoutError: `timeout` seconds passed; the job keeps running.
        NetworkError, ServerError: the server stayed away for a minute.
        ValueError: `poll_interval` or `timeout` is not positive.
    """
    if poll_interval <= 0:
        raise ValueError(f"poll_interval must be positive, not {poll_interval}")
    if timeout <= 0:
        raise ValueError(f"timeout must be positive, not {timeout}")
    clock = _Clock(sleep)
    delay = poll_interval / 8
    away_since: float | None = None
    while True:
        try:
            job = fetch()
        except (NetworkError, ServerError) as error:
            if isinstance(error, ServerError) and error.status_code not in _AWAY_STATUSES:
                raise
            away_since = clock.elapsed() if away_since is None else away_since
            if clock.elapsed() - away_since >= _PATIENCE_S or clock.elapsed() >= timeout:
                raise
        else:
            away_since = None
            if progress is not None:
                progress(job)
            status = status_of(job)
            if status in done:
                return job
            if status in failed:
                words = error_of(job) or "no error message"
                raise ApiError(f"{what} {status}: {words}", response=job.model_dump(mode="json"))
            if clock.elapsed() >= timeout:
                raise PollTimeoutError(f"{what} is still {status} after {timeout:g} s")
        clock.sleep(min(delay, max(timeout - clock.elapsed(), 0.001)))
        delay = min(delay * 1.5, poll_interval)


class _Clock:
    """Time since the start. What was slept counts in full, so a substitute for `sleep` moves the clock too."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._started = time.monotonic()
        self._slept = 0.0

    def sleep(self, seconds: float) -> None:
        self._sleep(seconds)
        self._slept += seconds

    def elapsed(self) -> float:
        return max(time.monotonic() - self._started, self._slept)
