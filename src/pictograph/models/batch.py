"""The answer of an operation on many images."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pictograph.models.common import NonBlankStr, StrictModel, WireModel
from pictograph.models.image import ImageStatus

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
    """A change to many images, as those of a folder or a filter. Very many are changed by a job, named by `job_id`."""

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


# --- what can be done with all images that match a filter, or with very many by their ids ---


class StatusChange(StrictModel):
    """Set the status, as a person's word: no job changes it again."""

    kind: Literal["status"] = "status"
    status: ImageStatus


class MoveChange(StrictModel):
    """Give the images another folder, which need not exist."""

    kind: Literal["move"] = "move"
    target_folder_path: str = "/"
    duplicate_handling: DuplicateHandling = "skip"


class CopyChange(StrictModel):
    """Copy the images, into another dataset if one is named; without a folder into that of each original."""

    kind: Literal["copy"] = "copy"
    target_dataset_name: str | None = None
    target_folder_path: str | None = None
    duplicate_handling: DuplicateHandling = "rename"
    copy_annotations: bool = False


TagName = Annotated[str, Field(max_length=120)]


class TagChange(StrictModel):
    """Give the images tags, and take others away; one of them at least."""

    kind: Literal["tag"] = "tag"
    add: list[TagName] = Field(default_factory=list[str], max_length=100)
    remove: list[TagName] = Field(default_factory=list[str], max_length=100)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.add and not self.remove:
            raise ValueError("name at least one tag in add or remove")
        return self


class ArchiveChange(StrictModel):
    """Take the images to the trash."""

    kind: Literal["archive"] = "archive"


class RestoreChange(StrictModel):
    """Take the images out of the trash, back into the folders they came from."""

    kind: Literal["restore"] = "restore"
    duplicate_handling: DuplicateHandling = "rename"


class AssignChange(StrictModel):
    """Give the images to a person for review, whoever had them; only what is in review comes to people."""

    kind: Literal["assign"] = "assign"
    # A user id, an e-mail address, or "me".
    assignee: Annotated[NonBlankStr, Field(max_length=320)]
    # Sets their status to `review` too.
    to_review: bool = False


class DeleteChange(StrictModel):
    """Delete the images for good, which needs the role of an admin."""

    kind: Literal["delete"] = "delete"


MatchingChange = Annotated[
    StatusChange | MoveChange | CopyChange | TagChange | ArchiveChange | RestoreChange | AssignChange | DeleteChange,
    Field(discriminator="kind"),
]
