"""Jobs of images: thumbnails and hashes after an upload, and the removal of bytes after a large deletion."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.storage.db.types import now

from . import repository
from .blobs import REMOVE_TASK, remove_unreferenced
from .registration import INGEST_LANE, INGEST_TASK
from .uploads import sweep_expired

_IMAGES_A_COMMIT = 32


def tasks(platform: Platform) -> tuple[Task, ...]:
    return (
        Task(INGEST_TASK, INGEST_LANE, partial(_ingest_dataset, platform)),
        Task(REMOVE_TASK, INGEST_LANE, partial(_remove_blobs, platform)),
    )


def _ingest_dataset(platform: Platform, run: JobRun) -> None:
    """Ingest every image of the dataset that is not yet, also those that arrive meanwhile; then tidy the staging area.

    Each commit holds what it did, so a second try goes on where the first stopped; an image done twice ends the same.
    """
    # In the job's process only: the server that lists the tasks starts without numpy.
    from .ingest import ingest, lower_priority

    dataset_id = str(run.payload["dataset_id"])
    done = 0
    with ThreadPoolExecutor(1, "ingest", initializer=lower_priority) as worker:
        while True:
            run.raise_if_cancelled()
            with platform.db.read() as conn:
                records = repository.not_ingested(conn, run.organization_id, dataset_id, limit=_IMAGES_A_COMMIT)
                waiting = repository.count_not_ingested(conn, dataset_id)
            if not records:
                break
            results = list(worker.map(partial(ingest, platform.blobs), records))
            done += len(results)
            with run.transaction(progress=done / (done + waiting)) as conn:
                repository.set_ingested(conn, results, now())
    sweep_expired(platform)


def _remove_blobs(platform: Platform, run: JobRun) -> None:
    """Remove the bytes that no image names any more. References are looked up again, so it may run twice, or late."""
    remove_unreferenced(platform, cast("list[str]", run.payload["sha256s"]))
