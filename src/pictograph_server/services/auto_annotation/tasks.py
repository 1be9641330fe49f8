"""The job of auto-annotation and what happens when it ends, however it ends."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pictograph_server.engines.annotators.base import Annotator
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.service import ANNOTATE_LANE, ANNOTATE_TASK
from pictograph_server.services.credits import service as credits
from pictograph_server.storage.db.types import now

if TYPE_CHECKING:
    from pictograph_server.services.auto_annotation.annotate import OpenAnnotator


def tasks(platform: Platform, open_annotator: "OpenAnnotator | None" = None) -> tuple[Task, ...]:
    def run_batch(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without numpy.
        from pictograph_server.services.auto_annotation.annotate import annotate

        annotate(run, platform, open_annotator or _open_configured)

    return (Task(name=ANNOTATE_TASK, lane=ANNOTATE_LANE, function=run_batch, on_end=_on_end),)


def _open_configured(choice: str, device: str | None) -> Annotator:
    # Here and not above: the registry looks for the libraries of every engine.
    from pictograph_server.engines.annotators.registry import open_annotator

    return open_annotator(choice, device)


def _on_end(conn: Connection, job: JobRecord) -> None:
    # First of all, and whether or not the batch still exists: its dataset may have been deleted.
    credits.release(conn, job_id=job.id)
    if job.state == "succeeded":
        failures = repository.failure_reasons(conn, job.id, limit=3)
        remark = "Some images failed: " + "; ".join(reason for _, reason in failures) if failures else None
        repository.end(conn, job.id, "completed", moment=now(), error_message=remark)
    elif job.state == "cancelled":
        repository.end(conn, job.id, "cancelled", moment=now())
    else:
        repository.end(
            conn, job.id, "failed", moment=now(), error_message=job.error or "The job ended without saying why"
        )
