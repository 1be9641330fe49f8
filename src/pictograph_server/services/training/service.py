"""Training runs: one pipeline on one frozen export, checked before anything is held or started (R3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.training import PipelineType, TrainingEpoch, TrainingRun, TrainingSplits
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.jobs import queue
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.prices import training_slug
from pictograph_server.services.exports import service as exports
from pictograph_server.services.training import history_repository as history
from pictograph_server.services.training import repository
from pictograph_server.services.training.checks import (
    TrainerSpecs,
    check_gpu,
    check_name,
    check_pipeline,
    check_trainable,
    read_train_config,
)
from pictograph_server.services.training.estimate import quote
from pictograph_server.services.training.parents import check_parent
from pictograph_server.services.training.repository import LIVE, RunRecord
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import new_id, now

TRAIN_TASK = "train"
TRAIN_LANE = "train"


class RunNotFound(NotFound):
    code = "training_run_not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"There is no training run {run_id!r}", fix="List the runs there are with `client.training.list()`"
        )


class RunHasEnded(BadRequest):
    code = "training_run_ended"

    def __init__(self, run: RunRecord) -> None:
        super().__init__(f"Training run {run.name!r} cannot be cancelled", why=f"it is {run.status}")


class NoSplitsYet(NotFound):
    code = "training_splits_not_found"

    def __init__(self, run: RunRecord) -> None:
        super().__init__(
            f"Training run {run.name!r} has no splits",
            why=f"it is {run.status} and its data was not looked at yet"
            if run.status in LIVE
            else f"it is {run.status} and ended before its data was split",
            fix="Ask again once it trains" if run.status in LIVE else None,
        )


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What a person asks for. `gpu_type` names a kind of accelerator; the run uses what the machine has."""

    dataset_name: str
    export_name: str
    pipeline_type: str
    name: str
    gpu_type: str | None
    config: Mapping[str, object]
    parent_model_id: str | None = None
    created_by: str | None = None


def check(
    conn: Connection,
    organization_id: str,
    pipeline: str,
    gpu: str | None,
    config: Mapping[str, object],
    specs: TrainerSpecs,
    *,
    parent_model_id: str | None = None,
) -> None:
    """Refuse what `create` would refuse whatever the data, so that a client can ask before it does any work (R3).

    Raises:
        UnknownPipeline, UnknownGpu, BadTrainConfig, ParentModelMismatch: 422, naming what is allowed.
        PipelineNotInstalled: 400.
        ModelNotFound, ModelNotReady: 404, 409.
    """
    check_gpu(gpu)
    _, spec = check_pipeline(pipeline, specs)
    read_train_config(spec, config)
    if parent_model_id is not None:
        check_parent(conn, organization_id, parent_model_id, spec, config)


def create(
    conn: Connection, prices: Prices, organization_id: str, request: TrainingRequest, specs: TrainerSpecs
) -> TrainingRun:
    """Check everything, hold what the run was quoted and enqueue it.

    Raises:
        UnknownPipeline, UnknownGpu, BadTrainConfig, BadRunName, ParentModelMismatch: 422, naming what is allowed.
        DatasetNotFound, ExportNotFound, ModelNotFound: 404.
        ModelNotReady: 409.
        PipelineNotInstalled, ExportNotTrainable: 400.
        PaymentRequired: 402.
    """
    name = check_name(request.name)
    gpu = check_gpu(request.gpu_type)
    pipeline, spec = check_pipeline(request.pipeline_type, specs)
    config = read_train_config(spec, request.config)
    settings = dict(request.config)
    if request.parent_model_id is not None:
        settings = check_parent(conn, organization_id, request.parent_model_id, spec, request.config)
    export = exports.require(conn, organization_id, request.dataset_name, request.export_name)
    check_trainable(export, spec.task)
    run_id = new_id()
    record = RunRecord(
        id=run_id,
        organization_id=organization_id,
        dataset_id=export.dataset_id,
        export_id=export.id,
        dataset_version_id=export.dataset_version_id,
        dataset_version=export.dataset_version,
        model_id=None,
        parent_model_id=request.parent_model_id,
        name=name,
        pipeline_type=pipeline,
        gpu_type=gpu,
        status="queued",
        progress=0,
        current_epoch=0,
        total_epochs=config.epochs,
        metrics={},
        config=settings,
        device=None,
        started_from=None,
        remarks=[],
        eta_seconds=None,
        training_seconds=None,
        error_message=None,
        created_by=request.created_by,
        created_at=now(),
        started_at=None,
        completed_at=None,
    )
    repository.add(conn, record)
    credits.hold(
        conn,
        organization_id,
        job_id=run_id,
        operation=training_slug(gpu),
        amount=quote(prices, gpu, config, export.image_count or 0).credits,
        description=f"Training run {name} on {export.dataset_name}",
    )
    queue.enqueue(
        conn,
        task=TRAIN_TASK,
        lane=TRAIN_LANE,
        organization_id=organization_id,
        payload={"run_id": run_id},
        dataset_id=export.dataset_id,
        job_id=run_id,
    )
    return to_wire(record)


def get(conn: Connection, organization_id: str, run_id: str) -> TrainingRun:
    return to_wire(_require(repository.find(conn, organization_id, run_id), run_id))


def epochs(conn: Connection, organization_id: str, run_id: str, *, after: int = 0) -> list[TrainingEpoch]:
    """Return what the run reported for each epoch so far, or after one."""
    return history.epochs_of(conn, _require(repository.find(conn, organization_id, run_id), run_id).id, after=after)


def splits(conn: Connection, organization_id: str, run_id: str) -> TrainingSplits:
    """Return which image was in which split.

    Raises:
        RunNotFound, NoSplitsYet: 404.
    """
    record = _require(repository.find(conn, organization_id, run_id), run_id)
    found = history.splits_of(conn, run_id)
    if found is None:
        raise NoSplitsYet(record)
    return found


def cancel(conn: Connection, organization_id: str, run_id: str) -> TrainingRun:
    """Cancel a run at once for everybody who asks; its process stops within seconds.

    Raises:
        RunHasEnded: 400, there is nothing left to cancel.
    """
    record = _require(repository.lock(conn, organization_id, run_id), run_id)
    if record.status not in LIVE:
        raise RunHasEnded(record)
    repository.end(conn, run_id, "cancelled", moment=now())
    queue.request_cancel(conn, run_id)
    return get(conn, organization_id, run_id)


def list_runs(
    conn: Connection,
    organization_id: str,
    *,
    dataset_name: str | None,
    status: repository.TrainingStatus | None,
    pipeline: PipelineType | None,
    limit: int,
    offset: int,
) -> list[TrainingRun]:
    records = repository.page(
        conn,
        organization_id,
        dataset_name=dataset_name,
        status=status,
        pipeline=pipeline,
        limit=limit,
        offset=offset,
    )
    return [to_wire(record) for record in records]


def to_wire(record: RunRecord) -> TrainingRun:
    return TrainingRun(
        id=record.id,
        organization_id=record.organization_id,
        name=record.name,
        dataset_id=record.dataset_id,
        export_id=record.export_id,
        dataset_version_id=record.dataset_version_id,
        dataset_version=record.dataset_version,
        model_id=record.model_id,
        parent_model_id=record.parent_model_id,
        pipeline_type=record.pipeline_type,
        gpu_type=record.gpu_type,
        status=record.status,
        progress=record.progress,
        current_epoch=record.current_epoch,
        total_epochs=record.total_epochs,
        metrics=dict(record.metrics),
        config=dict(record.config),
        eta_seconds=record.eta_seconds,
        training_time_seconds=round(record.training_seconds) if record.training_seconds is not None else None,
        error_message=record.error_message,
        started_at=record.started_at,
        completed_at=record.completed_at,
        created_at=record.created_at,
        created_by=record.created_by,
        device=record.device,
        started_from=record.started_from,
        remarks=list(record.remarks),
    )


def _require(record: RunRecord | None, run_id: str) -> RunRecord:
    if record is None:
        raise RunNotFound(run_id)
    return record
