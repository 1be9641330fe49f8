"""Training runs: endpoints 20-23, and whether a run could be started at all."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, JsonValue

from pictograph.models.training import TrainingRun, TrainingStatus
from pictograph_server.auth import Member, Viewer
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.training import service as training
from pictograph_server.services.training.service import TrainingRequest

router = APIRouter(prefix="/api/v1/developer/training", tags=["training"])


class CreateTrainingRun(BaseModel):
    dataset_name: str
    export_name: str
    pipeline_type: str
    name: str
    gpu_type: str | None = training.DEFAULT_GPU
    config: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])


class CheckTraining(BaseModel):
    pipeline_type: str
    gpu_type: str | None = training.DEFAULT_GPU
    config: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])


class TrainingCheck(BaseModel):
    ok: Literal[True] = True


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
        created_by=actor.key_id,
    )
    with platform.db.write() as conn:
        run = training.create(conn, actor.organization_id, request, trainer_specs())
    return TrainingRunEnvelope(training_run=run)


@router.post("/check")
def check_training(body: CheckTraining, _actor: Viewer) -> TrainingCheck:
    training.check(body.pipeline_type, body.gpu_type, body.config, trainer_specs())
    return TrainingCheck()


@router.get("/")
def list_training_runs(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    status: TrainingStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> TrainingRunList:
    with platform.db.read() as conn:
        found = training.list_runs(
            conn, actor.organization_id, dataset_name=dataset_name, status=status, limit=limit, offset=offset
        )
    return TrainingRunList(training_runs=found)


@router.get("/{run_id}")
def get_training_run(run_id: str, actor: Viewer, platform: PlatformDep) -> TrainingRunEnvelope:
    with platform.db.read() as conn:
        return TrainingRunEnvelope(training_run=training.get(conn, actor.organization_id, run_id))


@router.post("/{run_id}/cancel")
def cancel_training_run(run_id: str, actor: Member, platform: PlatformDep) -> TrainingRunEnvelope:
    with platform.db.write() as conn:
        return TrainingRunEnvelope(training_run=training.cancel(conn, actor.organization_id, run_id))
