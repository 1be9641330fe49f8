"""A dataset measured: classes, shapes, sizes, places, confidences and makers of its annotations."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel
from pictograph.models.listing import StatusCounts

StatisticsStatus = Literal["none", "computing", "ready", "failed"]
# Where boxes (and points) are in their image, and how large boxes are: `box_centers` and `box_sizes`.
Grid = Literal["centers", "sizes"]


class BoxAreas(WireModel):
    """Boxes by area, as COCO does: below 32 × 32 pixels, below 96 × 96, and above."""

    small: int = 0
    medium: int = 0
    large: int = 0


class Cells(WireModel):
    """Counts in a square grid: `counts[n]` annotations in cell `cells[n]`, row by row from the top left; others empty.

    `edges` are where its columns (and rows) begin and end, as a part of the image's width (and height).
    """

    edges: list[float]
    cells: list[int]
    counts: list[int]


class CellImage(WireModel):
    """An image with an annotation in a cell."""

    id: str
    filename: str
    virtual_folder_path: str
    width: int
    height: int


class CellImages(WireModel):
    """The first images with an annotation in one cell of a grid, those that are still there.

    `is_whole` says whether those were all of them when the dataset was measured.
    """

    images: list[CellImage]
    is_whole: bool


class SourceStatistics(WireModel):
    """Whose word annotations are: `people`, an engine (`sam3`) or a model (`model:<id>`)."""

    source: str
    annotation_count: int
    image_count: int


class ClassStatistics(WireModel):
    """The annotations of one class."""

    name: str
    image_count: int
    annotation_count: int
    # Shape (`bbox`, `polygon`, `polyline`, `keypoint`) -> annotations.
    shapes: dict[str, int]
    sources: dict[str, int]
    box_areas: BoxAreas
    # Annotations that a machine made and nobody touched, by confidence: as many steps of the same width from 0 to 1.
    confidences: list[int]
    # Of the classes with the most annotations only.
    box_sizes: Cells | None = None
    box_centers: Cells | None = None


class CountOf(WireModel):
    """How many images have between `low` and `high` of something, both included; no `high` means any more."""

    low: int
    high: int | None
    image_count: int


class ImageSize(WireModel):
    width: int
    height: int
    image_count: int


class AspectRatio(WireModel):
    """Images whose width divided by their height is at least `low` and below `high`."""

    low: float | None
    high: float | None
    image_count: int


class Statistics(WireModel):
    """A dataset in the figures that charts are drawn from. Archived images are left out."""

    image_count: int
    annotated_image_count: int
    annotation_count: int
    status: StatusCounts
    shapes: dict[str, int]
    sources: list[SourceStatistics]
    # In the order of the dataset's list, then those that are only on images.
    classes: list[ClassStatistics]
    box_areas: BoxAreas
    box_sizes: Cells
    box_centers: Cells
    annotations_per_image: list[CountOf]
    # The most frequent ones.
    image_sizes: list[ImageSize]
    other_sizes_image_count: int
    aspect_ratios: list[AspectRatio]


class DatasetStatistics(WireModel):
    """What was measured last, and whether that is being done again."""

    dataset_id: str
    status: StatisticsStatus
    # 0-1 while it is computed.
    progress: float | None = Field(default=None, ge=0, le=1)
    # When what is here was measured; None before the first time.
    computed_at: datetime | None = None
    # Whether images and annotations are still as many of each as then.
    is_current: bool = False
    error_message: str | None = None
    statistics: Statistics | None = None
