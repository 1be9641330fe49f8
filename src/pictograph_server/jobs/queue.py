"""The jobs table as services see it: put a job in, ask it to stop, look at it.

What dispatchers and runners do with a job (claim, beat, end) is in `lease.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import Connection, Float, RowMapping, func, insert, literal_column, select, update
from sqlalchemy.sql.elements import ColumnElement

from pictograph_server.storage.db.tables import job_events, jobs
from pictograph_server.storage.db.types import new_id, now

from .starter import current_starter

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ENDED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A row of the jobs table."""

    id: str
    organization_id: str
    task: str
    lane: str
    payload: Mapping[str, object]
    state: JobState
    # Which try this is, or the last one was: 0 before the first.
    attempt: int
    max_attempts: int
    failures: int
    deaths: int
    losses: int
    fence: int
    # Who holds it: see `worker.py`.
    worker: str | None
    cancel_requested: bool
    progress: float
    message: str | None
    # Why it failed, in words for the person who started it.
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    # What it works on, where it is one dataset, and who asked for it.
    dataset_id: str | None
    created_by: str | None
    created_by_name: str | None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job; `sequence` grows from 1 without gaps."""

    sequence: int
    kind: str
    data: Mapping[str, object]
    created_at: datetime


def enqueue(
    conn: Connection,
    *,
    task: str,
    lane: str,
    organization_id: str,
    payload: Mapping[str, object],
    dataset_id: str | None = None,
    job_id: str | None = None,
    max_attempts: int = 3,
) -> str:
    """Put a job in the queue as part of the caller's transaction, and return its id.

    It runs after the commit, or never if the transaction is undone. `max_attempts` limits tries that raise an
    unexpected error; refusals (`ServiceError`, `EngineError`) are not retried. Who asked for it is `starter`'s.
    """
    starter = current_starter()
    job_id = job_id or new_id()
    conn.execute(
        insert(jobs).values(
            id=job_id,
            organization_id=organization_id,
            task=task,
            lane=lane,
            payload=dict(payload),
            dataset_id=dataset_id,
            created_by=starter.id if starter else None,
            created_by_name=starter.name[:320] if starter else None,
            state="queued",
            max_attempts=max_attempts,
            run_after=database_time(conn),
            created_at=now(),
        )
    )
    add_event(conn, job_id, "queued", {})
    return job_id


def request_cancel(conn: Connection, job_id: str) -> None:
    """Ask a job to stop, in the caller's transaction; one that has ended stays as it is.

    A waiting job is cancelled by the next look of a dispatcher (≤ 0.5 s); a running one is told, and killed if it
    does not stop within seconds. `on_end` runs either way.
    """
    request_cancels(conn, [job_id])


def request_cancels(conn: Connection, job_ids: Sequence[str]) -> None:
    """Ask many jobs to stop; see `request_cancel`."""
    for start in range(0, len(job_ids), 500):
        asked = conn.scalars(
            update(jobs)
            .where(
                jobs.c.id.in_(job_ids[start : start + 500]),
                jobs.c.state.in_(("queued", "running")),
                jobs.c.cancel_requested.is_(False),
            )
            .values(cancel_requested=True)
            .returning(jobs.c.id)
        ).all()
        for job_id in asked:
            add_event(conn, job_id, "cancel_requested", {})


def get(conn: Connection, job_id: str) -> JobRecord | None:
    """Return the job, or None when there is no such job."""
    row = conn.execute(select(*RECORD_COLUMNS).where(jobs.c.id == job_id)).mappings().one_or_none()
    return None if row is None else record_from(row)


def events(conn: Connection, job_id: str, *, after: int = 0, limit: int = 500) -> list[JobEvent]:
    """Return what happened to a job after event number `after`, oldest first."""
    rows = conn.execute(
        select(job_events.c.sequence, job_events.c.kind, job_events.c.data, job_events.c.created_at)
        .where(job_events.c.job_id == job_id, job_events.c.sequence > after)
        .order_by(job_events.c.sequence)
        .limit(limit)
    )
    return [JobEvent(row.sequence, row.kind, row.data, row.created_at) for row in rows]


def count_by_state(conn: Connection) -> dict[tuple[str, JobState], int]:
    """Return how many jobs each lane holds in each state."""
    rows = conn.execute(select(jobs.c.lane, jobs.c.state, func.count()).group_by(jobs.c.lane, jobs.c.state))
    return {(lane, cast(JobState, state)): count for lane, state, count in rows}


def add_event(conn: Connection, job_id: str, kind: str, data: Mapping[str, object]) -> None:
    """Append an event. The caller has written the job's row in this transaction: that lock orders the sequence."""
    sequence = (
        select(func.coalesce(func.max(job_events.c.sequence), 0) + 1)
        .where(job_events.c.job_id == job_id)
        .scalar_subquery()
    )
    conn.execute(
        insert(job_events).values(job_id=job_id, sequence=sequence, kind=kind, data=dict(data), created_at=now())
    )


def database_time(conn: Connection) -> ColumnElement[float]:
    """Return the SQL for the database's clock: seconds since the epoch, with milliseconds.

    Leases are compared on this clock only. Postgres' `now()` would stand still within a transaction.
    """
    if conn.dialect.name == "sqlite":
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)", Float)
    return literal_column("cast(extract(epoch from clock_timestamp()) as double precision)", Float)


RECORD_COLUMNS: Sequence[ColumnElement[object]] = tuple(jobs.c[name] for name in JobRecord.__dataclass_fields__)


def record_from(row: RowMapping) -> JobRecord:
    return JobRecord(**row)
