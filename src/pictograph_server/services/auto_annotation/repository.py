"""The rows of batch jobs, of their shards, and of the images each has to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from pictograph.models.auto_annotate import BatchJobStatus
from pictograph_server.jobs.starter import current_starter
from pictograph_server.services.auto_annotation import confidences, pace
from pictograph_server.services.auto_annotation.confidences import Confidences
from pictograph_server.services.auto_annotation.pace import Pace
from pictograph_server.services.images import labels_repository
from pictograph_server.storage.db.tables import batch_images, batch_jobs, batch_shards, images

_LIVE = ("pending", "running")
_CHUNK = 5_000
_RECENT = 5


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch job's row; `request` is a `BatchPlan` as JSON."""

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
    # When its first shard had loaded the engine.
    started_at: datetime | None = None
    pace: Pace = ()
    # Of what it found so far; see `confidences.py`.
    confidences: Confidences = field(default_factory=dict[str, list[int]])

    @property
    def is_live(self) -> bool:
        return self.status in _LIVE

    @property
    def settled_images(self) -> int:
        return self.processed_images + self.failed_images

    def images_per_second(self, moment: datetime) -> float | None:
        """Return the speed of the last minute, and of all of it once it has ended; None while nothing is known."""
        if self.is_live:
            return pace.images_per_second(self.pace, moment, self.settled_images)
        if self.started_at is None or self.completed_at is None:
            return None
        return pace.images_per_second([(self.started_at.timestamp(), 0)], self.completed_at, self.settled_images)

    def eta_seconds(self, moment: datetime) -> int | None:
        """Return how long it will still take; None while nobody knows, and when it has ended."""
        if not self.is_live:
            return None
        return pace.eta_seconds(self.images_per_second(moment), self.total_images - self.settled_images)


@dataclass(frozen=True, slots=True)
class Shard:
    """A range of a batch's images that has not ended, and the job that does it."""

    job_id: str
    batch_id: str
    first_position: int
    end_position: int


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What became of one image of a batch. A `reason` says why it failed."""

    image_id: str
    annotations_added: int = 0
    reason: str | None = None


def add(conn: Connection, record: BatchRecord, image_ids: Sequence[str]) -> None:
    starter = current_starter()
    values: dict[str, object] = {column: getattr(record, column) for column in BatchRecord.__slots__}
    values["created_by"] = starter.id if starter else None
    values["created_by_name"] = starter.name[:320] if starter else None
    conn.execute(insert(batch_jobs).values(values))
    for start in range(0, len(image_ids), _CHUNK):
        conn.execute(
            insert(batch_images),
            [
                {"batch_id": record.id, "image_id": image_id, "position": position, "state": "pending"}
                for position, image_id in enumerate(image_ids[start : start + _CHUNK], start)
            ],
        )


def add_shards(conn: Connection, shards: Sequence[Shard]) -> None:
    if shards:
        conn.execute(insert(batch_shards), [asdict(shard) for shard in shards])


def shard_jobs(conn: Connection, batch_id: str) -> Sequence[str]:
    """Return the jobs of the shards that have not ended."""
    return conn.scalars(select(batch_shards.c.job_id).where(batch_shards.c.batch_id == batch_id)).all()


def remove_shard(conn: Connection, job_id: str) -> Shard | None:
    """Take the shard of a job out, and return what it was."""
    columns = [batch_shards.c[each.name] for each in fields(Shard)]
    row = conn.execute(delete(batch_shards).where(batch_shards.c.job_id == job_id).returning(*columns)).one_or_none()
    return None if row is None else Shard(*row)


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


def recent_speed(conn: Connection, engine: str) -> float | None:
    """Return the images per second of the engine's last batches here, whoever asked for them; None without any."""
    query = _select().where(batch_jobs.c.engine == engine, batch_jobs.c.status == "completed")
    query = query.where(batch_jobs.c.started_at.is_not(None), batch_jobs.c.total_images > 0)
    rows = conn.execute(query.order_by(batch_jobs.c.completed_at.desc()).limit(_RECENT)).mappings()
    ended = [BatchRecord(**row) for row in rows]
    seconds = sum(
        batch.settled_images / speed for batch in ended if (speed := batch.images_per_second(batch.created_at))
    )
    return sum(batch.settled_images for batch in ended) / seconds if seconds else None


def all_pending(conn: Connection, batch_id: str) -> list[str]:
    """Return the ids of the images a batch has still to do."""
    query = select(batch_images.c.image_id)
    return list(conn.scalars(query.where(batch_images.c.batch_id == batch_id, batch_images.c.state == "pending")))


def pending_image_ids(
    conn: Connection, batch_id: str, *, first: int, end: int, limit: int
) -> Sequence[tuple[int, str]]:
    """Return position and id of the next images to do at the positions from `first` to before `end`, in order."""
    rows = conn.execute(
        select(batch_images.c.position, batch_images.c.image_id)
        .where(
            batch_images.c.batch_id == batch_id,
            batch_images.c.state == "pending",
            batch_images.c.position >= first,
            batch_images.c.position < end,
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


def record_results(
    conn: Connection,
    batch: BatchRecord,
    results: Sequence[ImageResult],
    *,
    moment: datetime,
    found: Confidences | None = None,
) -> None:
    """Settle images and the counters of a batch that is locked, together; `found` are the confidences on them."""
    if not results:
        return
    conn.execute(
        update(batch_images).where(batch_images.c.batch_id == batch.id, batch_images.c.image_id == bindparam("image")),
        [
            {
                "image": result.image_id,
                "state": "done" if result.reason is None else "failed",
                "annotations_added": result.annotations_added,
                "reason": result.reason,
            }
            for result in results
        ],
    )
    failed = sum(result.reason is not None for result in results)
    conn.execute(
        update(batch_jobs)
        .where(batch_jobs.c.id == batch.id)
        .values(
            processed_images=batch_jobs.c.processed_images + len(results) - failed,
            failed_images=batch_jobs.c.failed_images + failed,
            annotations_added=batch_jobs.c.annotations_added + sum(result.annotations_added for result in results),
            pace=pace.noted(batch.pace, moment, batch.settled_images + len(results)),
            confidences=confidences.added(batch.confidences, found or {}),
        )
    )


def fail_pending(conn: Connection, shard: Shard, reason: str) -> None:
    """Settle what a shard has left as failed, all for one reason."""
    failed = conn.execute(
        update(batch_images)
        .where(
            batch_images.c.batch_id == shard.batch_id,
            batch_images.c.state == "pending",
            batch_images.c.position >= shard.first_position,
            batch_images.c.position < shard.end_position,
        )
        .values(state="failed", reason=reason)
    ).rowcount
    query = update(batch_jobs).where(batch_jobs.c.id == shard.batch_id)
    conn.execute(query.values(failed_images=batch_jobs.c.failed_images + failed))


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


def failure_reasons(conn: Connection, batch_id: str, *, limit: int) -> list[tuple[str, int]]:
    """Return the first reasons why images failed, and how many each has."""
    rows = conn.execute(
        select(batch_images.c.reason, func.count())
        .where(batch_images.c.batch_id == batch_id, batch_images.c.state == "failed")
        .group_by(batch_images.c.reason)
        .order_by(func.min(batch_images.c.position))
        .limit(limit)
    )
    return [(reason or "", count) for reason, count in rows]


def failures(conn: Connection, batch_ids: Sequence[str], *, limit: int) -> list[tuple[str, str]]:
    """Return id and reason of the first images that could not be annotated."""
    query = select(batch_images.c.image_id, batch_images.c.reason).where(
        batch_images.c.batch_id.in_(batch_ids), batch_images.c.state == "failed"
    )
    rows = conn.execute(query.order_by(batch_images.c.batch_id, batch_images.c.position).limit(limit))
    return [(row.image_id, row.reason or "") for row in rows]


def last_done(conn: Connection, batch_id: str, *, limit: int) -> list[str]:
    """Return the images that a batch did last, the last one first; with several shards, of the last ones."""
    query = select(batch_images.c.image_id).where(batch_images.c.batch_id == batch_id, batch_images.c.state == "done")
    return list(conn.scalars(query.order_by(batch_images.c.position.desc()).limit(limit)))


def start(conn: Connection, batch: BatchRecord, *, engine: str, moment: datetime) -> None:
    """Set down that a shard of a locked batch begins."""
    conn.execute(
        update(batch_jobs)
        .where(batch_jobs.c.id == batch.id, batch_jobs.c.status.in_(_LIVE))
        .values(
            status="running",
            engine=engine,
            started_at=batch.started_at or moment,
            pace=pace.begun(batch.pace, moment, batch.settled_images),
        )
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


def set_auto_tags(conn: Connection, found: Mapping[str, Mapping[str, float]], *, asked: Collection[str]) -> None:
    """Write the tags found on images (id -> name -> confidence) among those asked for; other tags of an image stay.

    The column holds `{"objects": [names], "confidences": {name: confidence}}`. The images are locked.
    """
    rows = conn.execute(select(images.c.id, images.c.auto_tags).where(images.c.id.in_(list(found))))
    changes = [{"image": image_id, "auto_tags": _tagged(tags, found[image_id], asked)} for image_id, tags in rows]
    if changes:
        conn.execute(update(images).where(images.c.id == bindparam("image")), changes)
        labels_repository.index_tags(conn, list(found))


def _tagged(current: Mapping[str, Any], found: Mapping[str, float], asked: Collection[str]) -> dict[str, Any]:
    confidences = {name: value for name, value in current.get("confidences", {}).items() if name not in asked}
    objects = [name for name in current.get("objects", []) if name not in asked]
    objects += [name for name in found if name not in objects]
    return {**current, "objects": objects, "confidences": {**confidences, **found}}


def _one(conn: Connection, organization_id: str, batch_id: str, *, lock: bool) -> BatchRecord | None:
    query = _select().where(batch_jobs.c.id == batch_id, batch_jobs.c.organization_id == organization_id)
    row = conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else BatchRecord(**row)


def _select() -> Select[Any]:
    return select(*(batch_jobs.c[name] for name in BatchRecord.__slots__))
