"""The organisation's jobs of every kind: listed, followed and cancelled by whichever service they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from pictograph.models.job import Job, JobState, JobSubject
from pictograph_server import cursor as cursors
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.jobs import queue
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.auto_annotation.shards import ANNOTATE_TASK
from pictograph_server.services.batch import bulk
from pictograph_server.services.connectors import service as connectors
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.evaluations import service as evaluations
from pictograph_server.services.evaluations.service import EVALUATE_TASK
from pictograph_server.services.exports.service import EXPORT_TASK
from pictograph_server.services.imports import service as imports
from pictograph_server.services.job_board import repository, subjects_repository
from pictograph_server.services.job_board.kinds import HOUSEKEEPING, KINDS, kind_of
from pictograph_server.services.job_board.repository import BoardFilter, BoardRow
from pictograph_server.services.job_board.subjects_repository import Titled
from pictograph_server.services.review import scoring
from pictograph_server.services.training import service as training
from pictograph_server.services.training.service import TRAIN_TASK
from pictograph_server.services.videos import service as videos
from pictograph_server.storage.db.types import now

_SORT = "jobs"
_LIVE: tuple[JobState, ...] = ("queued", "running")
# Who was cut off from the events for so long still hears what has ended.
_SHOWN_AFTER_END = timedelta(seconds=60)
_MOST_FOLLOWED = 100


class JobNotFound(NotFound):
    code = "job_not_found"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id!r}", fix="List those there are with `client.jobs.list()`")


class JobHasEnded(BadRequest):
    code = "job_ended"

    def __init__(self, job: Job) -> None:
        super().__init__(f"{job.title!r} cannot be cancelled", why=f"it is {job.state}")


class JobCannotBeCancelled(BadRequest):
    code = "job_not_cancellable"

    def __init__(self, job: Job) -> None:
        super().__init__(
            f"{job.title!r} cannot be cancelled", why="half of it would be worse than all of it", fix="Wait for its end"
        )


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a list is narrowed to. Without `kinds`: all but what the server does to tidy up."""

    kinds: Sequence[str] = ()
    states: Sequence[JobState] = ()
    dataset_name: str | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class JobPage:
    jobs: Sequence[Job]
    next_cursor: str | None


def list_jobs(conn: Connection, organization_id: str, wanted: JobFilter, *, cursor: str | None, limit: int) -> JobPage:
    """Return a page, newest first.

    Raises:
        DatasetNotFound: 404.
        InvalidCursor: 422.
    """
    dataset_id = None
    if wanted.dataset_name is not None:
        dataset_id = datasets.get_by_name(conn, organization_id, wanted.dataset_name).id
    before = None if cursor is None else str(cursors.decode(_SORT, cursor, kinds=(str,))[0])
    narrowed = BoardFilter(
        kinds=wanted.kinds,
        hidden=HOUSEKEEPING,
        states=wanted.states,
        dataset_id=dataset_id,
        created_by=wanted.created_by,
    )
    rows = repository.page(conn, organization_id, narrowed, before=before, limit=limit + 1)
    shown = rows[:limit]
    following = cursors.encode(_SORT, (shown[-1].id,)) if len(rows) > limit else None
    return JobPage(_jobs(conn, organization_id, shown, {}), following)


def get(conn: Connection, organization_id: str, job_id: str) -> Job:
    """Return a job; of a part of a labelling the labelling. Raises `JobNotFound` (404)."""
    row = repository.find(conn, organization_id, job_id)
    if row is None:
        job = queue.get(conn, job_id)
        if job is not None and job.task == ANNOTATE_TASK:
            row = repository.find(conn, organization_id, str(job.payload["batch_id"]))
    if row is None:
        raise JobNotFound(job_id)
    return _jobs(conn, organization_id, [row], {})[0]


@dataclass(frozen=True, slots=True)
class Follower:
    """Looks at the jobs of an organisation again and again; what they are called is looked up once."""

    organization_id: str
    _titles: dict[str, Titled] = field(default_factory=dict[str, Titled])

    def look(self, conn: Connection) -> list[Job]:
        """Return what waits or runs and what ended within the last minute, newest first."""
        since = now() - _SHOWN_AFTER_END
        rows = repository.live(conn, self.organization_id, HOUSEKEEPING, ended_after=since, limit=_MOST_FOLLOWED)
        # A job that was seen live may have ended between two parts of the query.
        distinct = list({row.id: row for row in rows}.values())
        return _jobs(conn, self.organization_id, distinct, self._titles)


def cancel(conn: Connection, actor: Actor, job_id: str) -> Job:
    """Cancel a job as the service does that it belongs to.

    Raises:
        JobNotFound: 404.
        JobHasEnded, JobCannotBeCancelled: 400; and what the owning service raises.
    """
    organization_id = actor.organization_id
    job = get(conn, organization_id, job_id)
    if job.state not in _LIVE:
        raise JobHasEnded(job)
    subject_id = job.subject.id if job.subject is not None else job.id
    match job.kind:
        case kind if kind == ANNOTATE_TASK:
            batches.cancel(conn, organization_id, job.id)
        case kind if kind == TRAIN_TASK:
            training.cancel(conn, organization_id, job.id)
        case kind if kind == EVALUATE_TASK:
            evaluations.cancel(conn, organization_id, _model_of(job.subject), job.id)
        case imports.PLAN_TASK | imports.IMPORT_TASK:
            imports.cancel(conn, actor, subject_id)
        case connectors.IMPORT_TASK:
            connectors.cancel(conn, organization_id, job.id)
        case videos.EXTRACT_TASK:
            videos.cancel_extraction(conn, organization_id, job.id)
        case bulk.BULK_TASK:
            bulk.cancel(conn, organization_id, job.id)
        case scoring.SCORE_TASK:
            scoring.cancel(conn, organization_id, job.id)
        case kind if kind == EXPORT_TASK:
            # Its end sets down that it was cancelled; only deleting one does more.
            queue.request_cancel(conn, job.id)
        case _:
            raise JobCannotBeCancelled(job)
    return get(conn, organization_id, job_id)


def kinds() -> list[str]:
    """Return the kinds there are, without those that tidy up."""
    return [name for name, kind in KINDS.items() if not kind.is_housekeeping]


def _model_of(subject: JobSubject | None) -> str:
    return (subject.model_id if subject is not None else None) or ""


def _jobs(conn: Connection, organization_id: str, rows: Sequence[BoardRow], titles: dict[str, Titled]) -> list[Job]:
    unknown = [(row.id, row.task) for row in rows if row.id not in titles]
    if unknown:
        titles.update(subjects_repository.titled(conn, organization_id, unknown))
    return [_to_wire(row, titles[row.id]) for row in rows]


def _to_wire(row: BoardRow, titled: Titled) -> Job:
    is_live = row.state in _LIVE
    share = min(1.0, max(0.0, row.progress))
    return Job(
        id=row.id,
        kind=row.task,
        title=titled.title,
        state=row.state,
        is_cancelling=is_live and row.is_cancelling,
        can_cancel=is_live and not row.is_cancelling and kind_of(row.task).can_cancel,
        # 100 only when it has ended well.
        progress=100 if row.state == "completed" else min(99, int(100 * share)),
        message=row.message,
        error=row.error,
        dataset_id=row.dataset_id,
        dataset_name=row.dataset_name,
        subject=titled.subject,
        created_by=row.created_by,
        created_by_name=row.created_by_name,
        attempt=row.attempt,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
