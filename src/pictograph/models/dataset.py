"""A dataset: images and the classes they are annotated with. Projects are its write side (`models/project.py`)."""

from datetime import datetime

from pydantic import Field

from pictograph.models.common import WireModel
from pictograph.models.image import ImageStatus


class DatasetClass(WireModel):
    """An entry of the dataset's list of classes. `type` is free text on purpose."""

    name: str
    type: str | None = None
    color: str | None = None


class DatasetImage(WireModel):
    """An image as it is listed inside a dataset."""

    id: str
    filename: str
    display_name: str | None = None
    status: ImageStatus
    annotation_count: int = Field(default=0, ge=0)
    file_size: int = Field(default=0, ge=0)
    width: int | None = None
    height: int | None = None
    mime_type: str | None = None
    dataset_id: str | None = None
    virtual_folder_path: str | None = None
    is_archived: bool = False
    image_url: str | None = None
    thumbnail_url: str | None = None
    annotation_url: str | None = None
    created_at: datetime


class Dataset(WireModel):
    """A dataset. Counters leave archived images out; `images` is None unless they were asked for."""

    id: str
    name: str
    description: str | None = None
    image_count: int = 0
    completed_image_count: int = 0
    total_size: int = 0
    archived_images: int = 0
    classes: list[DatasetClass] = Field(default_factory=list[DatasetClass])
    images: list[DatasetImage] | None = None
    created_at: datetime
    organization_id: str | None = None
