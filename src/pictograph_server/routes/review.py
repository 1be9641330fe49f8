"""Reviews: the queue, who has which image, what they decide, and how far models disagree."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from pictograph.models.common import NonBlankStr, StrictModel, WireModel
from pictograph.models.review import (
    ReviewAssigned,
    ReviewImage,
    ReviewItem,
    ReviewOrder,
    ReviewProgress,
    ReviewQueue,
    ReviewScope,
    ReviewScoring,
    ReviewVerdict,
    Verdict,
    VerdictAsked,
)
from pictograph_server.auth import Member, Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.image_json import image_json
from pictograph_server.services.review import assignment, scoring, verdicts
from pictograph_server.services.review import service as review
from pictograph_server.services.review.assignment import MOST_SHARED
from pictograph_server.services.review.records import QueueEntry, QueueWish
from pictograph_server.services.review.scoring import ScoringRequest
from pictograph_server.services.review.service import MOST_HELD, Front
from pictograph_server.services.review.verdicts import VerdictRequest

router = APIRouter(prefix=f"{API}/datasets/by-name/{{name}}/review", tags=["review"])

Share = Annotated[float, Field(ge=0, le=1)]
ImageId = Annotated[str, Field(min_length=1, max_length=100)]
Person = Annotated[NonBlankStr, Field(max_length=320)]


class QueueBody(StrictModel):
    """Which images; `assignee`: the user id or e-mail address of whose images are wanted, whoever asks."""

    order: ReviewOrder = "least_confident"
    scope: ReviewScope = "open"
    assignee: Person | None = None
    class_name: Annotated[str, Field(max_length=120)] | None = None
    # Of the image's least confident annotation.
    min_confidence: Share | None = None
    max_confidence: Share | None = None


class NextBody(QueueBody):
    """`hold`: so many of the first images are the caller's for ten minutes; what they held before is let go."""

    hold: int = Field(default=1, ge=0, le=MOST_HELD)
    limit: int = Field(default=10, ge=1, le=100)
    exclude: list[ImageId] = Field(default_factory=list[str], max_length=500)
    # Comes before all others while it waits and nobody else has it: what is on the screen, or was just edited.
    first: ImageId | None = None


class HoldBody(StrictModel):
    image_id: ImageId
    minutes: int = Field(default=10, ge=1, le=120)


class ReleaseBody(StrictModel):
    """Without `image_ids`: all that the caller holds."""

    image_ids: list[ImageId] | None = Field(default=None, max_length=500)


class VerdictBody(StrictModel):
    image_id: ImageId
    verdict: VerdictAsked
    # Of the annotations that the reviewer saw.
    expected_version: int = Field(ge=0, le=2_000_000_000)
    note: str | None = Field(default=None, max_length=2000)


class AssignBody(StrictModel):
    image_ids: list[ImageId] = Field(max_length=10_000)
    assignee: Person


class ShareBody(StrictModel):
    """The first `limit` images of the queue that are nobody's, dealt out in turn."""

    people: list[Person] = Field(min_length=1, max_length=100)
    limit: int = Field(default=MOST_SHARED, ge=1, le=MOST_SHARED)
    order: ReviewOrder = "least_confident"
    class_name: Annotated[str, Field(max_length=120)] | None = None
    min_confidence: Share | None = None
    max_confidence: Share | None = None


class UnassignBody(StrictModel):
    """These images; or those of a person or of everybody, some thousand at once."""

    image_ids: list[ImageId] | None = Field(default=None, max_length=10_000)
    assignee: Person | None = None


class ScoringBody(StrictModel):
    """A model is asked about every image; a `source` has said already what it says (see /compare)."""

    model_id: ImageId | None = None
    source: Annotated[NonBlankStr, Field(max_length=300)] | None = None
    confidence: Share | None = None
    status_filter: Annotated[str, Field(max_length=20)] = "review"


class VerdictEnvelope(WireModel):
    verdict: ReviewVerdict


class ItemEnvelope(WireModel):
    item: ReviewItem


class VerdictList(WireModel):
    verdicts: list[ReviewVerdict]
    next_cursor: str | None


class Unassigned(WireModel):
    """`has_more`: ask again, there are more of them."""

    count: int
    has_more: bool


class ScoringEnvelope(WireModel):
    scoring: ReviewScoring


class ScoringList(WireModel):
    scorings: list[ReviewScoring]


class QueueQuery:
    """The same as `QueueBody`, in the address."""

    def __init__(
        self,
        order: ReviewOrder = "least_confident",
        scope: ReviewScope = "open",
        assignee: Annotated[str | None, Query(max_length=320)] = None,
        class_name: Annotated[str | None, Query(max_length=120)] = None,
        min_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
        max_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
    ) -> None:
        self.wish = QueueWish(
            order=order,
            scope=scope,
            assignee_id=assignee or None,
            class_name=class_name,
            min_confidence=min_confidence,
            max_confidence=max_confidence,
        )


# --- the queue ---


@router.get("/queue")
def get_queue(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    query: Annotated[QueueQuery, Depends()],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReviewQueue:
    """The front of the queue; nothing is held."""
    with platform.db.read() as conn:
        front = review.look(conn, actor, name, query.wish, limit=limit)
    return _queue(front, platform)


@router.post("/next")
def take_next(name: str, body: NextBody, actor: Member, platform: PlatformDep) -> ReviewQueue:
    """The front of the queue, of which nobody else gets the first `hold` images for ten minutes."""
    with platform.db.write() as conn:
        wish = _wish(body, body.exclude)
        front = review.take_next(conn, actor, name, wish, hold=body.hold, limit=body.limit, first=body.first)
    return _queue(front, platform)


@router.post("/hold")
def hold_image(name: str, body: HoldBody, actor: Member, platform: PlatformDep) -> ItemEnvelope:
    """Keep an image for longer, as while it is edited."""
    with platform.db.write() as conn:
        entry = review.keep(conn, actor, name, body.image_id, minutes=body.minutes)
    return ItemEnvelope(item=_item(entry, platform, platform.signer.base_url))


@router.post("/release", status_code=204)
def release_images(name: str, body: ReleaseBody, actor: Member, platform: PlatformDep) -> Response:
    """Let others have what the caller holds."""
    with platform.db.write() as conn:
        review.release(conn, actor, name, body.image_ids)
    return Response(status_code=204)


# --- verdicts ---


@router.post("/verdicts", status_code=201)
def decide(name: str, body: VerdictBody, actor: Member, platform: PlatformDep) -> VerdictEnvelope:
    """`accept` makes the image complete, `reject` gives it back to those who annotate."""
    request = VerdictRequest(body.image_id, body.verdict, body.expected_version, body.note)
    with platform.db.write() as conn:
        return VerdictEnvelope(verdict=verdicts.decide(conn, actor, name, request))


@router.get("/verdicts")
def list_verdicts(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    reviewer_id: Annotated[str | None, Query(max_length=100)] = None,
    verdict: Verdict | None = None,
    image_id: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> VerdictList:
    """Newest first; those that were taken back have `undone_at`."""
    with platform.db.read() as conn:
        page = verdicts.list_verdicts(
            conn,
            actor.organization_id,
            name,
            reviewer_id=reviewer_id,
            verdict=verdict,
            image_id=image_id,
            cursor=cursor,
            limit=limit,
        )
    return VerdictList(verdicts=list(page.verdicts), next_cursor=page.next_cursor)


@router.post("/verdicts/{verdict_id}/undo")
def undo_verdict(name: str, verdict_id: str, actor: Member, platform: PlatformDep) -> VerdictEnvelope:
    """Put the image back into the review; edits stay."""
    with platform.db.write() as conn:
        return VerdictEnvelope(verdict=verdicts.undo(conn, actor, name, verdict_id))


@router.get("/progress")
def get_progress(name: str, actor: Viewer, platform: PlatformDep) -> ReviewProgress:
    with platform.db.read() as conn:
        return verdicts.progress(conn, actor.organization_id, name)


# --- who gets what ---


@router.post("/assign")
def assign_images(name: str, body: AssignBody, actor: Member, platform: PlatformDep) -> ReviewAssigned:
    """Give images to one person, whoever had them."""
    return assignment.assign(platform, actor, name, body.image_ids, body.assignee)


@router.post("/share")
def share_images(name: str, body: ShareBody, actor: Member, platform: PlatformDep) -> ReviewAssigned:
    """Deal out images that are nobody's among people; ask again while some are left."""
    wish = QueueWish(
        order=body.order,
        class_name=body.class_name,
        min_confidence=body.min_confidence,
        max_confidence=body.max_confidence,
    )
    return assignment.share(platform, actor, name, wish, body.people, limit=body.limit)


@router.post("/unassign")
def unassign_images(name: str, body: UnassignBody, actor: Member, platform: PlatformDep) -> Unassigned:
    done = assignment.unassign(platform, actor, name, image_ids=body.image_ids, assignee=body.assignee)
    return Unassigned(count=done.count, has_more=done.has_more)


# --- disagreement ---


@router.post("/disagreement", status_code=201)
def measure_disagreement(name: str, body: ScoringBody, actor: Member, platform: PlatformDep) -> ScoringEnvelope:
    """Start the job that measures it for every image; `GET /jobs/{id}` and its events say how far it is."""
    request = ScoringRequest(name, body.model_id, body.source, body.confidence, body.status_filter)
    with platform.db.write() as conn:
        return ScoringEnvelope(scoring=scoring.start(conn, actor, request))


@router.get("/disagreement")
def list_measures(
    name: str, actor: Viewer, platform: PlatformDep, limit: Annotated[int, Query(ge=1, le=100)] = 10
) -> ScoringList:
    """Newest first: the queue goes by what the newest one measured."""
    with platform.db.read() as conn:
        return ScoringList(scorings=scoring.list_scorings(conn, actor.organization_id, name, limit=limit))


def _wish(body: QueueBody, exclude: list[str]) -> QueueWish:
    return QueueWish(
        order=body.order,
        scope=body.scope,
        assignee_id=body.assignee,
        class_name=body.class_name,
        min_confidence=body.min_confidence,
        max_confidence=body.max_confidence,
        exclude=exclude,
    )


def _queue(front: Front, platform: Platform) -> ReviewQueue:
    base_url = platform.signer.base_url
    return ReviewQueue(items=[_item(entry, platform, base_url) for entry in front.entries], held=front.held)


def _item(entry: QueueEntry, platform: Platform, base_url: str) -> ReviewItem:
    image = image_json(entry.image, platform.signer, base_url) | {"least_confidence": entry.least_confidence}
    item = entry.item
    return ReviewItem(
        image=ReviewImage.model_validate(image),
        assignee_id=item.assignee_id,
        assignee_name=item.assignee_name,
        held_by=item.held_by,
        held_by_name=item.held_by_name,
        held_until=item.held_until,
        disagreement=item.disagreement,
    )
