"""The answer of an operation on many images."""

from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

DuplicateHandling = Literal["rename", "skip", "overwrite"]


class BatchFailure(WireModel):
    """An image the operation left alone, and why."""

    id: str
    reason: str


class BatchResult(WireModel):
    """How many images were processed, which were not, and which folders changed."""

    success: bool
    processed: int = Field(ge=0)
    failed: list[BatchFailure] = Field(default_factory=list[BatchFailure])
    affected_folders: list[str] = Field(default_factory=list[str])
