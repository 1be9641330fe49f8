"""An image of a dataset."""

from datetime import datetime
from typing import Literal

from pydantic import AliasChoices, Field

from pictograph.models.common import WireModel

ImageStatus = Literal["new", "annotate", "review", "complete"]


class Image(WireModel):
    """An image as the metadata endpoint tells it. `width` and `height` are of the display-oriented image, pixels."""

    id: str
    filename: str
    display_name: str | None = None
    status: ImageStatus = "new"
    annotation_count: int = 0
    file_size: int = 0
    width: int | None = Field(default=None, validation_alias=AliasChoices("width", "image_width"))
    height: int | None = Field(default=None, validation_alias=AliasChoices("height", "image_height"))
    mime_type: str | None = None
    dataset_id: str | None = None
    virtual_folder_path: str | None = None
    is_archived: bool = False
    image_url: str
    thumbnail_url: str | None = None
    annotation_url: str | None = None
    created_at: datetime
