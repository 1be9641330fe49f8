"""The queue of a review: whose turn an image is, and that no two people look at the same one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import Conflict
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import reviewers
from pictograph_server.services.images.records import ImageNotFound
from pictograph_server.storage.db.types import now

from . import items_repository, queue_repository
from .queue_repository import Seeker
from .records import ItemRecord, QueueEntry, QueueWish

# As long as somebody may look at one image before others get it too.
HOLD = timedelta(minutes=10)
MOST_HELD = 5


class HeldByOther(Conflict):
    code = "held_by_other"

    def __init__(self, path: str, item: ItemRecord) -> None:
        until = "" if item.held_until is None else f" until {item.held_until:%H:%M} UTC at the latest"
        super().__init__(
            f"{path} is being reviewed by {item.held_by_name or 'somebody else'}",
            why=f"they have it on the screen{until}",
            fix="Take the next image of the queue",
            details={"held_by": item.held_by, "held_by_name": item.held_by_name},
        )


@dataclass(frozen=True, slots=True)
class Front:
    """The first images of the queue; the first `held` of them are the caller's for a while."""

    entries: Sequence[QueueEntry]
    held: int = 0


def wish_for(conn: Connection, actor: Actor, wish: QueueWish) -> QueueWish:
    """Return the wish with the id of whose images are asked for. Raises `ReviewerNotFound` (404)."""
    if wish.assignee_id is None:
        return wish
    return replace(wish, assignee_id=reviewers.find(conn, actor, wish.assignee_id).id)


def look(conn: Connection, actor: Actor, dataset_name: str, wish: QueueWish, *, limit: int) -> Front:
    """Return the front of the queue and hold nothing.

    Raises:
        DatasetNotFound, ReviewerNotFound: 404.
    """
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    wish = wish_for(conn, actor, wish)
    return Front(queue_repository.front(conn, dataset.id, wish, Seeker(now(), actor.id), limit=limit))


def take_next(
    conn: Connection,
    actor: Actor,
    dataset_name: str,
    wish: QueueWish,
    *,
    hold: int,
    limit: int,
    first: str | None = None,
) -> Front:
    """Return the front of the queue; the first `hold` images are the caller's for a while, and no others.

    `first`: an image that comes before all others while it waits and nobody else has it.

    Raises:
        DatasetNotFound, ReviewerNotFound: 404.
    """
    dataset = _lock(conn, actor, dataset_name)
    wish, moment = wish_for(conn, actor, wish), now()
    seeker = Seeker(moment, actor.id)
    entries = queue_repository.front(conn, dataset.id, wish, seeker, limit=max(limit, hold))
    if first is not None:
        shown = queue_repository.entries(conn, dataset.id, [first]).get(first)
        if shown is not None and not shown.item.is_held_by_other(actor.id, moment):
            entries = [shown, *(entry for entry in entries if entry.image.id != first)]
    mine = entries[:hold]
    items_repository.release(conn, dataset.id, actor.id, but=[entry.image.id for entry in mine])
    held = _hold(conn, actor, dataset.id, mine)
    return Front([*held, *entries[hold:]], len(held))


def keep(conn: Connection, actor: Actor, dataset_name: str, image_id: str, *, minutes: int) -> QueueEntry:
    """Hold an image for longer, as when it is edited.

    Raises:
        DatasetNotFound, ImageNotFound: 404, also for an image that is not in review.
        HeldByOther: 409.
    """
    dataset = _lock(conn, actor, dataset_name)
    entry = queue_repository.entries(conn, dataset.id, [image_id]).get(image_id)
    if entry is None:
        raise ImageNotFound(image_id)
    if entry.item.is_held_by_other(actor.id, now()):
        raise HeldByOther(entry.image.path, entry.item)
    return _hold(conn, actor, dataset.id, [entry], timedelta(minutes=minutes))[0]


def release(conn: Connection, actor: Actor, dataset_name: str, image_ids: Sequence[str] | None) -> None:
    """Let others have images that the caller holds: these, or all. Raises `DatasetNotFound` (404)."""
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    if image_ids is None:
        items_repository.release(conn, dataset.id, actor.id)
    else:
        items_repository.release_these(conn, dataset.id, actor.id, image_ids)


def _hold(
    conn: Connection, actor: Actor, dataset_id: str, entries: Sequence[QueueEntry], length: timedelta = HOLD
) -> list[QueueEntry]:
    moment, person = now(), reviewers.person_of(actor)
    until = moment + length
    held: list[QueueEntry] = []
    for entry in entries:
        item = entry.item
        # What they saw first stays when they look again.
        is_again = item.is_held_by(actor.id, moment) and item.held_version is not None
        version = item.held_version if is_again else entry.image.annotation_version
        # A longer hold is not cut short by looking on.
        end = max(until, item.held_until) if is_again and item.held_until is not None else until
        item = replace(item, held_by=person.id, held_by_name=person.name, held_until=end, held_version=version)
        items_repository.hold(conn, dataset_id, {entry.image.id: version or 0}, person, until=end)
        held.append(replace(entry, item=item))
    return held


def _lock(conn: Connection, actor: Actor, dataset_name: str) -> DatasetRecord:
    """Return the dataset and hold it: who takes the next image at the same moment comes after, and gets another."""
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    datasets.lock(conn, actor.organization_id, dataset.id)
    return dataset
