"""What runs attempts: the port between the dispatcher and child processes (or a cluster)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from .policy import JobPolicy
from .queue import JobRecord


@dataclass(frozen=True, slots=True)
class Exit:
    """How an attempt's process ended."""

    # Words for a person: "its process was killed by signal 9 (SIGKILL) …". Used when it left no end in the database.
    reason: str
    # The last lines it wrote, for the error message.
    log_tail: str = ""


class Attempt(Protocol):
    """One try of one job that has been started."""

    def poll(self) -> Exit | None:
        """Return how it ended, or None while it runs. Also carries out the kill that `stop` announced."""
        ...

    def stop(self) -> None:
        """Ask it to end (it may write down where it is), and kill it after a grace period. May be called again."""
        ...

    def kill(self) -> None:
        """End it and all it started, now."""
        ...


class Executor(Protocol):
    def start(self, job: JobRecord, policy: JobPolicy) -> Attempt:
        """Start a runner for the claimed job; `job.fence` is the lease it holds."""
        ...

    def clean(self, job_id: str) -> None:
        """Remove the scratch space of a job that has ended."""
        ...

    def forget(self, job_id: str) -> None:
        """Remove all that is left of a job that ended long ago: its log, too."""
        ...

    def leftovers(self) -> Iterable[str]:
        """Return the ids of jobs that have files here."""
        ...
