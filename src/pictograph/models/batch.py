"""The answer of an operation on many images."""

from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

# What happens to an image whose name is taken: it gets a number, it is left alone, or the one that has it goes to the
# trash.
DuplicateHandling = Literal["rename", "skip", "overwrite"]
BulkChangeStatus = Literal["pending", "running", "completed", "failed", "cancelled"]


class BatchFailure(WireModel):
    """An image the operation left alone, and why."""

    id: str
    reason: str


class RenamedImage(WireModel):
    """An image whose name was taken where it came to, and the file name that it has there."""

    id: str
    filename: str


class ImageCopy(WireModel):
    """A copy, and the image that it is of."""

    source_id: str
    id: str


class BatchResult(WireModel):
    """How many images were processed, which were not, and which folders changed."""

    success: bool
    processed: int = Field(ge=0)
    failed: list[BatchFailure] = Field(default_factory=list[BatchFailure])
    affected_folders: list[str] = Field(default_factory=list[str])
    renamed: list[RenamedImage] = Field(default_factory=list[RenamedImage])
    # Of a copy alone: the new images.
    copies: list[ImageCopy] = Field(default_factory=list[ImageCopy])


class BulkChange(WireModel):
    """A change to all images of a folder or of the trash. When they are many a job does it, which `job_id` names."""

    job_id: str | None = None
    status: BulkChangeStatus
    progress: int = Field(default=0, ge=0, le=100)
    total: int = Field(default=0, ge=0)
    processed: int = Field(default=0, ge=0)
    failed_count: int = Field(default=0, ge=0)
    # The first hundred of them.
    failed: list[BatchFailure] = Field(default_factory=list[BatchFailure])
    error_message: str | None = None

    @property
    def success(self) -> bool:
        """It is done, and no image was left alone."""
        return self.status == "completed" and self.failed_count == 0
