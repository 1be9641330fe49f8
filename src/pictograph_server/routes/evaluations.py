"""Models measured on datasets."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import Connection

from pictograph.models.evaluation import EvaluationRun, EvaluationSplit
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.services.evaluations import service as evaluations
from pictograph_server.services.evaluations.service import EvaluationRequest

router = APIRouter(prefix=f"{API}/models", tags=["models"])


class CreateEvaluation(BaseModel):
    dataset_name: str
    split: EvaluationSplit | None = None
    status_filter: str = "complete"


class EvaluationEnvelope(BaseModel):
    evaluation: EvaluationRun


class EvaluationList(BaseModel):
    evaluations: list[EvaluationRun]


@router.post("/{model_id}/evaluations", status_code=201)
def create_evaluation(
    model_id: str, body: CreateEvaluation, actor: Member, platform: PlatformDep
) -> EvaluationEnvelope:
    request = EvaluationRequest(
        model_id=model_id,
        dataset_name=body.dataset_name,
        split=body.split,
        status_filter=body.status_filter,
        created_by=actor.id,
    )
    with platform.db.write() as conn:
        return EvaluationEnvelope(evaluation=evaluations.create(conn, actor.organization_id, request))


@router.get("/{model_id}/evaluations")
def list_evaluations(
    model_id: str,
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Offset = 0,
) -> EvaluationList:
    with platform.db.read() as conn:
        found = evaluations.list_evaluations(conn, actor.organization_id, model_id, limit=limit, offset=offset)
    return EvaluationList(evaluations=found)


@router.get("/{model_id}/evaluations/{evaluation_id}")
def get_evaluation(model_id: str, evaluation_id: str, actor: Viewer, platform: PlatformDep) -> EvaluationEnvelope:
    with platform.db.read() as conn:
        return EvaluationEnvelope(evaluation=evaluations.get(conn, actor.organization_id, model_id, evaluation_id))


@router.get("/{model_id}/evaluations/{evaluation_id}/events", response_class=EventStream)
async def follow_evaluation(
    model_id: str, evaluation_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The evaluation whenever it changes, and what its job says."""

    def get(conn: Connection) -> JobLook:
        run = evaluations.get(conn, actor.organization_id, model_id, evaluation_id)
        return JobLook(EvaluationEnvelope(evaluation=run), evaluation_id, run.status in OVER)

    return await job_stream(request, platform, heard, get)


@router.post("/{model_id}/evaluations/{evaluation_id}/cancel")
def cancel_evaluation(model_id: str, evaluation_id: str, actor: Member, platform: PlatformDep) -> EvaluationEnvelope:
    with platform.db.write() as conn:
        return EvaluationEnvelope(evaluation=evaluations.cancel(conn, actor.organization_id, model_id, evaluation_id))
