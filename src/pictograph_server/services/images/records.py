"""An image as the services see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import cast

from pictograph.models.image import ImageStatus
from pictograph_server.errors import NotFound

THUMBNAIL_MEDIA_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image's row. `width` and `height` are display-oriented pixels (R10)."""

    id: str
    organization_id: str
    dataset_id: str
    filename: str
    # "/" or "/a/b".
    folder_path: str
    status: ImageStatus
    # "person", "job" or None; a person's review or complete is never downgraded (R5).
    status_set_by: str | None
    annotation_count: int
    annotation_version: int
    file_size_bytes: int
    width: int
    height: int
    mime_type: str
    sha256: str
    # 16 hex digits, None until the ingest job has seen the image.
    dhash: str | None
    has_thumbnail: bool
    auto_tags: Mapping[str, object]
    is_archived: bool
    created_at: datetime
    updated_at: datetime
    # What people call it, where that is not the file's name.
    display_name: str | None = None

    @property
    def path(self) -> str:
        """Return folder and name: "/a/b/x.jpg"."""
        return f"{self.folder_path.rstrip('/')}/{self.filename}"

    @property
    def tags(self) -> tuple[str, ...]:
        """Return what the image as a whole is tagged with, whatever kind of tag it is."""
        return tag_names(self.auto_tags)

    @property
    def tags_by_kind(self) -> dict[str, list[str]]:
        """Return kind -> tags, as a search answers them: names alone, not how sure a machine was of each."""
        return tags_by_kind(self.auto_tags)


@dataclass(frozen=True, slots=True)
class ImageBrief:
    """What is needed of an image where there may be a hundred thousand of them."""

    id: str
    folder_path: str
    filename: str
    annotation_count: int

    @property
    def path(self) -> str:
        """Return folder and name: "/a/b/x.jpg"."""
        return f"{self.folder_path.rstrip('/')}/{self.filename}"


@dataclass(frozen=True, slots=True)
class AnnotationState:
    """What a save of annotations makes of an image, beside the image as it was when it was locked."""

    before: ImageRecord
    count: int
    version: int
    status: ImageStatus
    status_set_by: str | None

    @property
    def is_new(self) -> bool:
        """Return whether there is anything to write."""
        image = self.before
        return (self.count, self.version, self.status, self.status_set_by) != (
            image.annotation_count, image.annotation_version, image.status, image.status_set_by,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the ingest job found out about one image; `error` says why there is no hash and no thumbnail."""

    image_id: str
    dhash: str | None
    has_thumbnail: bool
    error: str | None
    # What it looks like (`descriptor.py`).
    descriptor: bytes | None = None


def tag_names(auto_tags: Mapping[str, object]) -> tuple[str, ...]:
    """Return the tags of an image, whatever kind they are, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(tags_by_kind(auto_tags).values())))


def tags_by_kind(auto_tags: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the tags of an image in the kinds that it has."""
    kinds = ((kind, auto_tags.get(kind)) for kind in ("objects", "scenes", "attributes"))
    return {
        kind: [str(name) for name in cast("list[object]", names)] for kind, names in kinds if isinstance(names, list)
    }


class ImageNotFound(NotFound):
    code = "image_not_found"

    def __init__(self, image_id: str) -> None:
        super().__init__(
            f"Image {image_id!r} was not found",
            why="this organisation has none of that id",
            fix="Ids come from `client.datasets.get(name, include_images=True)`",
        )


class FolderNotFound(NotFound):
    code = "folder_not_found"

    def __init__(self, dataset_name: str, path: str) -> None:
        super().__init__(
            f"Dataset {dataset_name!r} has no folder {path!r}",
            why="folders are where images are, and none is there",
            fix="`client.datasets.folders(name)` lists the ones there are",
        )
