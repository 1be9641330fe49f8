"""`client.jobs`: what the server does in the background, of every kind."""

import builtins
from collections.abc import Iterator, Sequence

from pictograph._http.pagination import CursorPager
from pictograph._http.transport import DEVELOPER, Transport, member, members, parse, path_of
from pictograph._http.waiting import wait_for
from pictograph.models.job import Job, JobState

_LIST = f"{DEVELOPER}/jobs/"


class Jobs:
    """See what runs, wait for it, stop it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        kind: str | Sequence[str] | None = None,
        state: JobState | Sequence[JobState] | None = None,
        dataset_name: str | None = None,
        mine: bool = False,
        limit: int = 50,
    ) -> builtins.list[Job]:
        """Return the newest jobs. `mine`: only what this key or person asked for."""
        pager = self.iter(kind=kind, state=state, dataset_name=dataset_name, mine=mine, page_size=limit)
        return pager.page()[0]

    def iter(
        self,
        *,
        kind: str | Sequence[str] | None = None,
        state: JobState | Sequence[JobState] | None = None,
        dataset_name: str | None = None,
        mine: bool = False,
        page_size: int = 100,
        max_total: int | None = None,
    ) -> CursorPager[Job]:
        """Return a pager over jobs, newest first."""
        return CursorPager(
            self._transport,
            _LIST,
            items_key="jobs",
            parse_item=lambda item: parse(Job, item),
            page_size=page_size,
            max_total=max_total,
            params={
                "kind": _several(kind),
                "state": _several(state),
                "dataset_name": dataset_name,
                "mine": True if mine else None,
            },
        )

    def get(self, job_id: str) -> Job:
        """Return a job; of a part of a labelling the labelling."""
        return parse(Job, member(self._transport.get(path_of("jobs", job_id)), "job"))

    def cancel(self, job_id: str) -> Job:
        """Stop a job and return it; what it has done stays.

        Raises:
            ValidationError: it has ended, or runs to its end.
        """
        return parse(Job, member(self._transport.post(path_of("jobs", job_id, "cancel")), "job"))

    def wait(self, job_id: str, *, poll_interval: float = 2.0, timeout: float = 7200.0) -> Job:
        """Return a job once it is completed.

        Raises:
            ApiError: it failed or was cancelled.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get(job_id),
            what=f"Job {job_id}",
            status_of=lambda job: job.state,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda job: job.error,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=self._transport.sleep,
        )

    def follow(self) -> Iterator[builtins.list[Job]]:
        """Yield what waits, runs or has ended within the last minute, whenever any of it changes.

        It ends after some minutes, as streams do; call it again to go on.
        """
        for event in self._transport.events(f"{DEVELOPER}/jobs/events"):
            if event.kind == "snapshot":
                yield [parse(Job, each) for each in members(event.data, "jobs")]


def _several(given: str | Sequence[str] | None) -> builtins.list[str] | None:
    return None if given is None else [given] if isinstance(given, str) else builtins.list(given)
