"""The job of an evaluation and what happens when it ends without figures."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.evaluations import repository
from pictograph_server.services.evaluations.service import EVALUATE_LANE, EVALUATE_TASK
from pictograph_server.storage.db.types import now


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_evaluation(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without numpy.
        from pictograph_server.services.evaluations.measure import measure

        measure(run, platform)

    return (Task(name=EVALUATE_TASK, lane=EVALUATE_LANE, function=run_evaluation, on_end=_on_end),)


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "cancelled":
        repository.end(conn, job.id, "cancelled", moment=now())
    elif job.state == "failed":
        error = job.error or "The job ended without saying why"
        repository.end(conn, job.id, "failed", moment=now(), error_message=error)
