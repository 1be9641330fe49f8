"""A pipeline run: a folder on its way to a model, watched, corrected, cancelled, resumed, and run again."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.auto_annotate import BatchClass
from pictograph.models.common import JsonObject, StrictModel, WireModel
from pictograph.models.training import GpuType, PipelineType, TrainingStatus

# `server`: goes on by itself. `client`: a program drives it and reports what it did.
PipelineDriver = Literal["server", "client"]
PipelineStatus = Literal["waiting", "running", "completed", "failed", "cancelled"]
PipelineStage = Literal["upload", "annotate", "review", "train", "done"]
StageState = Literal["waiting", "running", "done", "failed", "skipped", "cancelled"]
# What a waiting run waits for: files to arrive, people to look, credits.
WaitingFor = Literal["images", "review", "credits"]


class UploadProblem(StrictModel):
    """A file that is not in the dataset, and why."""

    path: str = Field(max_length=2000)
    reason: str = Field(max_length=2000)


class PipelineUpload(StrictModel):
    """What became of the files: `failures` names the first thousand that failed."""

    uploaded: int = Field(default=0, ge=0, le=1_000_000_000)
    skipped: int = Field(default=0, ge=0, le=1_000_000_000)
    failed: int = Field(default=0, ge=0, le=1_000_000_000)
    failures: list[UploadProblem] = Field(default_factory=list[UploadProblem], max_length=1000)


class PipelineSettings(WireModel):
    """What a run was asked to do; the arguments of `full_pipeline`."""

    classes: list[BatchClass] = Field(default_factory=list[BatchClass])
    pipeline: PipelineType
    gpu: GpuType = "a10g"
    train_config: JsonObject = Field(default_factory=JsonObject)
    annotate: bool = True
    train: bool = True
    review: bool = False
    confidence_threshold: float = 0.5
    annotator: str | None = None
    model_id: str | None = None
    exclusive: bool = False
    min_credits: int | None = 1
    max_credits: int | None = None
    parent_model_id: str | None = None


class StageSnapshot(WireModel):
    """How far a stage is. One that was not asked for, or had nothing to do, is `skipped`."""

    state: StageState = "waiting"
    started_at: datetime | None = None
    finished_at: datetime | None = None


class UploadSnapshot(StageSnapshot):
    """The files. `images` are in the dataset now; of `preparing` there is no thumbnail yet."""

    uploaded: int = 0
    skipped: int = 0
    failed: int = 0
    failures: list[UploadProblem] = Field(default_factory=list[UploadProblem])
    images: int = 0
    preparing: int = 0


class LabellingProblem(WireModel):
    """An image that could not be labelled, and why."""

    image_id: str
    reason: str


class LabelledImage(WireModel):
    """An image that was labelled a moment ago; width and height as it is shown."""

    image_id: str
    filename: str
    width: int
    height: int
    annotation_count: int


class ClassFindings(WireModel):
    """What was found of a class: how many, and how many in each twentieth of the confidence, from 0 to 1."""

    class_name: str
    annotations: int
    confidences: list[int]


class LabellingSnapshot(StageSnapshot):
    """The labelling of all images that nobody had annotated: `labelled` and `failed` of `total`.

    `skipped` were annotated before the run. `job_ids` are its batch jobs, the last one last. `newest_images` are the
    last dozen, the newest first.
    """

    job_id: str | None = None
    job_ids: list[str] = Field(default_factory=list[str])
    total: int = 0
    labelled: int = 0
    skipped: int = 0
    failed: int = 0
    failures: list[LabellingProblem] = Field(default_factory=list[LabellingProblem])
    annotations: int = 0
    confidences: list[int] = Field(default_factory=list[int])
    classes: list[ClassFindings] = Field(default_factory=list[ClassFindings])
    engine: str | None = None
    images_per_second: float | None = None
    eta_seconds: int | None = None
    newest_images: list[LabelledImage] = Field(default_factory=list[LabelledImage])
    error_message: str | None = None


class ReviewSnapshot(StageSnapshot):
    """The images that wait for people's eyes, and those that no longer do: `completed` of `total`."""

    waiting: int = 0
    completed: int = 0
    total: int = 0


class TrainingSnapshot(StageSnapshot):
    """The training: an export of what is complete, then a training run on it."""

    export_name: str | None = None
    export_status: str | None = None
    run_id: str | None = None
    run_ids: list[str] = Field(default_factory=list[str])
    status: TrainingStatus | None = None
    epoch: int = 0
    epochs: int | None = None
    progress: int = 0
    eta_seconds: int | None = None
    metrics: dict[str, float] = Field(default_factory=dict[str, float])
    device: str | None = None
    dataset_version: int | None = None
    error_message: str | None = None


class PipelineRun(WireModel):
    """A pipeline run at one moment. Of several in a list, failures, newest images and histograms are left out.

    `metrics` are the headline figures of the model's evaluation. `credits_spent` counts all jobs of the run.
    `error_code` and `error_message` say why it failed; `credit_skip_reason` why the paid stages were not started.
    """

    id: str
    organization_id: str
    dataset_id: str | None = None
    dataset_name: str
    name: str
    description: str | None = None
    driver: PipelineDriver
    status: PipelineStatus
    stage: PipelineStage
    waiting_for: WaitingFor | None = None
    settings: PipelineSettings
    upload: UploadSnapshot = Field(default_factory=UploadSnapshot)
    annotate: LabellingSnapshot = Field(default_factory=LabellingSnapshot)
    review: ReviewSnapshot = Field(default_factory=ReviewSnapshot)
    train: TrainingSnapshot = Field(default_factory=TrainingSnapshot)
    model_id: str | None = None
    metrics: dict[str, float] = Field(default_factory=dict[str, float])
    credits_spent: int = 0
    credit_skip_reason: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    rerun_of: str | None = None
    created_by: str | None = None
    created_at: datetime
    completed_at: datetime | None = None


class PipelineQuote(WireModel):
    """What a run would cost at most for so many images; nothing is started.

    `seconds` is None where nobody knows yet how fast the annotator is here.
    """

    images: int = Field(ge=0)
    annotate_credits: int = Field(ge=0)
    engine: str | None = None
    seconds: float | None = None
    train_credits: int = Field(ge=0)
    train_minutes: int = Field(ge=0)
    epochs: int | None = None
    credits: int = Field(ge=0)
    credits_remaining: int
    sufficient: bool


class LabellingReport(StrictModel):
    """What a program labelled by itself, image by image."""

    total: int = Field(default=0, ge=0, le=1_000_000_000)
    labelled: int = Field(default=0, ge=0, le=1_000_000_000)
    skipped: int = Field(default=0, ge=0, le=1_000_000_000)
    failed: int = Field(default=0, ge=0, le=1_000_000_000)
    annotations: int = Field(default=0, ge=0, le=1_000_000_000)


# How a program that drives its run itself says it stands; see `POST /pipelines/{id}/report`.
ReportedOutcome = Literal["running", "waiting", "completed", "failed"]
