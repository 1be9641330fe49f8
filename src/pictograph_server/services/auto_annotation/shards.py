"""A batch is cut into shards: ranges of its images, each a job of its own, so that many workers share one batch.

The batch ends in the transaction that ends its last shard, whichever that is.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from pictograph_server.jobs import queue
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.repository import BatchRecord, Shard
from pictograph_server.services.credits import service as credits
from pictograph_server.storage.db.types import new_id, now

ANNOTATE_TASK = "annotate"
ANNOTATE_LANE = "annotate"
# Starting a process takes two seconds, in which a network does nothing: 2 % of a shard at 20 images a second.
SMALLEST_SHARD = 2_000
# More than enough for the GPUs of one organisation, few enough to end in a moment.
MOST_SHARDS = 32


def shards_of(images: int, shard_images: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the first position of each shard and the one behind its last.

    Example:
        >>> list(shards_of(4_500))
        [(0, 2000), (2000, 4000), (4000, 4500)]
    """
    size = shard_images or max(SMALLEST_SHARD, -(-images // MOST_SHARDS))
    yield from ((first, min(first + size, images)) for first in range(0, images, size))


def enqueue(conn: Connection, batch: BatchRecord, *, shard_images: int | None = None) -> None:
    """Put a job into the queue for every shard, in the caller's transaction. `shard_images`: as many in each."""
    shards = [Shard(new_id(), batch.id, first, behind) for first, behind in shards_of(batch.total_images, shard_images)]
    repository.add_shards(conn, shards)
    for shard in shards:
        queue.enqueue(
            conn,
            task=ANNOTATE_TASK,
            lane=ANNOTATE_LANE,
            organization_id=batch.organization_id,
            payload={"batch_id": batch.id, "first_position": shard.first_position, "end_position": shard.end_position},
            dataset_id=batch.dataset_id,
            job_id=shard.job_id,
        )


def cancel(conn: Connection, batch_id: str) -> None:
    """Ask every shard that has not ended to stop, and return what the batch holds and did not use.

    The caller ends the batch in the same transaction, and a batch that has ended saves and pays nothing more.
    """
    queue.request_cancels(conn, repository.shard_jobs(conn, batch_id))
    credits.release(conn, job_id=batch_id)


def ended(conn: Connection, job: JobRecord) -> None:
    """Set down that a shard's job has ended, and with the last one how the batch did."""
    batch_id = str(job.payload["batch_id"])
    batch = repository.lock(conn, job.organization_id, batch_id)
    if batch is None:
        # Gone with its dataset: nothing is saved or paid any more.
        credits.release(conn, job_id=batch_id)
        return
    shard = repository.remove_shard(conn, job.id)
    if batch.is_live and job.state == "cancelled":
        repository.end(conn, batch_id, "cancelled", moment=now())
        cancel(conn, batch_id)
    elif batch.is_live and job.state == "failed" and shard is not None:
        _failed(conn, batch, shard, job.error or "The job ended without saying why")
    if not repository.shard_jobs(conn, batch_id):
        _finish(conn, batch.organization_id, batch_id)


def _failed(conn: Connection, batch: BatchRecord, shard: Shard, reason: str) -> None:
    """Record the failure with each image that the shard has left; the other shards go on.

    Unless the batch has not one image: what is wrong is then most likely wrong for all of it (no such engine, a class
    the model does not know), and the person hears of it now.
    """
    repository.fail_pending(conn, shard, reason)
    if not batch.processed_images:
        repository.end(conn, batch.id, "failed", moment=now(), error_message=reason)
        cancel(conn, batch.id)


def _finish(conn: Connection, organization_id: str, batch_id: str) -> None:
    credits.release(conn, job_id=batch_id)
    batch = repository.find(conn, organization_id, batch_id)
    if batch is None or not batch.is_live:
        return
    reasons = repository.failure_reasons(conn, batch_id, limit=3)
    said = "; ".join(reason if count == 1 else f"{reason} ({count} images)" for reason, count in reasons)
    if batch.failed_images and not batch.processed_images:
        words = f"None of the {batch.failed_images} images could be annotated: {said}"
        repository.end(conn, batch_id, "failed", moment=now(), error_message=words)
    else:
        remark = f"Some images failed: {said}" if said else None
        repository.end(conn, batch_id, "completed", moment=now(), error_message=remark)
