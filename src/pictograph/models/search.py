"""What a search found."""

from pydantic import Field

from pictograph.models.common import JsonObject, WireModel
from pictograph.models.dataset import DatasetImage
from pictograph.models.image import ImageStatus


class SimilarImage(WireModel):
    """An image and how much it looks like the one asked about, 0-1."""

    id: str
    filename: str
    virtual_folder_path: str = "/"
    status: ImageStatus
    annotation_count: int = Field(ge=0)
    image_auto_tags: JsonObject = Field(default_factory=JsonObject)
    similarity: float = Field(ge=0.0, le=1.0)


class TaggedImage(WireModel):
    """An image that carries the tags asked for."""

    id: str
    project_id: str
    filename: str
    virtual_folder_path: str = "/"
    status: ImageStatus
    annotation_count: int = Field(ge=0)
    image_auto_tags: JsonObject = Field(default_factory=JsonObject)


class DuplicateGroup(WireModel):
    """Images that are near copies of each other, the oldest first. `is_exact`: all have the same bytes."""

    images: list[DatasetImage]
    is_exact: bool


class Duplicates(WireModel):
    """The near copies of a dataset, the largest groups first."""

    groups: list[DuplicateGroup]
    # Of all groups, also those beyond the limit.
    group_count: int = Field(ge=0)
    # The newest images were searched, so many of those that the dataset has.
    images_searched: int = Field(ge=0)
    image_count: int = Field(ge=0)
