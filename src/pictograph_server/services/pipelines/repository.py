"""The rows of pipeline runs, and what of the jobs behind them is looked up for many runs at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, exists, func, insert, select, update

from pictograph.models.pipeline import PipelineDriver, PipelineStage, PipelineStatus, WaitingFor
from pictograph_server.actor import Actor
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.training.repository import RunRecord
from pictograph_server.storage.db import tables

OPEN: tuple[PipelineStatus, ...] = ("waiting", "running")

_runs = tables.pipeline_runs
_images = tables.images
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class PipelineRecord:
    """A pipeline run's row. `stages` maps a stage to its state and times, as JSON."""

    id: str
    organization_id: str
    dataset_id: str | None
    dataset_name: str
    name: str
    description: str | None
    driver: PipelineDriver
    status: PipelineStatus
    stage: PipelineStage
    waiting_for: WaitingFor | None
    request: Mapping[str, Any]
    stages: Mapping[str, Any]
    upload: Mapping[str, Any]
    actor: Mapping[str, str]
    created_at: datetime
    reported_at: datetime
    created_by: str | None = None
    rerun_of: str | None = None
    batch_id: str | None = None
    export_id: str | None = None
    training_run_id: str | None = None
    batch_ids: Sequence[str] = ()
    training_run_ids: Sequence[str] = ()
    review_total: int | None = None
    is_accepting: bool = False
    model_id: str | None = None
    credit_skip_reason: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    completed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def on_behalf_of(self) -> Actor:
        """Return who started it, or last had it go on, with the role of then."""
        return Actor(self.organization_id, **self.actor)  # pyright: ignore[reportArgumentType]  # as `actor_json` wrote it


@dataclass(frozen=True, slots=True)
class ExportBrief:
    """How the export of a run stands."""

    id: str
    name: str
    status: str
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows behind some pipeline runs, by id; each was looked up once."""

    batches: Mapping[str, BatchRecord] = field(default_factory=dict[str, BatchRecord])
    exports: Mapping[str, ExportBrief] = field(default_factory=dict[str, ExportBrief])
    trainings: Mapping[str, RunRecord] = field(default_factory=dict[str, RunRecord])
    # Dataset -> its present name, and status -> images.
    dataset_names: Mapping[str, str] = field(default_factory=dict[str, str])
    statuses: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    # Job -> credits it used.
    spent: Mapping[str, int] = field(default_factory=dict[str, int])


def actor_json(actor: Actor) -> dict[str, str]:
    return {"id": actor.id, "role": actor.role, "name": actor.name, "kind": actor.kind}


def add(conn: Connection, record: PipelineRecord) -> None:
    conn.execute(insert(_runs).values(_values(record)))


def find(conn: Connection, organization_id: str, run_id: str) -> PipelineRecord | None:
    return _one(conn, _select().where(_runs.c.id == run_id, _runs.c.organization_id == organization_id))


def find_any(conn: Connection, run_id: str) -> PipelineRecord | None:
    """Return a run of whichever organisation, for what moves them all on."""
    return _one(conn, _select().where(_runs.c.id == run_id))


def waiting_of_program(conn: Connection, organization_id: str, dataset_name: str) -> list[PipelineRecord]:
    """Return the runs on a dataset that programs drove until somebody had to look, the newest first; held."""
    query = _select().where(
        _runs.c.organization_id == organization_id,
        _runs.c.dataset_name == dataset_name,
        _runs.c.driver == "client",
        _runs.c.status == "waiting",
    )
    rows = conn.execute(query.order_by(_runs.c.id.desc()).limit(20).with_for_update()).mappings()
    return [_record(row) for row in rows]


def lock(conn: Connection, run_id: str) -> PipelineRecord | None:
    """Return the row and hold it until the transaction ends: what moves a run on comes one after the other."""
    return _one(conn, _select().where(_runs.c.id == run_id).with_for_update())


def change(conn: Connection, record: PipelineRecord, **values: Any) -> PipelineRecord:
    """Write what is given into a locked row, and return the record as it is then."""
    changed = replace(record, **values)
    conn.execute(update(_runs).where(_runs.c.id == record.id).values({name: getattr(changed, name) for name in values}))
    return changed


def page(
    conn: Connection,
    organization_id: str,
    *,
    dataset_id: str | None,
    status: PipelineStatus | None,
    before: str | None,
    limit: int,
) -> list[PipelineRecord]:
    """Return runs, newest first (ids sort by the time they were made), those before an id."""
    query = _select().where(_runs.c.organization_id == organization_id)
    if dataset_id is not None:
        query = query.where(_runs.c.dataset_id == dataset_id)
    if status is not None:
        query = query.where(_runs.c.status == status)
    if before is not None:
        query = query.where(_runs.c.id < before)
    rows = conn.execute(query.order_by(_runs.c.id.desc()).limit(limit)).mappings()
    return [_record(row) for row in rows]


def open_runs(conn: Connection) -> list[PipelineRecord]:
    """Return the runs of all organisations that may have to be moved on, the oldest first.

    Those that wait for files or credits are moved by a person alone.
    """
    query = _select().where(_runs.c.status.in_(OPEN), (_runs.c.status == "running") | (_runs.c.waiting_for == "review"))
    return [_record(row) for row in conn.execute(query.order_by(_runs.c.id)).mappings()]


def job_status(conn: Connection, record: PipelineRecord) -> str | None:
    """Return how the job of the run's stage stands; None when there is none, or it is gone."""
    for table, job_id in (
        (tables.training_runs, record.training_run_id),
        (tables.exports, record.export_id),
        (tables.batch_jobs, record.batch_id),
    ):
        if job_id is not None:
            return conn.scalar(select(table.c.status).where(table.c.id == job_id))
    return None


def in_review_count(conn: Connection, dataset_id: str) -> int:
    """Return how many images of a dataset wait for people, from the counts that are kept."""
    places = tables.image_tallies
    query = select(func.coalesce(func.sum(places.c.image_count), 0)).where(
        places.c.dataset_id == dataset_id, places.c.is_archived.is_(False), places.c.status == "review"
    )
    return int(conn.execute(query).scalar_one())


def behind(conn: Connection, records: Sequence[PipelineRecord]) -> Behind:
    """Look up what is behind some runs, in a handful of queries."""
    batch_ids = {each for record in records for each in record.batch_ids}
    training_ids = {each for record in records for each in record.training_run_ids}
    dataset_ids = {record.dataset_id for record in records if record.dataset_id is not None}
    export_ids = {record.export_id for record in records if record.export_id is not None}
    exports, datasets, holds = tables.exports, tables.datasets, tables.credit_holds
    export_columns = (exports.c.id, exports.c.name, exports.c.status, exports.c.error_message)
    places = tables.image_tallies
    statuses: dict[str, dict[str, int]] = {}
    for chunk in _chunks(dataset_ids):
        query = select(places.c.dataset_id, places.c.status, func.sum(places.c.image_count))
        query = query.where(places.c.dataset_id.in_(chunk), places.c.is_archived.is_(False))
        for dataset_id, status, count in conn.execute(query.group_by(places.c.dataset_id, places.c.status)):
            statuses.setdefault(dataset_id, {})[status] = int(count)
    return Behind(
        batches={
            row["id"]: BatchRecord(**row)
            for chunk in _chunks(batch_ids)
            for row in _rows(conn, tables.batch_jobs, BatchRecord.__slots__, chunk)
        },
        trainings={
            row["id"]: RunRecord(**row)
            for chunk in _chunks(training_ids)
            for row in _rows(conn, tables.training_runs, RunRecord.__slots__, chunk)
        },
        exports={
            row.id: ExportBrief(*row)
            for chunk in _chunks(export_ids)
            for row in conn.execute(select(*export_columns).where(exports.c.id.in_(chunk)))
        },
        dataset_names={
            row.id: row.name
            for chunk in _chunks(dataset_ids)
            for row in conn.execute(select(datasets.c.id, datasets.c.name).where(datasets.c.id.in_(chunk)))
        },
        statuses=statuses,
        spent={
            row.job_id: int(row.captured)
            for chunk in _chunks(batch_ids | training_ids)
            for row in conn.execute(select(holds.c.job_id, holds.c.captured).where(holds.c.job_id.in_(chunk)))
        },
    )


def open_images(conn: Connection, dataset_id: str, statuses: Sequence[str]) -> list[str]:
    """Return the images of a dataset that nobody has annotated and whose turn it is, oldest first."""
    query = select(_images.c.id).where(
        _images.c.dataset_id == dataset_id,
        _images.c.is_archived.is_(False),
        _images.c.annotation_count == 0,
        _images.c.status.in_(statuses),
    )
    return list(conn.scalars(query.order_by(_images.c.id)))


def in_review(conn: Connection, dataset_id: str, *, limit: int) -> list[str]:
    query = select(_images.c.id).where(
        _images.c.dataset_id == dataset_id, _images.c.is_archived.is_(False), _images.c.status == "review"
    )
    return list(conn.scalars(query.order_by(_images.c.id).limit(limit)))


def is_being_prepared(conn: Connection, dataset_id: str, *, task: str) -> bool:
    """Return whether some image has no thumbnail yet and a job is there that will make it."""
    waits = select(_images.c.id).where(_images.c.dataset_id == dataset_id, _images.c.ingested_at.is_(None)).limit(1)
    if conn.execute(waits).first() is None:
        return False
    jobs = tables.jobs
    is_live = exists().where(
        jobs.c.state.in_(("queued", "running")),
        jobs.c.task == task,
        jobs.c.payload["dataset_id"].as_string() == dataset_id,
    )
    return bool(conn.scalar(select(is_live)))


def preparing(conn: Connection, dataset_id: str) -> int:
    """Return how many images have no thumbnail yet."""
    query = select(func.count()).where(_images.c.dataset_id == dataset_id, _images.c.ingested_at.is_(None))
    return conn.execute(query).scalar_one()


def _rows(conn: Connection, table: Table, columns: Iterable[str], ids: Sequence[str]) -> list[dict[str, Any]]:
    query = select(*(table.c[name] for name in columns)).where(table.c.id.in_(ids))
    return [dict(row) for row in conn.execute(query).mappings()]


def _one(conn: Connection, query: Select[Any]) -> PipelineRecord | None:
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _record(row)


def _record(row: Mapping[Any, Any]) -> PipelineRecord:
    return PipelineRecord(**row)


def _values(record: PipelineRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in PipelineRecord.__slots__}
    return values | {name: list(values[name]) for name in ("batch_ids", "training_run_ids")}


def _select() -> Select[Any]:
    return select(*(_runs.c[name] for name in PipelineRecord.__slots__))


def _chunks(ids: Collection[str]) -> list[list[str]]:
    known = sorted(ids)
    return [known[start : start + _CHUNK] for start in range(0, len(known), _CHUNK)]
