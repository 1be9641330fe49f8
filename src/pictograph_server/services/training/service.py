"""Training runs: one pipeline on one frozen export, checked before anything is held or started (R3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

from sqlalchemy import Connection

from pictograph.models.training import GpuType, PipelineType, TrainingRun
from pictograph_server.engines.errors import BadConfig, EngineUnavailable
from pictograph_server.engines.trainers.base import MIN_ANNOTATED_IMAGES, TrainerSpec, TrainingConfig
from pictograph_server.engines.trainers.registry import check_installed, read_config
from pictograph_server.errors import BadRequest, NotFound, Unprocessable
from pictograph_server.jobs import queue
from pictograph_server.services.credits import prices
from pictograph_server.services.credits import service as credits
from pictograph_server.services.exports import service as exports
from pictograph_server.services.exports.repository import ExportRecord
from pictograph_server.services.training import repository
from pictograph_server.services.training.repository import LIVE, RunRecord
from pictograph_server.storage.db.types import new_id, now

TRAIN_TASK = "train"
TRAIN_LANE = "train"
MAX_NAME_LENGTH = 100
DEFAULT_GPU: GpuType = "a10g"

# For the estimate that is held: what is not used is returned when the run ends.
_DEFAULT_EPOCHS = 100
_SECONDS_PER_EPOCH: Mapping[GpuType, float] = {"a10g": 15, "a100": 8, "h100": 4}

TrainerSpecs = Mapping[str, TrainerSpec]


class RunNotFound(NotFound):
    code = "training_run_not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"There is no training run {run_id!r}", fix="List the runs there are with `client.training.list()`"
        )


class UnknownPipeline(Unprocessable):
    code = "unknown_pipeline"

    def __init__(self, given: str, built: Sequence[str]) -> None:
        super().__init__(
            f"There is no pipeline {given!r}",
            why=f"pipelines are {', '.join(get_args(PipelineType))}",
            fix=f"Choose one that this server can run: {', '.join(built)}",
        )


class PipelineNotBuilt(BadRequest):
    code = "pipeline_not_available"

    def __init__(self, given: str, built: Sequence[str]) -> None:
        super().__init__(
            f"The pipeline {given!r} is not in this version yet",
            why=f"it can run {', '.join(built)}",
            fix="Choose one of these",
        )


class PipelineNotInstalled(BadRequest):
    code = "pipeline_not_installed"


class UnknownGpu(Unprocessable):
    code = "unknown_gpu"

    def __init__(self, given: str) -> None:
        super().__init__(
            f"There is no accelerator {given!r}",
            why=f"they are {', '.join(get_args(GpuType))}",
            fix="Choose one of these; on a machine without it the run uses what is there and says so in `device`",
        )


class BadTrainConfig(Unprocessable):
    code = "bad_train_config"


class BadRunName(Unprocessable):
    code = "bad_run_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A training run cannot be named {name[:40]!r}",
            why=f"a name has 1 to {MAX_NAME_LENGTH} characters, not only spaces",
            fix="Choose another `name`",
        )


class ExportNotTrainable(BadRequest):
    code = "export_not_trainable"

    def __init__(self, export: ExportRecord, why: str, fix: str) -> None:
        super().__init__(
            f"Training cannot start from export {export.name!r} of dataset {export.dataset_name!r}", why=why, fix=fix
        )


class RunHasEnded(BadRequest):
    code = "training_run_ended"

    def __init__(self, run: RunRecord) -> None:
        super().__init__(f"Training run {run.name!r} cannot be cancelled", why=f"it is {run.status}")


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What a person asks for. `gpu_type` names a kind of accelerator; the run uses what the machine has."""

    dataset_name: str
    export_name: str
    pipeline_type: str
    name: str
    gpu_type: str | None
    config: Mapping[str, object]
    created_by: str | None = None


def check(pipeline: str, gpu: str | None, config: Mapping[str, object], specs: TrainerSpecs) -> None:
    """Refuse what `create` would refuse whatever the data, so that a client can ask before it does any work (R3).

    Raises:
        UnknownPipeline, UnknownGpu, BadTrainConfig: 422, naming what is allowed.
        PipelineNotBuilt, PipelineNotInstalled: 400.
    """
    _check_gpu(gpu)
    _, spec = _check_pipeline(pipeline, specs)
    read_train_config(spec, config)


def create(conn: Connection, organization_id: str, request: TrainingRequest, specs: TrainerSpecs) -> TrainingRun:
    """Check everything, hold the estimated credits and enqueue the run.

    Raises:
        UnknownPipeline, UnknownGpu, BadTrainConfig, BadRunName: 422, naming what is allowed.
        DatasetNotFound, ExportNotFound: 404.
        PipelineNotBuilt, PipelineNotInstalled, ExportNotTrainable: 400.
        PaymentRequired: 402.
    """
    name = request.name.strip()
    if not name or len(name) > MAX_NAME_LENGTH:
        raise BadRunName(request.name)
    gpu = _check_gpu(request.gpu_type)
    pipeline, spec = _check_pipeline(request.pipeline_type, specs)
    config = read_train_config(spec, request.config)
    export = exports.require(conn, organization_id, request.dataset_name, request.export_name)
    check_trainable(export)
    epochs = getattr(config, "epochs", None)
    run_id = new_id()
    record = RunRecord(
        id=run_id,
        organization_id=organization_id,
        dataset_id=export.dataset_id,
        export_id=export.id,
        model_id=None,
        name=name,
        pipeline_type=pipeline,
        gpu_type=gpu,
        status="queued",
        progress=0,
        current_epoch=0,
        total_epochs=epochs if isinstance(epochs, int) else None,
        metrics={},
        config=dict(request.config),
        device=None,
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
        operation=prices.training_slug(gpu),
        amount=prices.training_cost(gpu, estimated_minutes(gpu, epochs)),
        description=f"Training run {name} on {export.dataset_name}",
    )
    queue.enqueue(
        conn,
        task=TRAIN_TASK,
        lane=TRAIN_LANE,
        organization_id=organization_id,
        payload={"run_id": run_id},
        job_id=run_id,
    )
    return to_wire(record)


def get(conn: Connection, organization_id: str, run_id: str) -> TrainingRun:
    return to_wire(_require(repository.find(conn, organization_id, run_id), run_id))


def cancel(conn: Connection, organization_id: str, run_id: str) -> TrainingRun:
    """Cancel a run at once for everybody who asks; its process stops within seconds.

    Raises:
        RunHasEnded: 400, there is nothing left to cancel.
    """
    record = _require(repository.lock(conn, organization_id, run_id), run_id)
    if record.status not in LIVE:
        raise RunHasEnded(record)
    moment = now()
    repository.end(conn, run_id, "cancelled", moment=moment, seconds=seconds_since(record.started_at, moment))
    queue.request_cancel(conn, run_id)
    return get(conn, organization_id, run_id)


def read_train_config(spec: TrainerSpec, values: Mapping[str, object]) -> TrainingConfig:
    """Return a pipeline's settings, or refuse with the keys and values that are allowed (R3)."""
    if paths := [key for key in values if _is_server_path(spec, key)]:
        raise BadTrainConfig(
            f"The setting {', '.join(map(repr, paths))} cannot be given with a request",
            why="it names a file on the server",
            fix="Leave it out",
        )
    try:
        return read_config(spec, values)
    except BadConfig as error:
        raise BadTrainConfig(
            error.what, why=error.why, fix=error.fix or f"Settings are {', '.join(spec.config.model_fields)}"
        ) from error


def check_trainable(export: ExportRecord) -> None:
    """Raise `ExportNotTrainable` with what to do, when a run on this export could only fail."""
    if export.status != "completed" or export.blob_key is None:
        fix = "Wait until it is completed (`client.exports.wait_for_completion`), then start again"
        raise ExportNotTrainable(export, f"it is {export.status}", "Export again" if export.status == "failed" else fix)
    if export.expires_at is not None and export.expires_at <= now():
        raise ExportNotTrainable(export, f"it expired at {export.expires_at:%Y-%m-%d %H:%M} UTC", "Export again")
    if export.format != "pictograph" or not export.include_images:
        has = f"its format is {export.format}" if export.format != "pictograph" else "it holds no images"
        raise ExportNotTrainable(export, has, "Export with format='pictograph' and include_images=True")
    if not export.image_count:
        fix = "Export images that are complete: annotate them, or choose another `status_filter`"
        raise ExportNotTrainable(export, "it has no images (num_samples=0)", fix)
    annotated = export.report["annotated_images"] if export.report else 0
    if annotated < MIN_ANNOTATED_IMAGES:
        raise ExportNotTrainable(
            export,
            f"{annotated} of its {export.image_count} images carry annotations, and a run needs {MIN_ANNOTATED_IMAGES}",
            "Annotate more images, then export again",
        )


def estimated_minutes(gpu: GpuType, epochs: int | None) -> float:
    """Return how long a run is thought to take, generously: the unused part is returned."""
    return 5 + (epochs or _DEFAULT_EPOCHS) * _SECONDS_PER_EPOCH[gpu] / 60


def list_runs(
    conn: Connection,
    organization_id: str,
    *,
    dataset_name: str | None,
    status: repository.TrainingStatus | None,
    limit: int,
    offset: int,
) -> list[TrainingRun]:
    records = repository.page(
        conn, organization_id, dataset_name=dataset_name, status=status, limit=limit, offset=offset
    )
    return [to_wire(record) for record in records]


def to_wire(record: RunRecord) -> TrainingRun:
    return TrainingRun(
        id=record.id,
        organization_id=record.organization_id,
        name=record.name,
        dataset_id=record.dataset_id,
        export_id=record.export_id,
        model_id=record.model_id,
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
    )


def seconds_since(started_at: datetime | None, moment: datetime) -> float | None:
    return None if started_at is None else max(0.0, (moment - started_at).total_seconds())


def _check_gpu(given: str | None) -> GpuType:
    if given is None:
        return DEFAULT_GPU
    for gpu in get_args(GpuType):
        if gpu == given:
            return gpu
    raise UnknownGpu(given)


def _check_pipeline(given: str, specs: TrainerSpecs) -> tuple[PipelineType, TrainerSpec]:
    built = sorted(specs)
    for pipeline in get_args(PipelineType):
        if pipeline == given:
            if given not in specs:
                raise PipelineNotBuilt(given, built)
            try:
                check_installed(specs[given])
            except EngineUnavailable as error:
                raise PipelineNotInstalled(error.what, why=error.why, fix=error.fix) from error
            return pipeline, specs[given]
    raise UnknownPipeline(given, built)


def _is_server_path(spec: TrainerSpec, key: str) -> bool:
    field = spec.config.model_fields.get(key)
    return field is not None and (field.annotation is Path or Path in get_args(field.annotation))


def _require(record: RunRecord | None, run_id: str) -> RunRecord:
    if record is None:
        raise RunNotFound(run_id)
    return record
