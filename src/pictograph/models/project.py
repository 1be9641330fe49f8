"""A project: the write side of a dataset, the same thing with the same id."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.auto_annotate import Prompt, Prompts
from pictograph.models.common import WireModel

ProjectAnnotationType = Literal["bbox", "box", "polygon", "polyline", "keypoint"]


class ProjectClass(WireModel):
    """A class to annotate with. `type` is free text; the server picks a colour when there is none.

    Beyond the hosted service: `prompt`, or several `prompts`, are what the model is asked with instead of the name.
    """

    name: str = Field(min_length=1, max_length=120)
    type: str | None = None
    color: str | None = None
    prompt: Prompt | None = None
    prompts: Prompts | None = None


class Project(WireModel):
    """A project. Counters leave archived images out; `total_size` is in bytes."""

    id: str
    organization_id: str
    name: str
    description: str | None = None
    annotation_types: list[str] = Field(default_factory=lambda: ["bbox"])
    classes: list[ProjectClass] = Field(default_factory=list[ProjectClass])
    image_count: int = Field(default=0, ge=0)
    completed_image_count: int = Field(default=0, ge=0)
    total_size: int = Field(default=0, ge=0)
    archived_images: int = Field(default=0, ge=0)
    created_at: datetime
    updated_at: datetime | None = None
