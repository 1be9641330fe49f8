"""Auto-annotation: single prompts, endpoints 49-51, and batch jobs, endpoints 52-54."""

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from pictograph.models.annotation import Annotation
from pictograph.models.auto_annotate import BatchClass, BatchJob, PromptStatus
from pictograph.models.common import BoundingBox, NonBlankStr
from pictograph_server.actor import Actor
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.auto_annotation import prompts
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.auto_annotation.prompts import Prompter, PromptNotAnswered, PromptOutcome, PromptTarget
from pictograph_server.services.auto_annotation.service import BatchRequest, ClassRequest
from pictograph_server.storage.db.types import new_id

router = APIRouter(prefix="/api/v1/developer/auto-annotate", tags=["auto-annotation"])

Threshold = Annotated[float, Field(ge=0, le=1)]


ClassName = Annotated[NonBlankStr, Field(max_length=120)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=255)]


class OnImage(BaseModel):
    dataset_name: str
    image_filename: str


class PointPrompt(OnImage):
    x: float
    y: float
    name: ClassName = "object"
    score_threshold: Threshold = 0.75
    positive_points: list[tuple[float, float]] | None = Field(default=None, max_length=100)
    negative_points: list[tuple[float, float]] | None = Field(default=None, max_length=100)


class BoxPrompt(OnImage):
    box: BoundingBox
    name: ClassName
    confidence_threshold: Threshold = 0.5
    return_polygon: bool = True
    negative_boxes: list[BoundingBox] | None = Field(default=None, max_length=100)


class TextPrompt(OnImage):
    text_prompt: ClassName
    output_type: Literal["polygon", "bbox"] = "polygon"
    confidence_threshold: Threshold = 0.3
    max_detections: int = Field(default=50, ge=1, le=100)


class PointAnswer(BaseModel):
    """One object: the key is singular here."""

    status: PromptStatus
    annotation: Annotation | None = None
    score: float | None = None
    inference_time: float


class PromptAnswer(BaseModel):
    status: PromptStatus
    annotations: list[Annotation]
    detection_count: int
    score: float | None = None
    inference_time: float


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


def _prompter(request: Request) -> Prompter:
    prompter = cast("Prompter | None", request.app.state.prompts)
    if prompter is None:
        raise PromptNotAnswered("This server answers no prompts", why="it was started without an annotator")
    return prompter


PrompterDep = Annotated[Prompter, Depends(_prompter)]


@router.post("/sam3/point", response_model_exclude_none=True)
def prompt_point(
    body: PointPrompt, actor: Member, platform: PlatformDep, prompter: PrompterDep, key: IdempotencyKey = None
) -> PointAnswer:
    outcome = prompts.point(
        platform,
        prompter,
        _target(actor, body, "point", key),
        name=body.name,
        positive=[(body.x, body.y), *(body.positive_points or ())],
        negative=body.negative_points or (),
        threshold=body.score_threshold,
    )
    annotation = outcome.annotations[0] if outcome.annotations else None
    return PointAnswer(
        status=outcome.status, annotation=annotation, score=outcome.score, inference_time=outcome.seconds
    )


@router.post("/sam3/box", response_model_exclude_none=True)
def prompt_box(
    body: BoxPrompt, actor: Member, platform: PlatformDep, prompter: PrompterDep, key: IdempotencyKey = None
) -> PromptAnswer:
    boxes = [body.box, *(body.negative_boxes or ())]
    outcome = prompts.box(
        platform,
        prompter,
        _target(actor, body, "box", key),
        name=body.name,
        boxes_xyxy=[(box.x, box.y, box.x + box.w, box.y + box.h) for box in boxes],
        shape="polygon" if body.return_polygon else "bbox",
        threshold=body.confidence_threshold,
    )
    return _answer(outcome)


@router.post("/sam3/text", response_model_exclude_none=True)
def prompt_text(
    body: TextPrompt, actor: Member, platform: PlatformDep, prompter: PrompterDep, key: IdempotencyKey = None
) -> PromptAnswer:
    outcome = prompts.text(
        platform,
        prompter,
        _target(actor, body, "text", key),
        phrase=body.text_prompt,
        shape=body.output_type,
        threshold=body.confidence_threshold,
        max_detections=body.max_detections,
    )
    return _answer(outcome)


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


def _target(actor: Actor, body: OnImage, kind: str, key: str | None) -> PromptTarget:
    return PromptTarget(
        organization_id=actor.organization_id,
        dataset_name=body.dataset_name,
        image_filename=body.image_filename,
        unique_key=f"prompt:{kind}:{key or new_id()}",
    )


def _answer(outcome: PromptOutcome) -> PromptAnswer:
    return PromptAnswer(
        status=outcome.status,
        annotations=list(outcome.annotations),
        detection_count=len(outcome.annotations),
        score=outcome.score,
        inference_time=outcome.seconds,
    )
