"""What dispatchers and runners do to a job: claim it, keep it, and set down how a try ended.

Every write names the fence it holds and changes nothing when the fence has moved on (`LostLease`). Within a
transaction the job's row is written last, after the business rows: request handlers lock in that order too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection, Update, case, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from pictograph_server.storage.db.tables import job_checkpoints, job_events, jobs
from pictograph_server.storage.db.types import now

from .policy import JobPolicy
from .queue import ENDED, RECORD_COLUMNS, JobRecord, JobState, add_event, database_time, get, record_from
from .run import JsonValue, LostLease

OnEnd = Callable[[Connection, JobRecord], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a heartbeat brings back."""

    cancel_requested: bool


def runnable_exists(conn: Connection, lane: str, tasks: Sequence[str]) -> bool:
    """Return whether a claim could find something. A read: idle dispatchers do not take the write lock."""
    return conn.execute(select(jobs.c.id).where(_runnable(conn, lane, tasks)).limit(1)).first() is not None


def claim(conn: Connection, *, lane: str, tasks: Sequence[str], worker: str, lease_s: float) -> JobRecord | None:
    """Take the next job of a lane, or None. The row is ours from the commit on, for `lease_s` unless renewed.

    Organisations take turns: first the one with the fewest running jobs in the lane, then the one that has waited
    longest since its last start; within one, the oldest job.
    """
    for organization_id in _organizations_in_turn(conn, lane, tasks):
        oldest = (
            select(jobs.c.id)
            .where(_runnable(conn, lane, tasks), jobs.c.organization_id == organization_id)
            .order_by(jobs.c.created_at, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        job_id = conn.execute(oldest).scalar_one_or_none()
        if job_id is None:
            continue
        row = conn.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(
                state="running",
                attempt=jobs.c.attempt + 1,
                fence=jobs.c.fence + 1,
                worker=worker,
                lease_expires_at=database_time(conn) + lease_s,
                started_at=now(),
            )
            .returning(*RECORD_COLUMNS)
        )
        job = record_from(row.mappings().one())
        add_event(conn, job.id, "started", {"attempt": job.attempt})
        return job
    return None


def _organizations_in_turn(conn: Connection, lane: str, tasks: Sequence[str]) -> list[str]:
    waiting = select(jobs.c.organization_id).where(_runnable(conn, lane, tasks)).distinct().subquery()
    running = jobs.alias()
    started = jobs.alias()
    running_count = (
        select(func.count())
        .where(
            running.c.state == "running",
            running.c.lane == lane,
            running.c.organization_id == waiting.c.organization_id,
        )
        .scalar_subquery()
    )
    last_start = (
        select(func.max(started.c.started_at))
        .where(started.c.organization_id == waiting.c.organization_id, started.c.lane == lane)
        .scalar_subquery()
    )
    query = select(waiting.c.organization_id).order_by(running_count, last_start.asc().nulls_first())
    return list(conn.execute(query).scalars())


def _runnable(conn: Connection, lane: str, tasks: Sequence[str]) -> ColumnElement[bool]:
    return (
        (jobs.c.state == "queued")
        & (jobs.c.lane == lane)
        & jobs.c.task.in_(tasks)
        & (jobs.c.run_after <= database_time(conn))
        & jobs.c.cancel_requested.is_(False)
    )


def heartbeat(
    conn: Connection,
    job_id: str,
    fence: int,
    *,
    lease_s: float,
    progress: float | None = None,
    message: str | None = None,
) -> Heard:
    """Renew the lease and hear whether cancel was requested; carry the latest progress along.

    Raises:
        LostLease: somebody else holds the job now, or it has ended.
    """
    row = conn.execute(
        _held(job_id, fence)
        .values(lease_expires_at=database_time(conn) + lease_s, **_progress(progress, message))
        .returning(jobs.c.cancel_requested)
    ).one_or_none()
    if row is None:
        raise LostLease(f"job {job_id}: fence {fence} no longer holds it")
    return Heard(cancel_requested=row.cancel_requested)


def read_checkpoint(conn: Connection, job_id: str, name: str) -> JsonValue | None:
    """Return what was committed under a checkpoint's name, or None."""
    return conn.execute(
        select(job_checkpoints.c.value).where(job_checkpoints.c.job_id == job_id, job_checkpoints.c.name == name)
    ).scalar_one_or_none()


def save_checkpoint(conn: Connection, job_id: str, fence: int, name: str, value: JsonValue) -> None:
    """Store a checkpoint; the caller checks the fence in the same transaction (`keep`)."""
    replaced = conn.execute(
        update(job_checkpoints)
        .where(job_checkpoints.c.job_id == job_id, job_checkpoints.c.name == name)
        .values(value=value, fence=fence, created_at=now())
    )
    if replaced.rowcount:
        return
    conn.execute(job_checkpoints.insert().values(job_id=job_id, name=name, value=value, fence=fence, created_at=now()))
    # A new name: this try got further than those before it.
    conn.execute(_held(job_id, fence).values(failures=0, deaths=0, losses=0))


def end(
    conn: Connection, job_id: str, fence: int, state: JobState, *, on_end: OnEnd, error: str | None = None
) -> JobRecord:
    """Set the final state and run `on_end`, together.

    Raises:
        LostLease: the job is not held under this fence; nothing was written.
    """
    assert state in ENDED
    job = _require_held(conn, job_id, fence)
    return _end(conn, job, state, on_end, error)


def retry(conn: Connection, job_id: str, fence: int, *, error: str, policy: JobPolicy, on_end: OnEnd) -> JobRecord:
    """Queue a job again whose try raised, or fail it when it has used up its `max_attempts`."""
    job = _require_held(conn, job_id, fence)
    failures = job.failures + 1
    if failures >= job.max_attempts:
        words = error if failures == 1 else f"{error} (the last of {failures} tries that got no further)"
        return _end(conn, replace(job, failures=failures), "failed", on_end, words)
    return _requeue(conn, job, "retry", error, policy.wait_s(failures), failures=failures)


def record_death(
    conn: Connection, job_id: str, fence: int, *, reason: str, policy: JobPolicy, on_end: OnEnd
) -> JobRecord:
    """Queue a job again whose process died without a word, or end it: cancelled if asked, failed after too many."""
    job = _require_held(conn, job_id, fence)
    if job.cancel_requested:
        return _end(conn, job, "cancelled", on_end, None)
    deaths = job.deaths + 1
    if deaths >= policy.max_deaths:
        words = f"Stopped after {deaths} tries in a row that got no further: {reason}"
        return _end(conn, replace(job, deaths=deaths), "failed", on_end, words)
    return _requeue(conn, job, "died", reason, policy.wait_s(deaths), deaths=deaths)


def record_loss(
    conn: Connection, job_id: str, fence: int, *, reason: str, policy: JobPolicy, on_end: OnEnd
) -> JobRecord:
    """Take a job back whose worker vanished: queued again at once; failed only after very many."""
    job = _require_held(conn, job_id, fence)
    if job.cancel_requested:
        return _end(conn, job, "cancelled", on_end, None)
    losses = job.losses + 1
    if losses >= policy.max_losses:
        words = f"Stopped: {losses} times in a row its worker vanished before the job got any further. Last: {reason}"
        return _end(conn, replace(job, losses=losses), "failed", on_end, words)
    return _requeue(conn, job, "lost", reason, 0.0, losses=losses)


def record_stop(conn: Connection, job_id: str, fence: int, *, on_end: OnEnd) -> JobRecord:
    """Set down that a try was stopped from outside: cancelled if that was asked, else given back unharmed.

    A job given back (its worker is shutting down) is queued again, and the try does not count.
    """
    job = _require_held(conn, job_id, fence)
    if job.cancel_requested:
        return _end(conn, job, "cancelled", on_end, None)
    return _requeue(conn, job, "released", "its worker is shutting down", 0.0, attempt=max(0, job.attempt - 1))


def end_cancelled_in_queue(conn: Connection, job_id: str, on_end: OnEnd) -> JobRecord | None:
    """End a job that was cancelled while it waited; None when somebody else was faster."""
    job = get(conn, job_id)
    if job is None or job.state != "queued" or not job.cancel_requested:
        return None
    return _end(conn, job, "cancelled", on_end, None)


def cancelled_in_queue(conn: Connection, tasks: Sequence[str]) -> list[JobRecord]:
    """Return waiting jobs that somebody asked to stop."""
    return _records(conn, (jobs.c.state == "queued") & jobs.c.cancel_requested.is_(True) & jobs.c.task.in_(tasks))


def expired(conn: Connection, tasks: Sequence[str]) -> list[JobRecord]:
    """Return running jobs whose lease has run out."""
    return _records(
        conn,
        (jobs.c.state == "running") & jobs.c.task.in_(tasks) & (jobs.c.lease_expires_at < database_time(conn)),
    )


def running(conn: Connection, tasks: Sequence[str]) -> list[JobRecord]:
    """Return every running job."""
    return _records(conn, (jobs.c.state == "running") & jobs.c.task.in_(tasks))


def not_live(conn: Connection, job_ids: Sequence[str], *, ended_for: timedelta = timedelta()) -> list[str]:
    """Return those of the ids that are unknown, or ended at least so long ago."""
    live = select(jobs.c.id).where(
        jobs.c.id.in_(job_ids),
        or_(jobs.c.state.not_in(tuple(ENDED)), jobs.c.finished_at > now() - ended_for),
    )
    found = set(conn.execute(live).scalars())
    return [job_id for job_id in job_ids if job_id not in found]


def sweep(conn: Connection, *, older_than: timedelta) -> int:
    """Delete the events and checkpoints of jobs that ended long ago; the jobs' own rows stay. Returns rows deleted."""
    old = select(jobs.c.id).where(jobs.c.state.in_(tuple(ENDED)), jobs.c.finished_at < now() - older_than)
    gone = conn.execute(delete(job_events).where(job_events.c.job_id.in_(old))).rowcount
    return gone + conn.execute(delete(job_checkpoints).where(job_checkpoints.c.job_id.in_(old))).rowcount


def _records(conn: Connection, condition: ColumnElement[bool]) -> list[JobRecord]:
    rows = conn.execute(select(*RECORD_COLUMNS).where(condition).order_by(jobs.c.created_at, jobs.c.id))
    return [record_from(row) for row in rows.mappings()]


def _require_held(conn: Connection, job_id: str, fence: int) -> JobRecord:
    job = get(conn, job_id)
    if job is None or job.state != "running" or job.fence != fence:
        raise LostLease(f"job {job_id}: fence {fence} no longer holds it")
    return job


def _end(conn: Connection, job: JobRecord, state: JobState, on_end: OnEnd, error: str | None) -> JobRecord:
    error = None if error is None else _storable(error)
    ended = replace(
        job,
        state=state,
        error=error,
        finished_at=now(),
        progress=1.0 if state == "succeeded" else job.progress,
        worker=None,
    )
    on_end(conn, ended)
    _write(
        conn,
        job,
        update(jobs).values(
            state=state,
            error=error,
            finished_at=ended.finished_at,
            progress=ended.progress,
            failures=ended.failures,
            deaths=ended.deaths,
            losses=ended.losses,
            worker=None,
            lease_expires_at=None,
        ),
    )
    add_event(conn, job.id, state, {"error": error} if error else {})
    return ended


def _requeue(conn: Connection, job: JobRecord, kind: str, reason: str, wait_s: float, **columns: int) -> JobRecord:
    reason = _storable(reason)
    _write(
        conn,
        job,
        update(jobs).values(
            state="queued",
            run_after=database_time(conn) + wait_s,
            error=None if kind == "released" else reason,
            worker=None,
            lease_expires_at=None,
            **columns,
        ),
    )
    add_event(conn, job.id, kind, {"reason": reason, "wait_s": wait_s})
    queued = get(conn, job.id)
    assert queued is not None
    return queued


def _write(conn: Connection, job: JobRecord, change: Update) -> None:
    """Carry out a change of state, unless the job has moved on since it was read."""
    changed = conn.execute(change.where(jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.state == job.state))
    if changed.rowcount != 1:
        raise LostLease(f"job {job.id}: fence {job.fence} no longer holds it")


def _held(job_id: str, fence: int) -> Update:
    return update(jobs).where(jobs.c.id == job_id, jobs.c.fence == fence, jobs.c.state == "running")


def _storable(words: str) -> str:
    """Return words that every database takes: an error may quote a file name or a log that is no proper text."""
    return words.encode("utf-8", "replace").decode().replace("\x00", "?")


def _progress(progress: float | None, message: str | None) -> dict[str, object]:
    columns: dict[str, object] = {}
    if progress is not None:
        shown = min(1.0, max(0.0, progress))
        columns["progress"] = case((jobs.c.progress < shown, shown), else_=jobs.c.progress)
        further = jobs.c.progress < shown
        for counter in (jobs.c.failures, jobs.c.deaths, jobs.c.losses):
            columns[counter.name] = case((further, 0), else_=counter)
    if message is not None:
        columns["message"] = _storable(message)[:500]
    return columns
