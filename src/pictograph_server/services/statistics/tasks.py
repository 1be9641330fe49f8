"""The job that measures a dataset. It only reads until the end: killed anywhere, it begins again."""

from functools import partial

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound

from . import repository, service


def tasks(platform: Platform) -> tuple[Task, ...]:
    return (Task(service.MEASURE_TASK, service.MEASURE_LANE, partial(_measure, platform), on_end=_on_end),)


def _measure(platform: Platform, run: JobRun) -> None:
    dataset_id = str(run.payload["dataset_id"])
    try:
        with platform.db.snapshot() as conn:
            dataset = datasets.get_by_id(conn, run.organization_id, dataset_id)
            fingerprint = repository.fingerprint(conn, dataset_id)
            total = max(1, dataset.image_count)

            def on_image(count: int) -> None:
                if count % 200 == 0:
                    run.raise_if_cancelled()
                    run.report(min(0.99, count / total), f"{count} images")

            measured = service.measure(conn, dataset, on_image)
        with run.transaction(progress=1.0) as conn:
            datasets.lock(conn, run.organization_id, dataset_id)
            service.save(conn, dataset, measured, fingerprint)
    except DatasetNotFound:
        return


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state == "failed":
        repository.fail(conn, job.id, job.error or "The job ended without saying why")
    elif job.state == "cancelled":
        repository.fail(conn, job.id, "It was cancelled")
