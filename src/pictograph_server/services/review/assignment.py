"""Who gets which images of a review: some at a time, each with a commit, so that others write in between.

A server that dies on the way leaves whole steps done, as if fewer images had been named; whoever asks again goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.review import ReviewAssigned
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest
from pictograph_server.platform import Platform
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import reviewers
from pictograph_server.services.images.records import ImageNotFound
from pictograph_server.services.images.reviewers import Person
from pictograph_server.storage.db.types import now

from . import items_repository, queue_repository
from .records import QueueWish

# Images that one request deals out or takes; more are by asking again.
MOST_SHARED = 5_000
# Images of one commit: a quarter of a second of writing among a million on SQLite, which lets one write at a time.
STEP = 1_000


class ReviewerNamedTwice(BadRequest):
    code = "reviewer_named_twice"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is named twice", why="everybody gets the same share", fix="Name everybody once")


@dataclass(frozen=True, slots=True)
class Unassigned:
    """How many images became nobody's; `has_more`: there may be others that should, see `MOST_SHARED`."""

    count: int
    has_more: bool


def assign(
    platform: Platform, actor: Actor, dataset_name: str, image_ids: Sequence[str], assignee: str
) -> ReviewAssigned:
    """Give images to a person, whoever had them.

    Raises:
        DatasetNotFound, ReviewerNotFound: 404; and `ImageNotFound` where none of the images is the dataset's.
    """
    given: dict[str, int] = {}
    for some in _steps(image_ids):
        with platform.db.write() as conn:
            dataset = _lock(conn, actor, dataset_name)
            person = reviewers.find(conn, actor, assignee)
            there = items_repository.in_dataset(conn, dataset.id, some)
            reviewers.give(conn, there, person)
            _record(conn, actor, dataset, {person.name: len(there)})
        given[person.id] = given.get(person.id, 0) + len(there)
    if image_ids and not any(given.values()):
        raise ImageNotFound(image_ids[0])
    return _answer(platform, actor, dataset_name, given)


def share(
    platform: Platform, actor: Actor, dataset_name: str, wish: QueueWish, people: Sequence[str], *, limit: int
) -> ReviewAssigned:
    """Deal out the front of the queue that is nobody's, one image each in turn.

    Raises:
        DatasetNotFound, ReviewerNotFound: 404.
        ReviewerNamedTwice: 400.
    """
    dealt: dict[str, int] = {}
    count, limit = 0, min(limit, MOST_SHARED)
    while count < limit:
        wanted = min(STEP, limit - count)
        with platform.db.write() as conn:
            dataset = _lock(conn, actor, dataset_name)
            chosen = _people(conn, actor, people)
            ids = queue_repository.ids_of_nobody(conn, dataset.id, wish, now(), limit=wanted)
            # Whose turn it is goes on from where the last step ended.
            shares = {each: ids[(turn - count) % len(chosen) :: len(chosen)] for turn, each in enumerate(chosen)}
            for person, theirs in shares.items():
                reviewers.give(conn, theirs, person)
            _record(conn, actor, dataset, {person.name: len(theirs) for person, theirs in shares.items()})
        for person, theirs in shares.items():
            dealt[person.id] = dealt.get(person.id, 0) + len(theirs)
        count += len(ids)
        if len(ids) < wanted:
            break
    return _answer(platform, actor, dataset_name, dealt)


def unassign(
    platform: Platform, actor: Actor, dataset_name: str, *, image_ids: Sequence[str] | None, assignee: str | None
) -> Unassigned:
    """Make images nobody's again: these, or the first ones of a person, or of all who have some.

    Raises:
        DatasetNotFound, ReviewerNotFound: 404.
    """
    if image_ids is not None:
        count = sum(
            _take(platform, actor, dataset_name, assignee, image_ids=some, limit=None) for some in _steps(image_ids)
        )
        return Unassigned(count, has_more=False)
    count = 0
    while count < MOST_SHARED:
        wanted = min(STEP, MOST_SHARED - count)
        taken = _take(platform, actor, dataset_name, assignee, image_ids=None, limit=wanted)
        count += taken
        if taken < wanted:
            return Unassigned(count, has_more=False)
    return Unassigned(count, has_more=True)


def _take(
    platform: Platform,
    actor: Actor,
    dataset_name: str,
    assignee: str | None,
    *,
    image_ids: Sequence[str] | None,
    limit: int | None,
) -> int:
    with platform.db.write() as conn:
        dataset = _lock(conn, actor, dataset_name)
        person_id = None if assignee is None else _known(conn, actor, assignee, dataset.id)
        found = items_repository.assigned(conn, dataset.id, image_ids=image_ids, assignee_id=person_id, limit=limit)
        reviewers.take(conn, found)
        _record(conn, actor, dataset, {"nobody": len(found)})
    return len(found)


def _people(conn: Connection, actor: Actor, people: Sequence[str]) -> list[Person]:
    chosen: dict[str, Person] = {}
    for each in people:
        person = reviewers.find(conn, actor, each)
        if person.id in chosen:
            raise ReviewerNamedTwice(each)
        chosen[person.id] = person
    return list(chosen.values())


def _known(conn: Connection, actor: Actor, wanted: str, dataset_id: str) -> str:
    # Somebody who has left still has images.
    if items_repository.has_assigned(conn, dataset_id, wanted):
        return wanted
    return reviewers.find(conn, actor, wanted).id


def _answer(platform: Platform, actor: Actor, dataset_name: str, given: Mapping[str, int]) -> ReviewAssigned:
    # Counted when nobody waits for this any more.
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
        in_review = items_repository.count_by_status(conn, dataset.id).get("review", 0)
        assigned = sum(items_repository.count_assigned(conn, dataset.id).values())
    return ReviewAssigned(assigned=dict(given), unassigned_left=max(0, in_review - assigned))


def _steps(image_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the ids some at a time, in the order of the table; once where there are none."""
    ids = sorted(set(image_ids))
    for start in range(0, max(1, len(ids)), STEP):
        yield ids[start : start + STEP]


def _lock(conn: Connection, actor: Actor, dataset_name: str) -> DatasetRecord:
    """Return the dataset and hold it: who deals out images at the same moment comes after, and finds others."""
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    datasets.lock(conn, actor.organization_id, dataset.id)
    return dataset


def _record(conn: Connection, actor: Actor, dataset: DatasetRecord, shares: Mapping[str, int]) -> None:
    if not any(shares.values()):
        return
    audit.record(
        conn,
        actor,
        "review.assigned",
        subject_id=dataset.id,
        subject_name=dataset.name,
        details={"images": sum(shares.values()), "shares": dict(shares)},
    )
