"""Jobs as people see them: the queue's, and of labellings the batches in place of their shards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Float,
    Integer,
    Row,
    Select,
    String,
    case,
    cast,
    literal,
    or_,
    select,
    text,
    union_all,
)

from pictograph.models.job import JobState
from pictograph_server.services.auto_annotation.shards import ANNOTATE_TASK
from pictograph_server.storage.db.tables import batch_jobs, datasets, jobs

_JOB_STATES: dict[JobState, str] = {
    "queued": "queued",
    "running": "running",
    "completed": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_BATCH_STATES: dict[JobState, str] = {
    "queued": "pending",
    "running": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
# Word for word the condition of the index `ix_jobs_live`.
_IS_LIVE = text("jobs.state IN ('queued', 'running')")


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A job, or a batch of labelling."""

    id: str
    task: str
    state: JobState
    # 0-1.
    progress: float
    message: str | None
    error: str | None
    is_cancelling: bool
    dataset_id: str | None
    dataset_name: str | None
    created_by: str | None
    created_by_name: str | None
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What the list is narrowed to. Without `kinds`, all but `hidden`."""

    kinds: Sequence[str] = ()
    hidden: Sequence[str] = ()
    states: Sequence[JobState] = ()
    dataset_id: str | None = None
    created_by: str | None = None


def page(
    conn: Connection, organization_id: str, wanted: BoardFilter, *, before: str | None, limit: int
) -> list[BoardRow]:
    """Return jobs newest first: ids sort by the time they were made."""
    parts: list[Select[*tuple[Any, ...]]] = []
    for part, table in ((_jobs(), jobs), (_batches(), batch_jobs)):
        if table is batch_jobs and not _wants_batches(wanted):
            continue
        query = part.where(table.c.organization_id == organization_id, *_conditions(table, wanted))
        if before is not None:
            query = query.where(table.c.id < before)
        inner = query.order_by(table.c.id.desc()).limit(limit).subquery()
        parts.append(select(*inner.c))
    return _rows(conn, union_all(*parts), limit)


def live(
    conn: Connection, organization_id: str, hidden: Sequence[str], *, ended_after: datetime, limit: int
) -> list[BoardRow]:
    """Return what waits or runs and what has ended since, newest first, with one query over indexes."""
    jobs_here = _jobs().where(jobs.c.organization_id == organization_id, jobs.c.task.not_in((*hidden, ANNOTATE_TASK)))
    batches_here = _batches().where(batch_jobs.c.organization_id == organization_id)
    queries = (
        jobs_here.where(_IS_LIVE).order_by(jobs.c.id.desc()).limit(limit),
        jobs_here.where(jobs.c.finished_at >= ended_after).order_by(jobs.c.finished_at.desc()).limit(limit),
        batches_here.where(
            or_(batch_jobs.c.status.in_(("pending", "running")), batch_jobs.c.completed_at >= ended_after)
        )
        .order_by(batch_jobs.c.id.desc())
        .limit(limit),
    )
    return _rows(conn, union_all(*(select(*query.subquery().c) for query in queries)), limit)


def find(conn: Connection, organization_id: str, job_id: str) -> BoardRow | None:
    """Return one of them, whatever its kind."""
    queries = (
        _jobs().where(jobs.c.organization_id == organization_id, jobs.c.id == job_id, jobs.c.task != ANNOTATE_TASK),
        _batches().where(batch_jobs.c.organization_id == organization_id, batch_jobs.c.id == job_id),
    )
    rows = _rows(conn, union_all(*queries), 1)
    return rows[0] if rows else None


def _jobs() -> Select[*tuple[Any, ...]]:
    state = case({stored: state for state, stored in _JOB_STATES.items()}, value=jobs.c.state)
    return select(
        jobs.c.id,
        jobs.c.task,
        state.label("state"),
        jobs.c.progress,
        jobs.c.message,
        jobs.c.error,
        jobs.c.cancel_requested.label("is_cancelling"),
        jobs.c.dataset_id,
        jobs.c.created_by,
        jobs.c.created_by_name,
        jobs.c.attempt,
        jobs.c.created_at,
        jobs.c.started_at,
        jobs.c.finished_at,
    )


def _batches() -> Select[*tuple[Any, ...]]:
    state = case({stored: state for state, stored in _BATCH_STATES.items()}, value=batch_jobs.c.status)
    settled = batch_jobs.c.processed_images + batch_jobs.c.failed_images
    total = case((batch_jobs.c.total_images > 0, batch_jobs.c.total_images), else_=1)
    words = cast(settled, String) + literal(" of ") + cast(batch_jobs.c.total_images, String) + literal(" images")
    return select(
        batch_jobs.c.id,
        literal(ANNOTATE_TASK).label("task"),
        state.label("state"),
        (cast(settled, Float) / total).label("progress"),
        words.label("message"),
        batch_jobs.c.error_message.label("error"),
        (batch_jobs.c.status == literal("")).label("is_cancelling"),
        batch_jobs.c.dataset_id,
        batch_jobs.c.created_by,
        batch_jobs.c.created_by_name,
        cast(literal(0), Integer).label("attempt"),
        batch_jobs.c.created_at,
        batch_jobs.c.started_at,
        batch_jobs.c.completed_at.label("finished_at"),
    )


def _wants_batches(wanted: BoardFilter) -> bool:
    return ANNOTATE_TASK in wanted.kinds if wanted.kinds else ANNOTATE_TASK not in wanted.hidden


def _conditions(table: object, wanted: BoardFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if table is jobs:
        if wanted.kinds:
            found.append(jobs.c.task.in_([kind for kind in wanted.kinds if kind != ANNOTATE_TASK]))
        else:
            found.append(jobs.c.task.not_in((*wanted.hidden, ANNOTATE_TASK)))
        if wanted.states:
            found.append(jobs.c.state.in_([_JOB_STATES[state] for state in wanted.states]))
    elif wanted.states:
        found.append(batch_jobs.c.status.in_([_BATCH_STATES[state] for state in wanted.states]))
    columns = jobs.c if table is jobs else batch_jobs.c
    if wanted.dataset_id is not None:
        found.append(columns.dataset_id == wanted.dataset_id)
    if wanted.created_by is not None:
        found.append(columns.created_by == wanted.created_by)
    return found


def _rows(conn: Connection, queries: CompoundSelect[*tuple[Any, ...]], limit: int) -> list[BoardRow]:
    found = queries.subquery()
    # What has ended since may still have been live a moment before.
    query = (
        select(found, datasets.c.name.label("dataset_name"))
        .join_from(found, datasets, datasets.c.id == found.c.dataset_id, isouter=True)
        .order_by(found.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in conn.execute(query)]


def _row(row: Row[*tuple[Any, ...]]) -> BoardRow:
    values = row._mapping  # pyright: ignore[reportPrivateUsage]  # the public name of SQLAlchemy's row mapping
    return BoardRow(**{name: values[name] for name in BoardRow.__slots__})  # pyright: ignore[reportArgumentType]
