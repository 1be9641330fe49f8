"""The jobs of versions: freezing one, making one a dataset, and taking away what deleted ones leave."""

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.images import service as images
from pictograph_server.storage.db.types import now

from . import repository, restore_repository
from .freeze import freeze, settle
from .restore import RESTORE_LANE, RESTORE_TASK, restore
from .service import FREEZE_TASK, TIDY_TASK, VERSIONS_LANE, tidy_later
from .tidy import tidy

_NO_WORDS = "The job ended without saying why"


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_freeze(run: JobRun) -> None:
        freeze_version(run, platform)

    def run_restore(run: JobRun) -> None:
        restore(run, platform)

    def run_tidy(run: JobRun) -> None:
        tidy(run, platform, str(run.payload["dataset_id"]))

    return (
        Task(FREEZE_TASK, VERSIONS_LANE, run_freeze, on_end=_freeze_ended),
        Task(RESTORE_TASK, RESTORE_LANE, run_restore, on_end=_restore_ended),
        Task(TIDY_TASK, VERSIONS_LANE, run_tidy),
    )


def freeze_version(run: JobRun, platform: Platform) -> None:
    """Freeze the version `run.job_id`."""
    with run.transaction() as conn:
        record = repository.find(conn, run.organization_id, run.job_id)
        if record is None or record.status not in ("freezing", "ready"):
            raise JobCancelled(f"version {run.job_id} was deleted")
        total = max(1, images.count(conn, record.dataset_id, status_filter=record.status_filter))
    if record.status == "ready":
        return

    def on_image(count: int) -> None:
        run.raise_if_cancelled()
        run.report(min(0.99, count / total), f"{count} images")

    frozen = freeze(run, platform, record, on_image=on_image)
    with run.transaction(progress=1.0) as conn:
        settle(conn, record, frozen)


def _freeze_ended(conn: Connection, job: JobRecord) -> None:
    record = repository.find(conn, job.organization_id, job.id)
    if record is None or record.status != "freezing":
        return
    message = job.error or _NO_WORDS if job.state == "failed" else "It was cancelled"
    repository.change(conn, job.id, {"status": "failed", "error_message": message, "completed_at": now()})
    # What it has written is nobody's.
    tidy_later(conn, job.organization_id, record.dataset_id)


def _restore_ended(conn: Connection, job: JobRecord) -> None:
    if job.state == "failed":
        restore_repository.end(conn, job.id, "failed", error_message=job.error or _NO_WORDS)
    elif job.state == "cancelled":
        restore_repository.end(conn, job.id, "cancelled")
