"""The jobs of imports, and what happens to an import when one of them ends."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.service import (
    IMPORT_LANE,
    IMPORT_TASK,
    PLAN_TASK,
    REMOVE_PARTS_TASK,
    remove_parts_later,
    remove_parts_of,
)


def tasks(platform: Platform) -> tuple[Task, ...]:
    # In the job's process only: the server that lists the tasks starts without numpy.
    def run_plan(run: JobRun) -> None:
        from pictograph_server.services.imports.planning import plan_import

        plan_import(run, platform)

    def run_import(run: JobRun) -> None:
        from pictograph_server.services.imports.importing import do_import

        do_import(run, platform)

    def run_removal(run: JobRun) -> None:
        remove_parts_of(platform, run.organization_id, str(run.payload["import_id"]))

    return (
        Task(PLAN_TASK, IMPORT_LANE, run_plan, on_end=_on_end),
        Task(IMPORT_TASK, IMPORT_LANE, run_import, on_end=_on_end),
        Task(REMOVE_PARTS_TASK, IMPORT_LANE, run_removal),
    )


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "succeeded":
        return
    is_failed = job.state == "failed"
    message = (job.error or "The job ended without saying why") if is_failed else None
    for record in repository.end_of_job(conn, job.id, "failed" if is_failed else "cancelled", message):
        remove_parts_later(conn, record)
