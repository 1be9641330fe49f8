"""What a task function is handed: its payload, its checkpoints, and the only way it may write.

A task is an ordinary function `def export(run: JobRun) -> None` registered in its service's `tasks.py`. It runs in a
child process, may be killed at any instruction, and is then started again with the same payload and a higher fence.
Everything it does to the database goes through `run.transaction(...)`, which commits the business rows, the
checkpoint and the progress together or not at all: that is what makes its effects happen once (R13).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

JsonValue = object


class JobCancelled(Exception):
    """The job is to stop: raised by `raise_if_cancelled`, or by a task that finds it is wanted no more.

    The runner turns it into the state `cancelled`, or gives the job back when only its worker is shutting down; a
    task just cleans up.
    """


class LostLease(Exception):
    """Another runner holds the job now. Stop at once and write nothing: the runner exits."""


class JobRun(Protocol):
    job_id: str
    organization_id: str
    payload: Mapping[str, JsonValue]
    # 1 for the first try.
    attempt: int
    # Scratch space of this job; kept between attempts, removed when the job ends.
    workdir: Path

    def checkpoint(self, name: str) -> JsonValue | None:
        """Return what was committed under `name` by this or an earlier attempt, or None."""
        ...

    def transaction(
        self, *, checkpoint: str | None = None, value: JsonValue = True, progress: float | None = None
    ) -> AbstractContextManager[Connection]:
        """Open a write transaction that commits only while this runner still holds the job.

        With `checkpoint`, `value` is stored under that name in the same transaction. `progress` is 0–1 and only grows.

        Raises:
            LostLease: the fence moved on; nothing was written.
        """
        ...

    def report(self, progress: float, message: str | None = None) -> None:
        """Record progress (0–1) outside a transaction; written at most once a second."""
        ...

    def event(self, kind: str, data: Mapping[str, JsonValue]) -> None:
        """Append an event that people watching the job will see."""
        ...

    def raise_if_cancelled(self) -> None:
        """Raise `JobCancelled` when cancel was requested. Cheap: it reads what the heartbeat last heard."""
        ...
