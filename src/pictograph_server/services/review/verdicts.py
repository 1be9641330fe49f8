"""What people decide about images in review, taken back when they were wrong, and how far each of them is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pictograph.models.image import ImageStatus
from pictograph.models.review import (
    ReviewerDay,
    ReviewerProgress,
    ReviewProgress,
    ReviewVerdict,
    Verdict,
    VerdictAsked,
)
from pictograph_server import cursor as cursors
from pictograph_server.actor import Actor
from pictograph_server.errors import Conflict, Forbidden, NotFound
from pictograph_server.services.annotations.service import StaleAnnotations
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageNotFound, ImageRecord
from pictograph_server.storage.db.types import new_id, now

from . import items_repository, verdicts_repository
from .records import ItemRecord
from .service import HOLD, HeldByOther
from .verdicts_repository import TallyRow, VerdictRecord

_SORT = "verdicts"
_DAYS = 30
# R5: both are the word of a person; nothing else sets `annotate` back.
_STATUS_AFTER: dict[Verdict, tuple[ImageStatus, str | None]] = {
    "accepted": ("complete", "person"),
    "fixed": ("complete", "person"),
    "rejected": ("annotate", None),
}


class NotInReview(Conflict):
    code = "not_in_review"

    def __init__(self, image: ImageRecord) -> None:
        super().__init__(
            f"{image.path} does not wait for a review",
            why=f"it is {image.status}: somebody has decided about it",
            fix="Take the next image of the queue",
            details={"status": image.status},
        )


class VerdictNotFound(NotFound):
    code = "verdict_not_found"

    def __init__(self, verdict_id: str) -> None:
        super().__init__(f"There is no verdict {verdict_id!r} in this dataset")


class VerdictNotYours(Forbidden):
    code = "verdict_not_yours"

    def __init__(self, record: VerdictRecord) -> None:
        super().__init__(
            "The verdict cannot be taken back",
            why=f"it is {record.reviewer_name}'s",
            fix="Ask them, or an admin; or set the image's status to `review` again",
        )


class UndoTooLate(Conflict):
    code = "undo_too_late"

    def __init__(self, why: str) -> None:
        super().__init__(
            "The verdict cannot be taken back", why=why, fix="Set the image's status to `review` to see it again"
        )


@dataclass(frozen=True, slots=True)
class VerdictRequest:
    """What a reviewer says about an image; `expected_version`: of the annotations that they saw."""

    image_id: str
    verdict: VerdictAsked
    expected_version: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class VerdictPage:
    verdicts: Sequence[ReviewVerdict]
    next_cursor: str | None


def decide(conn: Connection, actor: Actor, dataset_name: str, request: VerdictRequest) -> ReviewVerdict:
    """Take an image out of the review: `accept` makes it complete, `reject` gives it back to those who annotate.

    An accept after an edit of the same person is recorded as `fixed`.

    Raises:
        DatasetNotFound, ImageNotFound: 404.
        NotInReview, HeldByOther, StaleAnnotations: 409.
    """
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    image = images.lock(conn, actor.organization_id, request.image_id)
    if image.dataset_id != dataset.id or image.is_archived:
        raise ImageNotFound(request.image_id)
    item, moment = items_repository.find(conn, image.id), now()
    is_theirs = item.is_held_by(actor.id, moment)
    # Whoever has it on the screen may have completed it in the editor.
    if image.status != "review" and not (is_theirs and image.status == "complete"):
        raise NotInReview(image)
    if item.is_held_by_other(actor.id, moment):
        raise HeldByOther(image.path, item)
    if request.expected_version != image.annotation_version:
        raise StaleAnnotations(image, request.expected_version)
    record = VerdictRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset.id,
        image_id=image.id,
        reviewer_id=actor.id,
        reviewer_name=actor.name[:320],
        verdict=_recorded(conn, actor, image, item, request.verdict, is_theirs=is_theirs),
        note=request.note,
        version_before=_seen(image, item, is_theirs=is_theirs),
        version_after=image.annotation_version,
        before={"status": "review", "status_set_by": image.status_set_by, "item": _kept(item)},
        created_at=moment,
    )
    verdicts_repository.add(conn, record)
    items_repository.remove(conn, image.id)
    _set_status(conn, image, _STATUS_AFTER[record.verdict])
    return _to_wire(record)


def undo(conn: Connection, actor: Actor, dataset_name: str, verdict_id: str) -> ReviewVerdict:
    """Put an image back into the review as it was, held by who takes the verdict back. Edits stay; see the history.

    Raises:
        DatasetNotFound, VerdictNotFound: 404.
        VerdictNotYours: 403.
        UndoTooLate: 409.
    """
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    datasets.lock(conn, actor.organization_id, dataset.id)
    record = verdicts_repository.find(conn, actor.organization_id, dataset.id, verdict_id)
    if record is None:
        raise VerdictNotFound(verdict_id)
    if record.undone_at is not None:
        raise UndoTooLate("it was taken back already")
    if record.reviewer_id != actor.id and not actor.has_role("admin"):
        raise VerdictNotYours(record)
    image, moment = images.lock(conn, actor.organization_id, record.image_id), now()
    if image.is_archived or image.status != _STATUS_AFTER[record.verdict][0]:
        raise UndoTooLate(f"{image.path} is {'in the trash' if image.is_archived else image.status} now")
    if image.annotation_version != record.version_after:
        raise UndoTooLate(f"the annotations of {image.path} were changed since")
    verdicts_repository.set_undone(conn, record, moment)
    kept = record.before["item"]
    item = ItemRecord(
        image.id,
        assignee_id=kept["assignee_id"],
        assignee_name=kept["assignee_name"],
        disagreement=kept["disagreement"],
        held_by=actor.id,
        held_by_name=actor.name[:320],
        held_until=moment + HOLD,
        held_version=record.version_before,
    )
    items_repository.put(conn, dataset.id, item)
    _set_status(conn, image, ("review", record.before["status_set_by"]))
    return _to_wire(replace(record, undone_at=moment))


def list_verdicts(
    conn: Connection,
    organization_id: str,
    dataset_name: str,
    *,
    reviewer_id: str | None = None,
    verdict: Verdict | None = None,
    image_id: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> VerdictPage:
    """Return verdicts, those taken back too, newest first. Raises `DatasetNotFound` (404), `InvalidCursor` (422)."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    before = None if cursor is None else str(cursors.decode(_SORT, cursor, kinds=(str,))[0])
    found = verdicts_repository.page(
        conn, dataset.id, reviewer_id=reviewer_id, verdict=verdict, image_id=image_id, before=before, limit=limit + 1
    )
    shown = found[:limit]
    following = cursors.encode(_SORT, (shown[-1].id,)) if len(found) > limit else None
    return VerdictPage([_to_wire(each) for each in shown], following)


def progress(conn: Connection, organization_id: str, dataset_name: str) -> ReviewProgress:
    """Return how far a dataset's review is, and each person in it. Raises `DatasetNotFound` (404)."""
    dataset, moment = datasets.get_by_name(conn, organization_id, dataset_name), now()
    statuses = items_repository.count_by_status(conn, dataset.id)
    totals = verdicts_repository.totals_of(conn, dataset.id)
    people = _people(totals, items_repository.count_assigned(conn, dataset.id))
    _add_days(people, verdicts_repository.tallies_of(conn, dataset.id, since_day=_day(moment - timedelta(days=_DAYS))))
    return ReviewProgress(
        in_review=statuses.get("review", 0),
        complete=statuses.get("complete", 0),
        assigned=sum(each.assigned for each in people.values()),
        held=items_repository.count_held(conn, dataset.id, moment),
        accepted=sum(each.accepted for each in people.values()),
        fixed=sum(each.fixed for each in people.values()),
        rejected=sum(each.rejected for each in people.values()),
        people=sorted(people.values(), key=lambda each: (-_decided(each), each.reviewer_name, each.reviewer_id)),
    )


def _people(totals: Sequence[TallyRow], assigned: dict[tuple[str, str], int]) -> dict[str, ReviewerProgress]:
    people: dict[str, ReviewerProgress] = {}
    for (person_id, name), count in assigned.items():
        people[person_id] = ReviewerProgress(reviewer_id=person_id, reviewer_name=name, assigned=count)
    for row in totals:
        person = people.setdefault(
            row.reviewer_id, ReviewerProgress(reviewer_id=row.reviewer_id, reviewer_name=row.reviewer_name)
        )
        setattr(person, row.verdict, row.image_count)
    return people


def _add_days(people: dict[str, ReviewerProgress], rows: Sequence[TallyRow]) -> None:
    days: dict[tuple[str, str], ReviewerDay] = {}
    for row in rows:
        day = days.get((row.reviewer_id, row.day))
        if day is None:
            day = days[row.reviewer_id, row.day] = ReviewerDay(day=row.day)
            people[row.reviewer_id].days.append(day)
        setattr(day, row.verdict, row.image_count)


def _recorded(
    conn: Connection, actor: Actor, image: ImageRecord, item: ItemRecord, asked: VerdictAsked, *, is_theirs: bool
) -> Verdict:
    if asked == "reject":
        return "rejected"
    is_edited = _seen(image, item, is_theirs=is_theirs) < image.annotation_version
    return "fixed" if is_edited and items_repository.saved_by(conn, image.id) == actor.maker else "accepted"


def _seen(image: ImageRecord, item: ItemRecord, *, is_theirs: bool) -> int:
    """Return the version that the reviewer saw first, as far as it is known."""
    return item.held_version if is_theirs and item.held_version is not None else image.annotation_version


def _kept(item: ItemRecord) -> dict[str, object]:
    values = asdict(item)
    return {name: values[name] for name in ("assignee_id", "assignee_name", "disagreement")}


def _set_status(conn: Connection, image: ImageRecord, status: tuple[ImageStatus, str | None]) -> None:
    images.set_annotation_state(
        conn, image, count=image.annotation_count, version=image.annotation_version, status=status
    )


def _decided(person: ReviewerProgress) -> int:
    return person.accepted + person.fixed + person.rejected


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _to_wire(record: VerdictRecord) -> ReviewVerdict:
    return ReviewVerdict(
        id=record.id,
        image_id=record.image_id,
        reviewer_id=record.reviewer_id,
        reviewer_name=record.reviewer_name,
        verdict=record.verdict,
        note=record.note,
        version_before=record.version_before,
        version_after=record.version_after,
        created_at=record.created_at,
        undone_at=record.undone_at,
    )
