"""Jobs of bulk changes, and the one that takes the rows of a deleted dataset away."""

from functools import partial

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.images.blobs import remove_later

from . import change_repository, deletion, steps
from .bulk import BULK_LANE, BULK_TASK


def tasks(platform: Platform) -> tuple[Task, ...]:
    return (
        Task(BULK_TASK, BULK_LANE, partial(_change, platform), on_end=_on_end),
        Task(deletion.TASK, deletion.LANE, partial(_remove_dataset, platform)),
    )


def _change(platform: Platform, run: JobRun) -> None:
    """Take step after step. Each commits its images with the position behind them, so nothing is done twice."""
    with platform.db.read() as conn:
        record = change_repository.find(conn, run.organization_id, run.job_id)
        folders = [] if record is None else steps.folders_of(conn, record)
    if record is None:
        raise JobCancelled(f"the dataset of bulk change {run.job_id} was deleted")
    while record.status != "completed":
        run.raise_if_cancelled()
        # A name for each step: that is how the queue knows that a try got further than the one before.
        with run.transaction(checkpoint=f"{record.processed + record.failed_count} images") as conn:
            step = steps.take_step(conn, record, folders)
            change_repository.save(conn, step.record)
            remove_later(conn, run.organization_id, step.removed_sha256s)
        record = step.record
        seen = record.processed + record.failed_count
        run.report(min(1.0, seen / max(1, record.total)), f"{seen} images")


def _remove_dataset(platform: Platform, run: JobRun) -> None:
    dataset_id = str(run.payload["dataset_id"])
    total = max(1, int(str(run.payload["images"])))
    removed = 0
    while True:
        run.raise_if_cancelled()
        with run.transaction() as conn:
            count = deletion.remove_some(conn, run.organization_id, dataset_id)
        if count == 0:
            return
        removed += count
        run.report(min(1.0, removed / total), f"{removed} images")


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "failed":
        change_repository.end(conn, job.id, "failed", job.error or "The job ended without saying why")
    elif job.state == "cancelled":
        change_repository.end(conn, job.id, "cancelled")
    else:
        change_repository.end(conn, job.id, "completed")
