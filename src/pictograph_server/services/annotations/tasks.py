"""The job of class changes: writes them into the images, some at a time."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.datasets.records import DatasetNotFound

from . import class_changes
from . import class_changes_repository as changes


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_change(run: JobRun) -> None:
        change_classes(run, platform, str(run.payload["dataset_id"]))

    return (Task(class_changes.CHANGE_TASK, class_changes.CHANGE_LANE, run_change, on_end=_on_end),)


def change_classes(run: JobRun, platform: Platform, dataset_id: str) -> None:
    """Write every change that is on its way in the dataset, the oldest first: also those of jobs behind this one.

    Each commit holds what it did, so a second try goes on where the first stopped.
    """
    with platform.db.read() as conn:
        waiting = class_changes.count_waiting(conn, dataset_id)
    done = 0
    try:
        while True:
            run.raise_if_cancelled()
            with run.transaction(progress=min(0.99, done / max(1, waiting))) as conn:
                count = class_changes.write_some(conn, run.organization_id, dataset_id)
            if count is None:
                return
            done += count
            run.report(min(0.99, done / max(1, waiting)), f"{done} images")
    except DatasetNotFound:
        return


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "failed":
        words = (
            f"{job.error or 'The job ended without saying why'}. Part of the images still have the old names; "
            "merge those that are left into the new one, or delete them again"
        )
        changes.end(conn, job.id, "failed", error_message=words)
