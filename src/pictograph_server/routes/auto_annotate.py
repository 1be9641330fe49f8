"""Auto-annotation: single prompts, endpoints 49-51, batch jobs, 52-54, and what they would cost."""

from collections.abc import Sequence
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pictograph.models.annotation import Annotation
from pictograph.models.auto_annotate import (
    AnnotationDestination,
    BatchClass,
    BatchEstimate,
    BatchJob,
    BatchOutputType,
    Prompt,
    Prompts,
    PromptStatus,
)
from pictograph.models.common import BoundingBox, NonBlankStr
from pictograph_server.actor import Actor
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, Look, Position, event_stream
from pictograph_server.services.auto_annotation import prompts
from pictograph_server.services.auto_annotation import quote as quotes
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.auto_annotation.planning import BatchRequest, ClassRequest, ExemplarRequest
from pictograph_server.services.auto_annotation.prompts import (
    Prompter,
    PromptNotAnswered,
    PromptOutcome,
    PromptTarget,
    TextQuestion,
)
from pictograph_server.services.auto_annotation.request import Box
from pictograph_server.storage.db.types import new_id

router = APIRouter(prefix="/api/v1/developer/auto-annotate", tags=["auto-annotation"])

Threshold = Annotated[float, Field(ge=0, le=1)]
Area = Annotated[float, Field(ge=0, allow_inf_nan=False)]
ClassName = Annotated[NonBlankStr, Field(max_length=120)]
AnnotatorName = Annotated[NonBlankStr, Field(max_length=1000)]
Boxes = Annotated[list[BoundingBox], Field(max_length=100)]
ImageNames = Annotated[list[str], Field(max_length=batches.MAX_IMAGES)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=255)]


class OnImage(BaseModel):
    dataset_name: str
    image_filename: str
    annotator: AnnotatorName | None = None
    model_id: str | None = None


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
    negative_boxes: Boxes | None = None


class TextPrompt(OnImage):
    """The text is what is looked for and the name of its class, unless `prompts` or a `name` say otherwise."""

    text_prompt: ClassName
    output_type: Literal["polygon", "bbox"] = "polygon"
    confidence_threshold: Threshold = 0.3
    max_detections: int = Field(default=50, ge=1, le=100)
    name: ClassName | None = None
    prompts: Prompts | None = None
    min_area: Area = 0.0


class PointAnswer(BaseModel):
    """One object: the key is singular here."""

    status: PromptStatus
    annotation: Annotation | None = None
    score: float | None = None
    inference_time: float
    engine: str


class PromptAnswer(BaseModel):
    status: PromptStatus
    annotations: list[Annotation]
    detection_count: int
    score: float | None = None
    inference_time: float
    engine: str


class OnImages(BaseModel):
    """What batches share. Our own client sends `image_ids` beside the names, for names repeat between folders."""

    dataset_name: str
    # Both left out: every image of the dataset.
    image_filenames: ImageNames | None = None
    image_ids: ImageNames | None = None
    confidence_threshold: Threshold = 0.5
    max_detections: int | None = Field(default=None, ge=1)
    min_area: Area | None = None
    annotator: AnnotatorName | None = None
    model_id: str | None = None
    review: bool | None = None
    skip_annotated: bool | None = None
    destination: AnnotationDestination = "dataset"
    max_credits: int | None = Field(default=None, ge=0)


class StartBatch(OnImages):
    classes: list[BatchClass] = Field(default_factory=list[BatchClass], max_length=1000)
    top_k: int = Field(default=1, ge=1)
    exclusive: bool = False


class StartSimilar(OnImages):
    """Find what is like a box, and unlike others, of one image."""

    image: str
    boxes: Boxes = Field(min_length=1)
    negative_boxes: Boxes = Field(default_factory=list[BoundingBox])
    name: ClassName
    output_type: BatchOutputType = "polygon"
    # Words that narrow it down.
    prompt: Prompt | None = None


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
        status=outcome.status,
        annotation=annotation,
        score=outcome.score,
        inference_time=outcome.seconds,
        engine=outcome.engine,
    )


@router.post("/sam3/box", response_model_exclude_none=True)
def prompt_box(
    body: BoxPrompt, actor: Member, platform: PlatformDep, prompter: PrompterDep, key: IdempotencyKey = None
) -> PromptAnswer:
    outcome = prompts.box(
        platform,
        prompter,
        _target(actor, body, "box", key),
        name=body.name,
        boxes_xyxy=_corners([body.box, *(body.negative_boxes or ())]),
        shape="polygon" if body.return_polygon else "bbox",
        threshold=body.confidence_threshold,
    )
    return _answer(outcome)


@router.post("/sam3/text", response_model_exclude_none=True)
def prompt_text(
    body: TextPrompt, actor: Member, platform: PlatformDep, prompter: PrompterDep, key: IdempotencyKey = None
) -> PromptAnswer:
    question = TextQuestion(
        class_name=body.name or body.text_prompt,
        phrases=body.prompts or ([body.text_prompt] if body.name else []),
        output_type=body.output_type,
        threshold=body.confidence_threshold,
        max_detections=body.max_detections,
        min_area=body.min_area,
    )
    return _answer(prompts.text(platform, prompter, _target(actor, body, "text", key), question))


@router.post("/batch")
def start_batch(body: StartBatch, actor: Member, platform: PlatformDep) -> BatchJob:
    return batches.start(platform, actor, _by_words(body))


@router.post("/batch/quote")
def quote_batch(body: StartBatch, actor: Member, platform: PlatformDep) -> BatchEstimate:
    return quotes.quote(platform, actor, _by_words(body))


@router.post("/similar")
def start_similar(body: StartSimilar, actor: Member, platform: PlatformDep) -> BatchJob:
    return batches.start(platform, actor, _by_example(body))


@router.post("/similar/quote")
def quote_similar(body: StartSimilar, actor: Member, platform: PlatformDep) -> BatchEstimate:
    return quotes.quote(platform, actor, _by_example(body))


@router.get("/batch/{job_id}")
def get_batch(job_id: str, actor: Viewer, platform: PlatformDep) -> BatchJob:
    with platform.db.read() as conn:
        return batches.get(conn, actor.organization_id, job_id)


@router.get("/batch/{job_id}/events", response_class=EventStream)
async def follow_batch(
    job_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The batch whenever it changes."""

    def look(conn: Connection, _position: Position) -> Look:
        job = batches.get(conn, actor.organization_id, job_id)
        return Look(job, job.status in OVER)

    return await event_stream(request, platform, heard, look)


@router.post("/batch/{job_id}/cancel")
def cancel_batch(job_id: str, actor: Member, platform: PlatformDep) -> BatchJob:
    with platform.db.write() as conn:
        return batches.cancel(conn, actor.organization_id, job_id)


def _by_words(body: StartBatch) -> BatchRequest:
    classes = [
        ClassRequest(
            each.name,
            each.output_type,
            each.all_prompts,
            confidence_threshold=each.confidence_threshold,
            max_detections=each.max_detections,
            min_area=each.min_area,
        )
        for each in body.classes
    ]
    return _request(body, classes, exclusive=body.exclusive, top_k=body.top_k)


def _by_example(body: StartSimilar) -> BatchRequest:
    exemplar = ExemplarRequest(
        image=body.image,
        boxes_xyxy=_corners([*body.boxes, *body.negative_boxes]),
        is_positive=[True] * len(body.boxes) + [False] * len(body.negative_boxes),
        phrase=body.prompt,
    )
    return _request(body, [ClassRequest(body.name, body.output_type)], exemplar=exemplar)


def _request(
    body: OnImages,
    classes: Sequence[ClassRequest],
    *,
    exclusive: bool = False,
    top_k: int = 1,
    exemplar: ExemplarRequest | None = None,
) -> BatchRequest:
    return BatchRequest(
        dataset_name=body.dataset_name,
        classes=classes,
        image_filenames=body.image_filenames,
        image_ids=body.image_ids,
        confidence_threshold=body.confidence_threshold,
        max_detections=body.max_detections,
        min_area=body.min_area,
        exclusive=exclusive,
        top_k=top_k,
        annotator=body.annotator,
        model_id=body.model_id,
        exemplar=exemplar,
        destination=body.destination,
        review=body.review,
        skip_annotated=bool(body.skip_annotated),
        max_credits=body.max_credits,
    )


def _corners(boxes: Sequence[BoundingBox]) -> list[Box]:
    return [(box.x, box.y, box.x + box.w, box.y + box.h) for box in boxes]


def _target(actor: Actor, body: OnImage, kind: str, key: str | None) -> PromptTarget:
    return PromptTarget(
        actor=actor,
        dataset_name=body.dataset_name,
        image_filename=body.image_filename,
        unique_key=f"prompt:{kind}:{key or new_id()}",
        annotator=body.annotator,
        model_id=body.model_id,
    )


def _answer(outcome: PromptOutcome) -> PromptAnswer:
    return PromptAnswer(
        status=outcome.status,
        annotations=list(outcome.annotations),
        detection_count=len(outcome.annotations),
        score=outcome.score,
        inference_time=outcome.seconds,
        engine=outcome.engine,
    )
