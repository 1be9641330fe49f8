"""Pipeline runs: a folder on its way to a model."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Connection

from pictograph.models.auto_annotate import BatchClass
from pictograph.models.common import NonBlankStr
from pictograph.models.pipeline import (
    LabellingReport,
    PipelineDriver,
    PipelineQuote,
    PipelineRun,
    PipelineStage,
    PipelineStatus,
    PipelineUpload,
    ReportedOutcome,
)
from pictograph_server.auth import Member, Viewer
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, Look, Position, event_stream
from pictograph_server.services.pipelines import quote as quotes
from pictograph_server.services.pipelines import reporting
from pictograph_server.services.pipelines import service as pipelines
from pictograph_server.services.pipelines.checks import PipelineRequest
from pictograph_server.services.pipelines.reporting import Report
from pictograph_server.services.training.checks import DEFAULT_GPU

router = APIRouter(prefix=f"{API}/pipelines", tags=["pipelines"])

Credits = Annotated[int, Field(ge=0, le=1_000_000_000)]


class PipelineBody(BaseModel):
    """The arguments of `full_pipeline`, but for the folder: files are uploaded into the dataset."""

    dataset_name: str
    pipeline: str
    gpu: str | None = DEFAULT_GPU
    classes: list[BatchClass] = Field(default_factory=list[BatchClass], max_length=1000)
    train_config: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    annotate: bool = True
    train: bool = True
    review: bool = False
    confidence_threshold: float = Field(default=0.5, ge=0, le=1)
    annotator: Annotated[NonBlankStr, Field(max_length=1000)] | None = None
    model_id: str | None = None
    exclusive: bool = False
    min_credits: Credits | None = 1
    max_credits: Credits | None = None
    parent_model_id: str | None = None

    def request(self) -> PipelineRequest:
        return PipelineRequest(
            dataset_name=self.dataset_name,
            pipeline=self.pipeline,
            gpu=self.gpu,
            classes=self.classes,
            train_config=self.train_config,
            annotate=self.annotate,
            train=self.train,
            review=self.review,
            confidence_threshold=self.confidence_threshold,
            annotator=self.annotator,
            model_id=self.model_id,
            exclusive=self.exclusive,
            min_credits=self.min_credits,
            max_credits=self.max_credits,
            parent_model_id=self.parent_model_id,
        )


class CreatePipeline(PipelineBody):
    name: str | None = None
    description: str | None = Field(default=None, max_length=10_000)
    driver: PipelineDriver = "server"

    def request(self) -> PipelineRequest:
        return replace(super().request(), name=self.name, description=self.description, driver=self.driver)


class QuotePipeline(PipelineBody):
    images: int = Field(ge=0, le=10_000_000)


class ContinuePipeline(BaseModel):
    """`upload`: what became of the files. `accept_rest`: what still waits for review is good as it is."""

    model_config = ConfigDict(extra="forbid")

    upload: PipelineUpload | None = None
    accept_rest: bool = False


class UpdatePipeline(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    description: str | None = Field(default=None, max_length=10_000)


class ReportPipeline(BaseModel):
    """What a program that drives its run itself has done; an empty report says that it is alive."""

    model_config = ConfigDict(extra="forbid")

    stage: PipelineStage | None = None
    upload: PipelineUpload | None = None
    labelling: LabellingReport | None = None
    job_id: str | None = None
    training_run_id: str | None = None
    outcome: ReportedOutcome | None = None
    credit_skip_reason: str | None = Field(default=None, max_length=2000)
    error_message: str | None = Field(default=None, max_length=10_000)


class PipelineRunEnvelope(BaseModel):
    pipeline_run: PipelineRun


class PipelineQuoteEnvelope(BaseModel):
    quote: PipelineQuote


class PipelineRunList(BaseModel):
    pipeline_runs: list[PipelineRun]
    next_cursor: str | None


@router.post("/", status_code=201)
def create_pipeline(body: CreatePipeline, actor: Member, platform: PlatformDep) -> PipelineRunEnvelope:
    """Begin a run. Upload images into its dataset, then say `continue`."""
    return PipelineRunEnvelope(pipeline_run=pipelines.create(platform, actor, body.request(), trainer_specs()))


@router.post("/quote")
def quote_pipeline(body: QuotePipeline, actor: Member, platform: PlatformDep) -> PipelineQuoteEnvelope:
    """What a run would cost at most for so many images. Nothing is started."""
    found = quotes.quote(platform, actor, body.request(), trainer_specs(), images=body.images)
    return PipelineQuoteEnvelope(quote=found)


@router.get("/")
def list_pipelines(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    status: PipelineStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PipelineRunList:
    with platform.db.read() as conn:
        found, following = pipelines.list_runs(
            conn, actor.organization_id, dataset_name=dataset_name, status=status, cursor=cursor, limit=limit
        )
    return PipelineRunList(pipeline_runs=list(found), next_cursor=following)


@router.get("/{pipeline_id}")
def get_pipeline(pipeline_id: str, actor: Viewer, platform: PlatformDep) -> PipelineRunEnvelope:
    with platform.db.read() as conn:
        return PipelineRunEnvelope(pipeline_run=pipelines.get(conn, actor.organization_id, pipeline_id))


@router.patch("/{pipeline_id}")
def update_pipeline(
    pipeline_id: str, body: UpdatePipeline, actor: Member, platform: PlatformDep
) -> PipelineRunEnvelope:
    with platform.db.write() as conn:
        run = pipelines.update(conn, actor.organization_id, pipeline_id, name=body.name, description=body.description)
    return PipelineRunEnvelope(pipeline_run=run)


@router.get("/{pipeline_id}/events", response_class=EventStream)
async def follow_pipeline(
    pipeline_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The run, with the figures of every stage, whenever it changes."""

    def look(conn: Connection, _position: Position) -> Look:
        run = pipelines.get(conn, actor.organization_id, pipeline_id)
        return Look(PipelineRunEnvelope(pipeline_run=run), run.status in OVER)

    return await event_stream(request, platform, heard, look)


@router.post("/{pipeline_id}/continue")
def continue_pipeline(
    pipeline_id: str, body: ContinuePipeline, actor: Member, platform: PlatformDep
) -> PipelineRunEnvelope:
    """Say that the images are there, or that people have looked long enough."""
    with platform.db.write() as conn:
        run = pipelines.continue_(
            conn, actor.organization_id, pipeline_id, upload=body.upload, accept_rest=body.accept_rest
        )
    return PipelineRunEnvelope(pipeline_run=run)


@router.post("/{pipeline_id}/cancel")
def cancel_pipeline(pipeline_id: str, actor: Member, platform: PlatformDep) -> PipelineRunEnvelope:
    with platform.db.write() as conn:
        return PipelineRunEnvelope(pipeline_run=pipelines.cancel(conn, actor.organization_id, pipeline_id))


@router.post("/{pipeline_id}/resume")
def resume_pipeline(pipeline_id: str, actor: Member, platform: PlatformDep) -> PipelineRunEnvelope:
    """Go on from where the run is, after a failure, a cancel, or for want of credits."""
    with platform.db.write() as conn:
        return PipelineRunEnvelope(pipeline_run=pipelines.resume(conn, actor, pipeline_id))


@router.post("/{pipeline_id}/rerun", status_code=201)
def rerun_pipeline(pipeline_id: str, actor: Member, platform: PlatformDep) -> PipelineRunEnvelope:
    """Begin a new run with the same settings."""
    return PipelineRunEnvelope(pipeline_run=pipelines.rerun(platform, actor, pipeline_id, trainer_specs()))


@router.post("/{pipeline_id}/report")
def report_pipeline(
    pipeline_id: str, body: ReportPipeline, actor: Member, platform: PlatformDep
) -> PipelineRunEnvelope:
    """For programs that drive their run themselves: what they have done."""
    news = Report(
        stage=body.stage,
        upload=body.upload,
        labelling=body.labelling,
        job_id=body.job_id,
        training_run_id=body.training_run_id,
        outcome=body.outcome,
        credit_skip_reason=body.credit_skip_reason,
        error_message=body.error_message,
    )
    with platform.db.write() as conn:
        run = reporting.report(conn, actor.organization_id, pipeline_id, news)
    return PipelineRunEnvelope(pipeline_run=run)
