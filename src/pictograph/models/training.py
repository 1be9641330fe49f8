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

    `device` is what it really runs on, in words, once it has begun; `gpu_type` is what was asked for.
    """

    id: str
    organization_id: str
    name: str
    dataset_id: str | None = None
    export_id: str | None = None
    model_id: str | None = None
    pipeline_type: PipelineType
    gpu_type: GpuType | None = None
    device: str | None = None
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
