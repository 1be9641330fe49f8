"""Classes of a dataset renamed, merged or deleted, across all its images."""

from datetime import datetime
from typing import Literal

from pictograph.models.common import WireModel

ClassChangeKind = Literal["rename", "merge", "delete"]
ClassChangeStatus = Literal["pending", "completed", "failed"]


class ClassChange(WireModel):
    """A change of classes. `target` is what they are called from now on, None where they were deleted.

    What is read, exported or frozen shows it from the start; while it is `pending` it is still being written into the
    images, of which `images_changed` are done.
    """

    id: str
    dataset_name: str
    kind: ClassChangeKind
    class_names: list[str]
    target: str | None = None
    status: ClassChangeStatus
    images_changed: int = 0
    annotations_changed: int = 0
    error_message: str | None = None
    created_by_name: str | None = None
    created_at: datetime
    completed_at: datetime | None = None
