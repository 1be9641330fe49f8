"""A training run: one pipeline on one export."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import JsonObject, WireModel

PipelineType = Literal["yolox", "detectron2", "sm_pytorch", "classification", "rfdetr_detection", "rfdetr_segmentation"]
GpuType = Literal["a10g", "a100", "h100"]
TrainingStatus = Literal["pending", "queued", "running", "completed", "failed", "cancelled"]


class TrainingRun(WireModel):
    """A training run. `model_id` is set exactly when it is completed; `progress` is 0-100.

    `dataset_version` is the number of the version of the dataset that it learns from.

    `device` is what it really runs on, in words, once it has begun; `gpu_type` is what was asked for. `started_from`
    names the weights at the start, None for random ones; `remarks` say what was left out of the data and why.
    `training_time_seconds` is the time its epochs took: what is paid for.
    """

    id: str
    organization_id: str
    name: str
    dataset_id: str | None = None
    export_id: str | None = None
    dataset_version_id: str | None = None
    dataset_version: int | None = None
    model_id: str | None = None
    parent_model_id: str | None = None
    pipeline_type: PipelineType
    gpu_type: GpuType | None = None
    device: str | None = None
    started_from: str | None = None
    remarks: list[str] = Field(default_factory=list[str])
    status: TrainingStatus
    progress: int = Field(default=0, ge=0, le=100)
    current_epoch: int = 0
    total_epochs: int | None = None
    metrics: JsonObject = Field(default_factory=JsonObject)
    config: JsonObject = Field(default_factory=JsonObject)
    eta_seconds: int | None = None
    training_time_seconds: int | None = None
    error_message: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    created_at: datetime
    created_by: str | None = None


class TrainingEpoch(WireModel):
    """One epoch of a run: means of its losses, and figures of the val split where it was measured.

    `seconds` is the time all epochs up to this one took.
    """

    epoch: int
    losses: dict[str, float] = Field(default_factory=dict[str, float])
    metrics: dict[str, float] = Field(default_factory=dict[str, float])
    learning_rate: float | None = None
    images_per_second: float | None = None
    eta_seconds: int | None = None
    seconds: float
    reported_at: datetime


class TrainingMessage(WireModel):
    """What a run said: the batch size it found, the device it uses, that it goes on after a crash."""

    message: str
    at: datetime


class TrainingSplits(WireModel):
    """Which image a run learned from and which it was measured on.

    `images` maps `train`, `val` and `test` to ids of images, `objects` to annotations by class. Without `val`, the
    figures are those of the training images; without `test`, those of `val`.
    """

    images: dict[str, list[str]]
    objects: dict[str, dict[str, int]]


class TrainingEstimate(WireModel):
    """What a run will cost at most: so much is held when it starts, and what it does not use comes back.

    `epochs` is how many were counted with; a pipeline that is not told how many chooses fewer.
    """

    pipeline_type: PipelineType
    gpu_type: GpuType
    images: int
    epochs: int
    minutes: int
    credits: int
    credits_remaining: int
    sufficient: bool


class Pipeline(WireModel):
    """A pipeline: what it makes, what it learns from, its settings as a JSON schema, and whether it can run there."""

    name: PipelineType
    task: str
    learns_from: list[str]
    license: str = ""
    is_available: bool
    why_not: str | None = None
    fix: str | None = None
    config_schema: JsonObject
