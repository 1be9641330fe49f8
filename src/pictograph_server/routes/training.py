"""Training runs: endpoints 20-23; which pipelines there are, what a run would cost, and what it left to look at."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, JsonValue
from sqlalchemy import Connection

from pictograph.models.training import (
    Pipeline,
    PipelineType,
    TrainingEpoch,
    TrainingEstimate,
    TrainingRun,
    TrainingSplits,
    TrainingStatus,
)
from pictograph_server.auth import Member, Viewer
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.routes.credits import renew_if_due
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.routes.events import (
    OVER,
    EventStream,
    HeardUntil,
    Look,
    Position,
    Said,
    event_stream,
    job_events,
    number_of,
)
from pictograph_server.services.training import estimate as estimates
from pictograph_server.services.training import pipelines
from pictograph_server.services.training import service as training
from pictograph_server.services.training.checks import DEFAULT_GPU
from pictograph_server.services.training.estimate import EstimateRequest
from pictograph_server.services.training.service import TrainingRequest

router = APIRouter(prefix="/api/v1/developer/training", tags=["training"])


class CreateTrainingRun(BaseModel):
    dataset_name: str
    export_name: str
    pipeline_type: str
    name: str
    gpu_type: str | None = DEFAULT_GPU
    config: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    parent_model_id: str | None = None


class CheckTraining(BaseModel):
    pipeline_type: str
    gpu_type: str | None = DEFAULT_GPU
    config: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    parent_model_id: str | None = None


class EstimateTraining(BaseModel):
    pipeline_type: str
    gpu_type: str | None = DEFAULT_GPU
    config: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    dataset_name: str | None = None
    export_name: str | None = None
    images: int | None = Field(default=None, ge=1)


class TrainingCheck(BaseModel):
    ok: Literal[True] = True


class TrainingEstimateEnvelope(BaseModel):
    estimate: TrainingEstimate


class PipelineList(BaseModel):
    pipelines: list[Pipeline]


class TrainingHistory(BaseModel):
    epochs: list[TrainingEpoch]


class TrainingSplitsEnvelope(BaseModel):
    splits: TrainingSplits


class TrainingRunEnvelope(BaseModel):
    training_run: TrainingRun


class TrainingRunList(BaseModel):
    training_runs: list[TrainingRun]


@router.post("/", status_code=201)
def create_training_run(body: CreateTrainingRun, actor: Member, platform: PlatformDep) -> TrainingRunEnvelope:
    request = TrainingRequest(
        dataset_name=body.dataset_name,
        export_name=body.export_name,
        pipeline_type=body.pipeline_type,
        name=body.name,
        gpu_type=body.gpu_type,
        config=body.config,
        parent_model_id=body.parent_model_id,
        created_by=actor.id,
    )
    with platform.db.write() as conn:
        run = training.create(conn, platform.settings.prices, actor.organization_id, request, trainer_specs())
    return TrainingRunEnvelope(training_run=run)


@router.post("/check")
def check_training(body: CheckTraining, actor: Viewer, platform: PlatformDep) -> TrainingCheck:
    with platform.db.read() as conn:
        training.check(
            conn,
            actor.organization_id,
            body.pipeline_type,
            body.gpu_type,
            body.config,
            trainer_specs(),
            parent_model_id=body.parent_model_id,
        )
    return TrainingCheck()


@router.post("/estimate")
def estimate_training(body: EstimateTraining, actor: Viewer, platform: PlatformDep) -> TrainingEstimateEnvelope:
    request = EstimateRequest(
        pipeline_type=body.pipeline_type,
        gpu_type=body.gpu_type,
        config=body.config,
        dataset_name=body.dataset_name,
        export_name=body.export_name,
        images=body.images,
    )
    renew_if_due(platform, actor.organization_id)
    with platform.db.read() as conn:
        found = estimates.estimate(conn, platform.settings.prices, actor.organization_id, request, trainer_specs())
    return TrainingEstimateEnvelope(estimate=found)


# Before `/{run_id}`, which would take it for a run.
@router.get("/pipelines")
def list_pipelines(_actor: Viewer) -> PipelineList:
    return PipelineList(pipelines=pipelines.list_pipelines(trainer_specs()))


@router.get("/")
def list_training_runs(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    status: TrainingStatus | None = None,
    pipeline_type: PipelineType | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Offset = 0,
) -> TrainingRunList:
    with platform.db.read() as conn:
        found = training.list_runs(
            conn,
            actor.organization_id,
            dataset_name=dataset_name,
            status=status,
            pipeline=pipeline_type,
            limit=limit,
            offset=offset,
        )
    return TrainingRunList(training_runs=found)


@router.get("/{run_id}")
def get_training_run(run_id: str, actor: Viewer, platform: PlatformDep) -> TrainingRunEnvelope:
    with platform.db.read() as conn:
        return TrainingRunEnvelope(training_run=training.get(conn, actor.organization_id, run_id))


@router.get("/{run_id}/history")
def get_training_history(run_id: str, actor: Viewer, platform: PlatformDep) -> TrainingHistory:
    with platform.db.read() as conn:
        return TrainingHistory(epochs=training.epochs(conn, actor.organization_id, run_id))


@router.get("/{run_id}/events", response_class=EventStream)
async def follow_training_run(
    run_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The run whenever it changes, what its job says, and every epoch."""

    def look(conn: Connection, position: Position) -> Look:
        run = training.get(conn, actor.organization_id, run_id)
        epochs = training.epochs(conn, actor.organization_id, run_id, after=number_of(position, 1))
        said = [
            job_events(conn, run_id, number_of(position, 0)),
            [Said(epoch.epoch, "epoch", epoch.model_dump(mode="json")) for epoch in epochs],
        ]
        return Look(TrainingRunEnvelope(training_run=run), run.status in OVER, said)

    return await event_stream(request, platform, heard, look)


@router.get("/{run_id}/splits")
def get_training_splits(run_id: str, actor: Viewer, platform: PlatformDep) -> TrainingSplitsEnvelope:
    with platform.db.read() as conn:
        return TrainingSplitsEnvelope(splits=training.splits(conn, actor.organization_id, run_id))


@router.post("/{run_id}/cancel")
def cancel_training_run(run_id: str, actor: Member, platform: PlatformDep) -> TrainingRunEnvelope:
    with platform.db.write() as conn:
        return TrainingRunEnvelope(training_run=training.cancel(conn, actor.organization_id, run_id))
