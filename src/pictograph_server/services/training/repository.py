"""The rows of training runs, and what their task needs to know about images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from pictograph.models.training import GpuType, PipelineType, TrainingStatus
from pictograph_server.storage.db.tables import datasets, images, training_runs

LIVE: tuple[TrainingStatus, ...] = ("pending", "queued", "running")
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A training run's row. `device` is what it really uses, in words."""

    id: str
    organization_id: str
    dataset_id: str
    export_id: str | None
    dataset_version_id: str | None
    dataset_version: int | None
    model_id: str | None
    parent_model_id: str | None
    name: str
    pipeline_type: PipelineType
    gpu_type: GpuType | None
    status: TrainingStatus
    progress: int
    current_epoch: int
    total_epochs: int | None
    metrics: dict[str, float]
    config: dict[str, object]
    device: str | None
    started_from: str | None
    remarks: list[str]
    eta_seconds: int | None
    training_seconds: float | None
    error_message: str | None
    created_by: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EpochState:
    """How far a run is: what its row shows while it works."""

    progress: int
    current_epoch: int
    total_epochs: int
    metrics: Mapping[str, float]
    eta_seconds: int | None
    training_seconds: float


def add(conn: Connection, record: RunRecord) -> None:
    conn.execute(insert(training_runs).values({column: getattr(record, column) for column in RunRecord.__slots__}))


def find(conn: Connection, organization_id: str, run_id: str) -> RunRecord | None:
    return _one(conn, organization_id, run_id, lock=False)


def lock(conn: Connection, organization_id: str, run_id: str) -> RunRecord | None:
    """Return the row and hold it until the transaction ends: a cancel and a finish come one after the other."""
    return _one(conn, organization_id, run_id, lock=True)


def page(
    conn: Connection,
    organization_id: str,
    *,
    dataset_name: str | None,
    status: TrainingStatus | None,
    pipeline: PipelineType | None,
    limit: int,
    offset: int,
) -> list[RunRecord]:
    """Return one page, newest first."""
    query = _columns().where(training_runs.c.organization_id == organization_id)
    if dataset_name is not None:
        query = query.join(datasets, datasets.c.id == training_runs.c.dataset_id).where(datasets.c.name == dataset_name)
    if status is not None:
        query = query.where(training_runs.c.status == status)
    if pipeline is not None:
        query = query.where(training_runs.c.pipeline_type == pipeline)
    query = query.order_by(training_runs.c.created_at.desc(), training_runs.c.id.desc()).limit(limit).offset(offset)
    return [RunRecord(**row) for row in conn.execute(query).mappings()]


def start(conn: Connection, run_id: str, *, moment: datetime) -> bool:
    """Show the run as running, keeping the moment it first began; False when it has ended or is gone."""
    result = conn.execute(
        update(training_runs)
        .where(training_runs.c.id == run_id, training_runs.c.status.in_(LIVE))
        .values(status="running")
    )
    conn.execute(
        update(training_runs)
        .where(training_runs.c.id == run_id, training_runs.c.started_at.is_(None))
        .values(started_at=moment)
    )
    return result.rowcount == 1


def set_device(conn: Connection, run_id: str, device: str) -> None:
    conn.execute(update(training_runs).where(training_runs.c.id == run_id).values(device=device[:120]))


def set_beginning(conn: Connection, run_id: str, *, started_from: str | None, remarks: Sequence[str]) -> None:
    words = started_from[:200] if started_from is not None else None
    conn.execute(
        update(training_runs).where(training_runs.c.id == run_id).values(started_from=words, remarks=list(remarks))
    )


def set_epoch(conn: Connection, run_id: str, state: EpochState) -> bool:
    """Show how far the run is; False when it has ended (a cancel) or is gone."""
    result = conn.execute(
        update(training_runs)
        .where(training_runs.c.id == run_id, training_runs.c.status == "running")
        .values(
            progress=state.progress,
            current_epoch=state.current_epoch,
            total_epochs=state.total_epochs,
            metrics=dict(state.metrics),
            eta_seconds=state.eta_seconds,
            training_seconds=state.training_seconds,
        )
    )
    return result.rowcount == 1


def set_training_seconds(conn: Connection, run_id: str, seconds: float) -> None:
    conn.execute(update(training_runs).where(training_runs.c.id == run_id).values(training_seconds=seconds))


def complete(
    conn: Connection,
    run_id: str,
    *,
    model_id: str,
    metrics: Mapping[str, float],
    epochs: int,
    seconds: float,
    moment: datetime,
) -> None:
    conn.execute(
        update(training_runs)
        .where(training_runs.c.id == run_id)
        .values(
            status="completed",
            model_id=model_id,
            progress=100,
            # A trainer killed between its own checkpoint and its report does not go through the last epoch again.
            current_epoch=epochs,
            metrics=dict(metrics),
            eta_seconds=0,
            error_message=None,
            training_seconds=seconds,
            completed_at=moment,
        )
    )


def end(
    conn: Connection,
    run_id: str,
    status: TrainingStatus,
    *,
    moment: datetime,
    error_message: str | None = None,
) -> None:
    """Set a final state without a model; a run that has one already keeps it."""
    conn.execute(
        update(training_runs)
        .where(training_runs.c.id == run_id, training_runs.c.status.in_(LIVE))
        .values(
            status=status,
            error_message=error_message,
            eta_seconds=None,
            completed_at=moment,
        )
    )


def image_dhashes(conn: Connection, organization_id: str, image_ids: Sequence[str]) -> dict[str, str]:
    """Return image id -> difference hash, for the images that have one."""
    found: dict[str, str] = {}
    for first in range(0, len(image_ids), _CHUNK):
        rows = conn.execute(
            select(images.c.id, images.c.dhash).where(
                images.c.organization_id == organization_id,
                images.c.id.in_(image_ids[first : first + _CHUNK]),
                images.c.dhash.is_not(None),
            )
        )
        found |= {row.id: row.dhash for row in rows}
    return found


def _one(conn: Connection, organization_id: str, run_id: str, *, lock: bool) -> RunRecord | None:
    query = _columns().where(training_runs.c.id == run_id, training_runs.c.organization_id == organization_id)
    row = conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else RunRecord(**row)


def _columns():  # noqa: ANN202  # pyright infers SQLAlchemy's select
    return select(*(training_runs.c[name] for name in RunRecord.__slots__))
