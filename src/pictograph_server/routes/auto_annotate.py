"""Auto-annotation: batch jobs, endpoints 52-54."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pictograph.models.auto_annotate import BatchClass, BatchJob
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.auto_annotation.service import BatchRequest, ClassRequest

router = APIRouter(prefix="/api/v1/developer/auto-annotate", tags=["auto-annotation"])

Threshold = Annotated[float, Field(ge=0, le=1)]


class StartBatch(BaseModel):
    """Our own client sends `image_ids` beside the names, for names repeat between folders."""

    dataset_name: str
    image_filenames: list[str] = Field(default_factory=list[str], max_length=batches.MAX_IMAGES)
    image_ids: list[str] | None = Field(default=None, max_length=batches.MAX_IMAGES)
    classes: list[BatchClass] = Field(default_factory=list[BatchClass], max_length=1000)
    confidence_threshold: Threshold = 0.5
    top_k: int = Field(default=1, ge=1)
    model_id: str | None = None
    review: bool | None = None
    skip_annotated: bool | None = None


@router.post("/batch")
def start_batch(body: StartBatch, actor: Member, platform: PlatformDep) -> BatchJob:
    request = BatchRequest(
        dataset_name=body.dataset_name,
        classes=[ClassRequest(each.name, each.output_type, each.prompt) for each in body.classes],
        image_filenames=body.image_filenames,
        image_ids=body.image_ids or (),
        confidence_threshold=body.confidence_threshold,
        top_k=body.top_k,
        model_id=body.model_id,
        review=body.review,
        skip_annotated=bool(body.skip_annotated),
    )
    with platform.db.write() as conn:
        return batches.create(conn, actor.organization_id, request)


@router.get("/batch/{job_id}")
def get_batch(job_id: str, actor: Viewer, platform: PlatformDep) -> BatchJob:
    with platform.db.read() as conn:
        return batches.get(conn, actor.organization_id, job_id)


@router.post("/batch/{job_id}/cancel")
def cancel_batch(job_id: str, actor: Member, platform: PlatformDep) -> BatchJob:
    with platform.db.write() as conn:
        return batches.cancel(conn, actor.organization_id, job_id)
