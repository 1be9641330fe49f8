"""Auto-annotation: what is asked for, what a single prompt found, how a batch job stands."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.annotation import Annotation
from pictograph.models.common import StrictModel, WireModel

PromptStatus = Literal["success", "no_detection", "below_threshold"]
BatchJobStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
BatchOutputType = Literal["polygon", "bbox", "tag"]


class BatchClass(StrictModel):
    """A class to look for and the shape to return it in.

    The model is asked with `prompt`, and where that is None with the name, `_` and `-` read as spaces. The hosted
    service does not know `prompt`, so None is never sent.
    """

    name: str = Field(min_length=1)
    output_type: BatchOutputType = "polygon"
    prompt: str | None = None


class PromptResult(WireModel):
    """What a point, box or text prompt found. Nothing is saved; `inference_time` is in seconds."""

    status: PromptStatus
    annotations: list[Annotation] = Field(default_factory=list[Annotation])
    score: float | None = Field(default=None, ge=0.0, le=1.0)
    inference_time: float | None = Field(default=None, ge=0.0)


class BatchJob(WireModel):
    """A batch job. `progress` is 0-100 and is 100 only when the job has ended."""

    job_id: str
    status: BatchJobStatus
    progress: int = Field(default=0, ge=0, le=100)
    total_images: int = Field(default=0, ge=0)
    processed_images: int = Field(default=0, ge=0)
    total_annotations_added: int = Field(default=0, ge=0)
    failed_images: int = Field(default=0, ge=0)
    error_message: str | None = None
    estimated_credits: int | None = None
    completed_at: datetime | None = None
