"""The job of an extraction and what happens when it ends without its pictures."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.storage.db.types import now

from . import repository
from .service import EXTRACT_LANE, EXTRACT_TASK


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_extraction(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without PyAV.
        from .extract import extract

        extract(run, platform)

    return (Task(EXTRACT_TASK, EXTRACT_LANE, run_extraction, _on_end),)


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "cancelled":
        repository.end(conn, job.id, "failed", now(), error_message="The extraction was cancelled")
    elif job.state == "failed":
        words = job.error or "The job ended without saying why"
        repository.end(conn, job.id, "failed", now(), error_message=words)
