"""The job of an import from another service and what happens when it ends on the way."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.storage.db.types import now

from . import repository
from .service import IMPORT_LANE, IMPORT_TASK


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_import(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without the formats.
        from .importing import import_datasets

        import_datasets(run, platform)

    return (Task(IMPORT_TASK, IMPORT_LANE, run_import, _on_end),)


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "cancelled":
        repository.end(conn, job.id, "cancelled", now(), error_message="The import was cancelled")
    elif job.state == "failed":
        repository.end(conn, job.id, "error", now(), error_message=job.error or "The job ended without saying why")
