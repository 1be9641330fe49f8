"""The rows of batch jobs and of the images each has to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from pictograph.models.auto_annotate import BatchJobStatus
from pictograph_server.storage.db.tables import batch_images, batch_jobs, images

_LIVE = ("pending", "running")


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch job's row; `request` is what `BatchRequest.to_json` wrote."""

    id: str
    organization_id: str
    dataset_id: str
    status: BatchJobStatus
    total_images: int
    processed_images: int
    failed_images: int
    annotations_added: int
    estimated_credits: int
    request: dict[str, object]
    engine: str | None
    error_message: str | None
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What became of one image of a batch. A `reason` says why it failed."""

    image_id: str
    annotations_added: int = 0
    reason: str | None = None


def add(conn: Connection, record: BatchRecord, image_ids: Sequence[str]) -> None:
    conn.execute(insert(batch_jobs).values({column: getattr(record, column) for column in BatchRecord.__slots__}))
    rows = [
        {"batch_id": record.id, "image_id": image_id, "position": position, "state": "pending"}
        for position, image_id in enumerate(image_ids)
    ]
    if rows:
        conn.execute(insert(batch_images), rows)


def find(conn: Connection, organization_id: str, batch_id: str) -> BatchRecord | None:
    return _one(conn, organization_id, batch_id, lock=False)


def lock(conn: Connection, organization_id: str, batch_id: str) -> BatchRecord | None:
    """Return the row and hold it until the transaction ends: a cancel and a save come one after the other."""
    return _one(conn, organization_id, batch_id, lock=True)


def live(conn: Connection, dataset_id: str) -> list[BatchRecord]:
    """Return the dataset's batches that have not ended, oldest first."""
    query = _select().where(batch_jobs.c.dataset_id == dataset_id, batch_jobs.c.status.in_(_LIVE))
    rows = conn.execute(query.order_by(batch_jobs.c.created_at, batch_jobs.c.id)).mappings()
    return [BatchRecord(**row) for row in rows]


def all_pending(conn: Connection, batch_id: str) -> list[str]:
    """Return the ids of the images a batch has still to do."""
    query = select(batch_images.c.image_id)
    return list(conn.scalars(query.where(batch_images.c.batch_id == batch_id, batch_images.c.state == "pending")))


def pending_image_ids(conn: Connection, batch_id: str, *, limit: int, after_position: int) -> list[tuple[int, str]]:
    """Return position and id of the next images to do, in order."""
    rows = conn.execute(
        select(batch_images.c.position, batch_images.c.image_id)
        .where(
            batch_images.c.batch_id == batch_id,
            batch_images.c.state == "pending",
            batch_images.c.position > after_position,
        )
        .order_by(batch_images.c.position)
        .limit(limit)
    )
    return [(row.position, row.image_id) for row in rows]


def claim_pending(conn: Connection, batch_id: str, image_ids: Sequence[str]) -> set[str]:
    """Return which of the images are still to do; an image deleted meanwhile has left the batch."""
    rows = conn.scalars(
        select(batch_images.c.image_id).where(
            batch_images.c.batch_id == batch_id,
            batch_images.c.state == "pending",
            batch_images.c.image_id.in_(image_ids),
        )
    )
    return set(rows)


def record_results(conn: Connection, batch_id: str, results: Sequence[ImageResult]) -> None:
    """Settle images and the job's counters together."""
    for result in results:
        conn.execute(
            update(batch_images)
            .where(batch_images.c.batch_id == batch_id, batch_images.c.image_id == result.image_id)
            .values(
                state="done" if result.reason is None else "failed",
                annotations_added=result.annotations_added,
                reason=result.reason,
            )
        )
    failed = sum(result.reason is not None for result in results)
    conn.execute(
        update(batch_jobs)
        .where(batch_jobs.c.id == batch_id)
        .values(
            processed_images=batch_jobs.c.processed_images + len(results) - failed,
            failed_images=batch_jobs.c.failed_images + failed,
            annotations_added=batch_jobs.c.annotations_added + sum(result.annotations_added for result in results),
        )
    )


def drop(conn: Connection, batch_id: str, image_ids: Collection[str]) -> None:
    """Take images out of a batch, as if they had never been asked for."""
    if not image_ids:
        return
    conn.execute(
        delete(batch_images).where(batch_images.c.batch_id == batch_id, batch_images.c.image_id.in_(image_ids))
    )
    conn.execute(
        update(batch_jobs)
        .where(batch_jobs.c.id == batch_id)
        .values(total_images=batch_jobs.c.total_images - len(image_ids))
    )


def failure_reasons(conn: Connection, batch_id: str, *, limit: int) -> list[tuple[str, str]]:
    """Return file name and reason of the first images that failed."""
    rows = conn.execute(
        select(images.c.filename, batch_images.c.reason)
        .join(images, images.c.id == batch_images.c.image_id)
        .where(batch_images.c.batch_id == batch_id, batch_images.c.state == "failed")
        .order_by(batch_images.c.position)
        .limit(limit)
    )
    return [(row.filename, row.reason or "") for row in rows]


def start(conn: Connection, batch_id: str, *, engine: str) -> None:
    conn.execute(
        update(batch_jobs)
        .where(batch_jobs.c.id == batch_id, batch_jobs.c.status.in_(_LIVE))
        .values(status="running", engine=engine)
    )


def end(
    conn: Connection, batch_id: str, status: BatchJobStatus, *, moment: datetime, error_message: str | None = None
) -> None:
    """Set the final state; a job that has one already keeps it."""
    conn.execute(
        update(batch_jobs)
        .where(batch_jobs.c.id == batch_id, batch_jobs.c.status.in_(_LIVE))
        .values(status=status, error_message=error_message, completed_at=moment)
    )


def set_auto_tags(conn: Connection, image_id: str, found: Mapping[str, float], *, asked: Collection[str]) -> None:
    """Write the tags found (name -> confidence) among those asked for; other tags of the image stay.

    The column holds `{"objects": [names], "confidences": {name: confidence}}`.
    """
    current = conn.execute(select(images.c.auto_tags).where(images.c.id == image_id).with_for_update()).scalar_one()
    confidences = {name: value for name, value in current.get("confidences", {}).items() if name not in asked}
    confidences |= dict(found)
    objects = [name for name in current.get("objects", []) if name not in asked]
    objects += [name for name in found if name not in objects]
    tags = {**current, "objects": objects, "confidences": confidences}
    conn.execute(update(images).where(images.c.id == image_id).values(auto_tags=tags))


def _one(conn: Connection, organization_id: str, batch_id: str, *, lock: bool) -> BatchRecord | None:
    query = _select().where(batch_jobs.c.id == batch_id, batch_jobs.c.organization_id == organization_id)
    row = conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else BatchRecord(**row)


def _select() -> Select[Any]:
    return select(*(batch_jobs.c[name] for name in BatchRecord.__slots__))
