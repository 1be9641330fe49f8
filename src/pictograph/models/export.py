"""An export: a dataset written to a ZIP in one of the field's formats."""

from datetime import datetime
from typing import Literal

from pictograph.models.common import WireModel

ExportFormat = Literal["pictograph", "coco", "yolo", "pascal_voc", "cvat", "labelme", "csv"]
# What this server writes besides; clients that do not know these names are not shown such exports.
AnyExportFormat = Literal[ExportFormat, "yolo_detect", "yolo_segment", "yolo_classify", "classification", "masks"]
# What a format can say. «areas» are the pixels of a class, whichever object they belong to.
Content = Literal["boxes", "polygons", "holes", "polylines", "keypoints", "tags", "areas", "confidence"]
ExportStatus = Literal["pending", "processing", "completed", "failed"]


class ExportFormatInfo(WireModel):
    """A format: what it can say of an image, and what it leaves out or writes as something else."""

    name: AnyExportFormat
    title: str
    holds: list[Content]
    loses: list[Content]


class Export(WireModel):
    """An export. `project_id` is the dataset's id; a filter that is None filters nothing.

    `dataset_version` is the number of the version of the dataset that is in it, once that is frozen.
    """

    id: str
    project_id: str
    dataset_name: str
    name: str
    format: AnyExportFormat
    include_images: bool = False
    class_filter: list[str] | None = None
    status_filter: str | None = None
    dataset_version_id: str | None = None
    dataset_version: int | None = None
    status: ExportStatus
    error_message: str | None = None
    file_size: int | None = None
    image_count: int | None = None
    annotation_count: int | None = None
    created_at: datetime
    expires_at: datetime | None = None
    download_url: str | None = None
    organization_id: str | None = None
