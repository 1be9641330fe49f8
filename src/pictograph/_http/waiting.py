"""Waiting for a job: the server tells of every change; where it cannot, look, decide, sleep, look again."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from pydantic import BaseModel

from pictograph._http.events import ServerEvent
from pictograph._http.transport import Json, Transport
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
    follow: Callable[[], Iterator[J | None]] | None = None,
) -> J:
    """Return the job once its status is in `done`.

    `follow` (see `snapshots`) brings every change at once. Without it, where the server has no such stream, and with a
    `sleep` that is not the clock's, the job is looked at: quickly at first, since small jobs end in a second; then
    every `poll_interval` seconds.

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
    is_followed = follow is not None and sleep is time.sleep
    delay = poll_interval / 8
    away_since: float | None = None

    def is_done(job: J) -> bool:
        if progress is not None:
            progress(job)
        status = status_of(job)
        if status in failed:
            words = error_of(job) or "no error message"
            raise ApiError(f"{what} {status}: {words}", response=job.model_dump(mode="json"))
        return status in done

    while True:
        try:
            job = fetch()
            away_since = None
            if is_done(job):
                return job
            if is_followed and follow is not None:
                for told in follow():
                    job = told or job
                    if told is not None and is_done(told):
                        return told
                    if clock.elapsed() >= timeout:
                        break
        except NoStream:
            is_followed = False
        except (NetworkError, ServerError) as error:
            if isinstance(error, ServerError) and error.status_code not in _AWAY_STATUSES:
                raise
            away_since = clock.elapsed() if away_since is None else away_since
            if clock.elapsed() - away_since >= _PATIENCE_S or clock.elapsed() >= timeout:
                raise
        else:
            if clock.elapsed() >= timeout:
                raise PollTimeoutError(f"{what} is still {status_of(job)} after {timeout:g} s")
        clock.sleep(min(delay, max(timeout - clock.elapsed(), 0.001)))
        delay = min(delay * 1.5, poll_interval)


class NoStream(Exception):
    """The server tells nothing by itself: it is another one, or a proxy is in between."""


def snapshots(transport: Transport, path: str, parse_answer: Callable[[Json], J]) -> Iterator[J | None]:
    """Yield what GET of `path` would answer, whenever it changes; None in between, at least every few seconds.

    Raises:
        NoStream: there is no stream of events beside the path.
        NetworkError: it broke, or fell silent.
    """
    try:
        for event in transport.events(f"{path}/events"):
            yield parse_answer(event.data) if event.kind == "snapshot" else None
    except ApiError as error:
        raise NoStream from error


def follow_events(transport: Transport, path: str) -> Iterator[ServerEvent]:
    """Yield every event of a thing, each once, until it has ended; connects again when the stream breaks.

    Raises:
        ApiError: the class for the status.
        NetworkError, ServerError: the server stayed away for a minute.
    """
    heard: str | None = None
    away_since: float | None = None
    while True:
        try:
            for event in transport.events(f"{path}/events", after=heard):
                away_since = None
                heard = event.id or heard
                if event.kind == "end":
                    return
                yield event
        except (NetworkError, ServerError) as error:
            if isinstance(error, ServerError) and error.status_code not in _AWAY_STATUSES:
                raise
            away_since = time.monotonic() if away_since is None else away_since
            if time.monotonic() - away_since >= _PATIENCE_S:
                raise
        transport.sleep(1.0)


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
