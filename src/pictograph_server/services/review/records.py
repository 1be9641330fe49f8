"""What the review's queries take and return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pictograph.models.review import ReviewOrder, ReviewScope
from pictograph_server.services.images.records import ImageRecord


@dataclass(frozen=True, slots=True)
class QueueWish:
    """Which images of the queue, in which order, and for whom: what others hold is passed over."""

    order: ReviewOrder = "least_confident"
    scope: ReviewScope = "open"
    # Assigned to this person, whoever asks; goes before `scope`.
    assignee_id: str | None = None
    class_name: str | None = None
    # Of the image's least confident annotation.
    min_confidence: float | None = None
    max_confidence: float | None = None
    exclude: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A row of `review_items`; for an image that has none, all None."""

    image_id: str
    assignee_id: str | None = None
    assignee_name: str | None = None
    held_by: str | None = None
    held_by_name: str | None = None
    held_until: datetime | None = None
    held_version: int | None = None
    disagreement: float | None = None

    def is_held_by(self, person_id: str, moment: datetime) -> bool:
        return self.held_by == person_id and self.held_until is not None and self.held_until > moment

    def is_held_by_other(self, person_id: str, moment: datetime) -> bool:
        return (
            self.held_by is not None
            and self.held_by != person_id
            and self.held_until is not None
            and self.held_until > moment
        )


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An image in review and what the review knows of it."""

    image: ImageRecord
    least_confidence: float | None
    item: ItemRecord
