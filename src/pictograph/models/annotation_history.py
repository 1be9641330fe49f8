"""What the annotations of an image were: every state that a save replaced, and who made it."""

from datetime import datetime

from pictograph.models.annotation import Annotation
from pictograph.models.common import WireModel


class AnnotationVersion(WireModel):
    """A state of an image's annotations, and what made it differ from the one before.

    Version 0 is the image as it was uploaded. `saved_by` is `user:<id>`, an engine or `model:<id>`; `note` says what
    it was where it was no plain save. Annotations count as changed when their id stayed and anything else did not.
    """

    version: int
    is_current: bool
    saved_at: datetime
    saved_by: str | None = None
    saved_by_name: str | None = None
    note: str | None = None
    annotation_count: int
    added: int = 0
    changed: int = 0
    removed: int = 0


class AnnotationState(AnnotationVersion):
    """A state with its annotations."""

    annotations: list[Annotation]
