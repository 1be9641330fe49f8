"""The job of a scoring and what happens when it ends without numbers."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.storage.db.types import now

from . import scoring_repository
from .scoring import SCORE_LANE, SCORE_TASK


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_scoring(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without numpy.
        from pictograph_server.services.review.measure import measure

        measure(run, platform)

    return (Task(name=SCORE_TASK, lane=SCORE_LANE, function=run_scoring, on_end=_on_end),)


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "cancelled":
        scoring_repository.change(conn, job.id, {"status": "cancelled", "completed_at": now()})
    elif job.state == "failed":
        error = job.error or "The job ended without saying why"
        scoring_repository.change(conn, job.id, {"status": "failed", "error_message": error, "completed_at": now()})
