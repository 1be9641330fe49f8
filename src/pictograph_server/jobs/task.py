"""What a service registers: a named task function, the lane whose slots it takes, and what to do when it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from .queue import JobRecord
from .run import JobRun


def nothing(_conn: Connection, _job: JobRecord) -> None:
    """Do nothing at the end: for tasks without a business row."""


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job.

    `on_end` runs exactly once for each job, inside the transaction that sets its final state (`job.state` is
    `succeeded`, `failed` or `cancelled`; `job.error` has the words). It may run in the child or in the dispatcher,
    so it reads and writes the database only: release the credits, mark the business row.
    """

    name: str
    lane: str
    function: Callable[[JobRun], None]
    on_end: Callable[[Connection, JobRecord], None] = nothing
