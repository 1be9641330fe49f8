"""What bulk changes need to know of an image, and what became of the images of one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pictograph.models.batch import BatchFailure
from pictograph.models.image import ImageStatus
from pictograph_server.errors import NotFound

NOT_HERE = "there is no such image in this dataset"
IN_TRASH = "the image is in the trash; restore it first"


@dataclass(frozen=True, slots=True)
class BulkImage:
    """The part of an image's row that moves, counts and goes."""

    id: str
    dataset_id: str
    # "/" or "/a/b".
    folder_path: str
    filename: str
    status: ImageStatus
    is_archived: bool
    file_size_bytes: int
    sha256: str


@dataclass(slots=True)
class Outcome:
    """What a change did: the images as they are now, those left alone, and the names that had to change."""

    done: list[BulkImage] = field(default_factory=list[BulkImage])
    failed: list[BatchFailure] = field(default_factory=list[BatchFailure])
    # Image id -> its new file name.
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    folders: set[str] = field(default_factory=set[str])


class NoSuchImages(NotFound):
    code = "image_not_found"

    def __init__(self, dataset_name: str, ids: Sequence[str]) -> None:
        super().__init__(
            f"None of the {len(ids)} images was found",
            why=f"dataset {dataset_name!r} has no images with these ids",
            fix="Take the ids from `client.datasets.get(name, include_images=True)`",
        )
