"""Reviews: whose turn an image is, what they decided, and how far each of them is."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel
from pictograph.models.dataset import DatasetImage

# `disagreement`: the most first; images that were not measured come last, the least confident first.
ReviewOrder = Literal["least_confident", "disagreement", "oldest"]
# `open`: what is the caller's or nobody's. `mine`: only what is assigned to them. `all`: everybody's.
ReviewScope = Literal["open", "mine", "all"]
# What a person says, and what is recorded: an edit and then an accept is `fixed`.
VerdictAsked = Literal["accept", "reject"]
Verdict = Literal["accepted", "fixed", "rejected"]
ScoringStatus = Literal["pending", "running", "completed", "failed", "cancelled"]


class ReviewImage(DatasetImage):
    """An image of the queue, with the version its annotations are at."""

    annotation_version: int = 0
    least_confidence: float | None = None


class ReviewItem(WireModel):
    """An image that waits for a person."""

    image: ReviewImage
    assignee_id: str | None = None
    assignee_name: str | None = None
    # Who has it on the screen now, and until when nobody else gets it.
    held_by: str | None = None
    held_by_name: str | None = None
    held_until: datetime | None = None
    # 0 when what it was measured against says the same, 1 when nothing agrees; None when it was not measured.
    disagreement: float | None = None


class ReviewQueue(WireModel):
    """The front of the queue. The first `held` items are the caller's until `held_until`."""

    items: list[ReviewItem]
    held: int = 0


class ReviewVerdict(WireModel):
    """What a person decided about an image, and the versions of its annotations before and after."""

    id: str
    image_id: str
    reviewer_id: str
    reviewer_name: str
    verdict: Verdict
    note: str | None = None
    version_before: int
    version_after: int
    created_at: datetime
    undone_at: datetime | None = None


class ReviewerDay(WireModel):
    """What one person decided on one day (UTC)."""

    day: str
    accepted: int = 0
    fixed: int = 0
    rejected: int = 0


class ReviewerProgress(WireModel):
    """One person's part. `assigned` counts what waits for them alone."""

    reviewer_id: str
    reviewer_name: str
    assigned: int = 0
    accepted: int = 0
    fixed: int = 0
    rejected: int = 0
    days: list[ReviewerDay] = Field(default_factory=list[ReviewerDay])


class ReviewProgress(WireModel):
    """How far a dataset's review is."""

    in_review: int
    complete: int
    # Of those in review: somebody's, and on somebody's screen now.
    assigned: int
    held: int
    # Verdicts that stand.
    accepted: int
    fixed: int
    rejected: int
    people: list[ReviewerProgress]


class ReviewAssigned(WireModel):
    """How many images were given to each person, and how many in review are nobody's now."""

    assigned: dict[str, int]
    unassigned_left: int


class ReviewScoring(WireModel):
    """A job that measures how far annotations are from what a model, or another source of labels, says.

    `id` is the job's too. `images_skipped`: the source never looked at them, or their files cannot be read.
    """

    id: str
    model_id: str | None = None
    source: str | None = None
    against: str
    confidence: float | None = None
    status_filter: str
    status: ScoringStatus
    progress: int
    images_total: int
    images_done: int
    images_skipped: int
    error_message: str | None = None
    created_by_name: str
    created_at: datetime
    completed_at: datetime | None = None
