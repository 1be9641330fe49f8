from typing import Any

import pytest
from pydantic import BaseModel

from pictograph._http.waiting import wait_for
from pictograph.exceptions import ApiError, NetworkError, PollTimeoutError, ServerError


class Job(BaseModel):
    status: str
    error: str | None = None


class Watch:
    """A job that goes through given states, one a look; exceptions are raised."""

    def __init__(self, *states: Job | Exception) -> None:
        self._states = list(states)
        self.slept: list[float] = []
        self.seen: list[str] = []

    def wait(self, *, poll_interval: float = 8.0, timeout: float = 100.0) -> Job:
        return wait_for(
            self._fetch,
            what="Job 1",
            status_of=lambda job: job.status,
            done=frozenset({"done"}),
            failed=frozenset({"failed"}),
            error_of=lambda job: job.error,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=self.slept.append,
            progress=lambda job: self.seen.append(job.status),
        )

    def _fetch(self) -> Job:
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if isinstance(state, Exception):
            raise state
        return state


RUNNING = Job(status="running")
DONE = Job(status="done")


def test_wait__done_at_once_does_not_sleep() -> None:
    watch = Watch(DONE)
    assert watch.wait() == DONE
    assert watch.slept == []


def test_wait__looks_often_first() -> None:
    watch = Watch(*[RUNNING] * 8, DONE)
    watch.wait()
    assert watch.slept[:2] == [1.0, 1.5]
    assert watch.slept[-1] == 8.0
    assert watch.seen == ["running"] * 8 + ["done"]


def test_wait__deadline() -> None:
    watch = Watch(RUNNING)
    with pytest.raises(PollTimeoutError, match="still running after 100 s"):
        watch.wait()
    assert sum(watch.slept) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(("error", "words"), [("out of memory", "out of memory"), (None, "no error message")])
def test_wait__failed(error: str | None, words: str) -> None:
    with pytest.raises(ApiError, match=words) as caught:
        Watch(Job(status="failed", error=error)).wait()
    assert caught.value.status_code is None
    assert caught.value.response == {"status": "failed", "error": error}


@pytest.mark.parametrize("bad", [{"poll_interval": 0}, {"timeout": 0}, {"poll_interval": -1}, {"timeout": -1}])
def test_wait__bad_arguments(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Watch(DONE).wait(**bad)


@pytest.mark.parametrize("error", [NetworkError("gone"), ServerError("away", status_code=503)])
def test_wait__outlives_a_restart_of_the_server(error: Exception) -> None:
    assert Watch(RUNNING, error, error, DONE).wait() == DONE


def test_wait__not_forever() -> None:
    watch = Watch(NetworkError("gone"))
    with pytest.raises(NetworkError):
        watch.wait(timeout=10_000)
    assert 60 <= sum(watch.slept) < 70


def test_wait__other_errors_are_raised_at_once() -> None:
    watch = Watch(ServerError("not a job", status_code=None))
    with pytest.raises(ServerError):
        watch.wait()
    assert watch.slept == []
