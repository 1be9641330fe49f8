"""Versions of a dataset: what it held at a moment, kept, compared, and made a dataset again."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

VersionStatus = Literal["freezing", "ready", "failed"]
RestoreStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
# What of an image is not what it was: its bytes, its folder or name, its status, its annotations, its tags.
ImageChange = Literal["content", "name", "status", "annotations", "tags"]


class VersionClass(WireModel):
    """A class of a version: how many annotations it has, on how many images."""

    name: str
    annotation_count: int = 0
    image_count: int = 0


class Version(WireModel):
    """A dataset frozen: the images of a status with all that was said about them. It never changes.

    An export freezes what goes into it, and takes the version there is where nothing has changed; `export_id` is the
    export that made it. `total_size` is in bytes.
    """

    id: str
    dataset_id: str
    dataset_name: str
    number: int
    name: str | None = None
    description: str | None = None
    status: VersionStatus
    progress: int = Field(default=0, ge=0, le=100)
    error_message: str | None = None
    status_filter: str | None = None
    image_count: int = 0
    annotation_count: int = 0
    total_size: int = 0
    classes: list[VersionClass] = Field(default_factory=list[VersionClass])
    export_id: str | None = None
    created_by: str | None = None
    created_by_name: str | None = None
    created_at: datetime
    completed_at: datetime | None = None


class ImageDifference(WireModel):
    """An image that is not the same in two versions."""

    image_id: str
    folder_path: str
    filename: str
    changes: list[ImageChange] = Field(default_factory=list[ImageChange])
    annotations_before: int = 0
    annotations_after: int = 0


class ClassDifference(WireModel):
    """A class in two versions: its annotations, and the images that have one."""

    name: str
    annotations_before: int = 0
    annotations_after: int = 0
    images_before: int = 0
    images_after: int = 0


class VersionDiff(WireModel):
    """What changed from version `since` (None: from nothing) to version `number`.

    The lists are cut at the limit that was asked for; the counts are whole. Classes that are the same are left out.
    """

    dataset_name: str
    since: int | None
    number: int
    images_added: int
    images_removed: int
    images_changed: int
    images_unchanged: int
    annotations_before: int
    annotations_after: int
    classes: list[ClassDifference]
    added: list[ImageDifference]
    removed: list[ImageDifference]
    changed: list[ImageDifference]


class VersionRestore(WireModel):
    """A version on its way to being a dataset of its own."""

    id: str
    version_id: str | None
    dataset_id: str
    dataset_name: str
    status: RestoreStatus
    images_total: int
    images_done: int
    error_message: str | None = None
    created_at: datetime
    completed_at: datetime | None = None


class Descendant(WireModel):
    """Something made from a version."""

    id: str
    name: str
    status: str
    created_at: datetime


class VersionLineage(WireModel):
    """What was made from a version, newest first: at most a hundred of each kind."""

    exports: list[Descendant]
    training_runs: list[Descendant]
    models: list[Descendant]
    datasets: list[Descendant]
