"""Auto-annotation: what is asked for, what a single prompt found, how a batch job stands."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pictograph.models.annotation import Annotation
from pictograph.models.common import NonBlankStr, StrictModel, WireModel

PromptStatus = Literal["success", "no_detection", "below_threshold"]
BatchJobStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
BatchOutputType = Literal["polygon", "bbox", "tag"]


AnnotationDestination = Literal["dataset", "proposals"]

Prompt = Annotated[NonBlankStr, Field(max_length=500)]
Prompts = Annotated[list[Prompt], Field(min_length=1, max_length=20)]


def require_one_form(prompt: str | None, prompts: list[str] | None) -> None:
    """Raise `ValueError` when the one prompt and the list of prompts of a class are both given."""
    if prompt is not None and prompts is not None:
        raise ValueError("give either `prompt` or `prompts`, not both: put the one among the others")


def all_prompts(prompt: str | None, prompts: list[str] | None) -> tuple[str, ...]:
    """Return the prompts of a class, in whichever form they are given; none when there are none."""
    return tuple(prompts or ()) if prompt is None else (prompt,)


class BatchClass(StrictModel):
    """A class to look for and the shape to return it in.

    The model is asked with each of `prompts` (`prompt` where it is only one), and without any with the name, `_` and
    `-` read as spaces. What several prompts of a class find of one object is kept once. A threshold, a number of
    detections on an image and a least area (square pixels) of its own go before those of the whole batch. The hosted
    service knows name and output type alone, so what is None is never sent.
    """

    name: str = Field(min_length=1)
    output_type: BatchOutputType = "polygon"
    prompt: Prompt | None = None
    prompts: Prompts | None = None
    confidence_threshold: float | None = Field(default=None, ge=0, le=1)
    max_detections: int | None = Field(default=None, ge=1)
    min_area: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_form_of_prompts(self) -> Self:
        require_one_form(self.prompt, self.prompts)
        return self

    @property
    def all_prompts(self) -> tuple[str, ...]:
        """Return what the model is asked with in place of the name; empty when it is the name."""
        return all_prompts(self.prompt, self.prompts)


class PromptResult(WireModel):
    """What a point, box or text prompt found. Nothing is saved; `inference_time` is in seconds."""

    status: PromptStatus
    annotations: list[Annotation] = Field(default_factory=list[Annotation])
    score: float | None = Field(default=None, ge=0.0, le=1.0)
    inference_time: float | None = Field(default=None, ge=0.0)
    # Beyond the hosted service: the engine and checkpoint that answered.
    engine: str | None = None


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
    # Beyond the hosted service: the engine and checkpoint that answers, how fast, and for how long still.
    engine: str | None = None
    images_per_second: float | None = Field(default=None, ge=0.0)
    eta_seconds: int | None = Field(default=None, ge=0)
    # How many of the names asked for no image has, and the first of them.
    images_not_found: int = Field(default=0, ge=0)
    names_not_found: list[str] = Field(default_factory=list[str])


class BatchEstimate(WireModel):
    """What a batch job would do and cost, before it is started; the charge is never more.

    `seconds` is None where nobody knows yet how fast the engine is here.
    """

    images: int = Field(ge=0)
    images_skipped: int = Field(default=0, ge=0)
    estimated_credits: int = Field(ge=0)
    credits_remaining: int = Field(ge=0)
    sufficient: bool
    annotator: str | None = None
    engine: str | None = None
    seconds: float | None = Field(default=None, ge=0.0)
    images_not_found: int = Field(default=0, ge=0)
    names_not_found: list[str] = Field(default_factory=list[str])


class Acceptance(WireModel):
    """What became of a batch's proposals; images that a person has decided on are skipped.

    `next` is where the server goes on when it is asked again; `client.auto_annotate.accept` asks until it is None.
    """

    accepted_images: int = Field(default=0, ge=0)
    annotations_added: int = Field(default=0, ge=0)
    skipped_images: int = Field(default=0, ge=0)
    next: str | None = None
