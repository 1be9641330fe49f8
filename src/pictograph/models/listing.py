"""Lists of images: what they are narrowed to, and how many images there are of what."""

from typing import Literal, TypedDict

from pydantic import Field

from pictograph.models.common import WireModel
from pictograph.models.dataset import DatasetImage
from pictograph.models.image import ImageStatus

ImageSort = Literal["newest", "oldest", "name", "least_confident"]


class ImageFilter(TypedDict, total=False):
    """What `client.images.list` and `iter` take: images that fulfil every condition given."""

    # A status, or `in_progress`: `annotate` or `review`.
    status: str | None
    # Images annotated or tagged with it.
    class_name: str | None
    # A folder with all that is below it, or without.
    folder_path: str | None
    recursive: bool | None
    # Who made an annotation of the image: `people`, `machine`, an engine (`sam3`) or a model (`model:<id>`).
    source: str | None
    # Of the image's least confident annotation; with a class or a source, of those.
    min_confidence: float | None
    max_confidence: float | None
    # A part of the file's name, in any case.
    text: str | None
    tag: str | None
    annotated: bool | None
    min_annotations: int | None
    max_annotations: int | None
    # Width and height in pixels, exactly: `1920x1080`.
    size: str | None
    # Width divided by height: at least the one, and below the other.
    min_aspect: float | None
    max_aspect: float | None
    # The trash instead of what is there.
    archived: bool | None


class ClassCount(WireModel):
    """How many images show a class, with how many annotations, and how many are tagged with it."""

    name: str
    image_count: int = Field(ge=0)
    annotation_count: int = Field(ge=0)
    tagged_image_count: int = Field(ge=0)


class StatusCounts(WireModel):
    """How many images have each status."""

    new: int = Field(default=0, ge=0)
    annotate: int = Field(default=0, ge=0)
    review: int = Field(default=0, ge=0)
    complete: int = Field(default=0, ge=0)

    def of(self, status: ImageStatus) -> int:
        """Return how many images have this status."""
        return getattr(self, status)


class DatasetCounts(WireModel):
    """A dataset in numbers. Archived images are counted alone, and nowhere else."""

    dataset_id: str
    image_count: int = Field(ge=0)
    archived_image_count: int = Field(ge=0)
    status: StatusCounts
    # In the order of the dataset's classes; those that no image shows are there too.
    classes: list[ClassCount]


class Folder(WireModel):
    """A folder of a dataset, made by the images in it."""

    path: str
    # Directly in it.
    image_count: int = Field(ge=0)
    # With what is below it; their statuses too.
    total_image_count: int = Field(ge=0)
    status: StatusCounts
    # Folders directly in it.
    folder_count: int = Field(ge=0)


class ImageNeighbors(WireModel):
    """What comes before and behind an image in a list, the nearest first.

    `index` images come before it, of `total`, where that was asked and does not take long. `position` stands for where
    it was, should it leave the list meanwhile.
    """

    previous: list[DatasetImage]
    next: list[DatasetImage]
    position: str | None = None
    index: int | None = None
    total: int | None = None
