"""Whose an image is and who has it on the screen: the rows of `review_items`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, null, select, update

from pictograph_server.services.images import reviewers
from pictograph_server.services.images.reviewers import Person
from pictograph_server.storage.db.tables import annotations, image_tallies, images, review_items
from pictograph_server.storage.db.upsert import upsert

from .records import ItemRecord

# Below the variable limits of both databases.
_CHUNK = 500
_columns = tuple(review_items.c[name] for name in ItemRecord.__dataclass_fields__)
_RELEASED = {"held_by": None, "held_by_name": None, "held_until": None, "held_version": None}


def find(conn: Connection, image_id: str) -> ItemRecord:
    row = conn.execute(select(*_columns).where(review_items.c.image_id == image_id)).one_or_none()
    return ItemRecord(image_id) if row is None else ItemRecord(*row)


def in_dataset(conn: Connection, dataset_id: str, image_ids: Sequence[str]) -> list[str]:
    """Return those of the ids that are images of the dataset, not archived, in the order given."""
    there: set[str] = set()
    for start in range(0, len(image_ids), _CHUNK):
        query = select(images.c.id).where(images.c.dataset_id == dataset_id, images.c.is_archived.is_(False))
        there.update(conn.scalars(query.where(images.c.id.in_(image_ids[start : start + _CHUNK]))))
    return [image_id for image_id in dict.fromkeys(image_ids) if image_id in there]


# --- holds ---


def hold(conn: Connection, dataset_id: str, versions: Mapping[str, int], person: Person, *, until: datetime) -> None:
    """Hold images for a person; `versions`: image id -> the version of its annotations that they see first."""
    if not versions:
        return
    who = {"held_by": person.id, "held_by_name": person.name, "held_until": until}
    rows = [
        {"image_id": image_id, "dataset_id": dataset_id, "held_version": version, **who}
        for image_id, version in versions.items()
    ]
    statement = upsert(conn, review_items).values(rows)
    changes = {name: statement.excluded[name] for name in ("held_by", "held_by_name", "held_until", "held_version")}
    conn.execute(statement.on_conflict_do_update(index_elements=["image_id"], set_=changes))


def release(conn: Connection, dataset_id: str, person_id: str, *, but: Sequence[str] = ()) -> None:
    """Let go of what a person holds in a dataset, apart from some."""
    held = (review_items.c.dataset_id == dataset_id, review_items.c.held_by == person_id)
    # A row without a holder is in no index of holders.
    query = update(review_items).where(*held, review_items.c.held_by.is_not(None))
    conn.execute(query.where(review_items.c.image_id.not_in(but)).values(_RELEASED))


def release_these(conn: Connection, dataset_id: str, person_id: str, image_ids: Sequence[str]) -> None:
    held = (review_items.c.dataset_id == dataset_id, review_items.c.held_by == person_id)
    conn.execute(update(review_items).where(*held, review_items.c.image_id.in_(image_ids)).values(_RELEASED))


# --- assignment ---


def assigned(
    conn: Connection,
    dataset_id: str,
    *,
    image_ids: Sequence[str] | None = None,
    assignee_id: str | None = None,
    limit: int | None = None,
) -> list[str]:
    """Return images that are somebody's: of these, of one person's, or of all, the first ones."""
    where: list[Any] = [review_items.c.dataset_id == dataset_id, review_items.c.assignee_id.is_not(None)]
    if assignee_id is not None:
        where.append(review_items.c.assignee_id == assignee_id)
    query = select(review_items.c.image_id).where(*where)
    if image_ids is None:
        return list(conn.scalars(query.limit(limit)))
    chunks = (image_ids[start : start + _CHUNK] for start in range(0, len(image_ids), _CHUNK))
    return [each for some in chunks for each in conn.scalars(query.where(review_items.c.image_id.in_(some)))]


# --- one image that was decided on ---


def remove(conn: Connection, image_id: str) -> None:
    conn.execute(delete(review_items).where(review_items.c.image_id == image_id))
    reviewers.note(conn, [image_id], None)


def put(conn: Connection, dataset_id: str, item: ItemRecord) -> None:
    """Write a row as it was."""
    values = {name: getattr(item, name) for name in ItemRecord.__dataclass_fields__}
    statement = upsert(conn, review_items).values(dataset_id=dataset_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["image_id"], set_=values))
    reviewers.note(conn, [item.image_id], item.assignee_id)


def saved_by(conn: Connection, image_id: str) -> str | None:
    """Return who made the annotations as they are now, as provenance names them."""
    return conn.scalar(select(annotations.c.saved_by).where(annotations.c.image_id == image_id))


# --- counts ---


def count_assigned(conn: Connection, dataset_id: str) -> dict[tuple[str, str], int]:
    """Return (id, name) of a person -> how many images wait for them."""
    items = review_items.c
    # One person after the other: grouped, the same rows of the index take more than twice as long on SQLite.
    first = select(items.assignee_id, items.assignee_name).where(items.dataset_id == dataset_id)
    first = first.where(items.assignee_id > bindparam("behind")).order_by(items.assignee_id).limit(1)
    theirs = select(func.count()).where(items.dataset_id == dataset_id, items.assignee_id == bindparam("person"))
    found: dict[tuple[str, str], int] = {}
    behind = ""
    while (row := conn.execute(first, {"behind": behind}).first()) is not None:
        behind = str(row[0])
        found[behind, row[1] or ""] = conn.execute(theirs, {"person": behind}).scalar_one()
    return found


def has_assigned(conn: Connection, dataset_id: str, person_id: str) -> bool:
    items = review_items.c
    query = select(items.image_id).where(items.dataset_id == dataset_id, items.assignee_id == person_id)
    return conn.execute(query.limit(1)).first() is not None


def count_held(conn: Connection, dataset_id: str, moment: datetime) -> int:
    items = review_items.c
    query = select(func.count()).where(
        items.dataset_id == dataset_id, items.held_by.is_not(None), items.held_until > moment
    )
    return conn.execute(query).scalar_one()


def count_by_status(conn: Connection, dataset_id: str) -> dict[str, int]:
    """Return status -> how many images of the dataset have it, as the tallies have it."""
    tallies = image_tallies.c
    query = (
        select(tallies.status, func.sum(tallies.image_count))
        .where(tallies.dataset_id == dataset_id, tallies.is_archived.is_(False))
        .group_by(tallies.status)
    )
    return {status: int(count) for status, count in conn.execute(query)}


def forget_decided(conn: Connection, dataset_id: str, *, limit: int) -> int:
    """Drop rows of images that left the review without a verdict; return how many."""
    is_gone = ~exists().where(images.c.id == review_items.c.image_id, images.c.status == "review")
    query = select(review_items.c.image_id).where(review_items.c.dataset_id == dataset_id, is_gone).limit(limit)
    found = list(conn.scalars(query))
    for start in range(0, len(found), _CHUNK):
        some = found[start : start + _CHUNK]
        conn.execute(delete(review_items).where(review_items.c.image_id.in_(some)))
        reviewers.note(conn, some, None)
    return len(found)


# --- disagreement ---


def clear_scores(conn: Connection, dataset_id: str, *, limit: int) -> int:
    """Forget measures of disagreement, so many; return how many there were of them."""
    items = review_items.c
    chosen = select(items.image_id).where(items.dataset_id == dataset_id, items.disagreement.is_not(None)).limit(limit)
    query = update(review_items).where(items.image_id.in_(chosen)).values(disagreement=null())
    return conn.execute(query).rowcount


def set_scores(conn: Connection, dataset_id: str, scores: Mapping[str, float]) -> None:
    """Keep measures of images that are still there."""
    ids = list(scores)
    for start in range(0, len(ids), _CHUNK):
        there = conn.scalars(select(images.c.id).where(images.c.id.in_(ids[start : start + _CHUNK]))).all()
        if not there:
            continue
        rows = [{"image_id": each, "dataset_id": dataset_id, "disagreement": scores[each]} for each in there]
        statement = upsert(conn, review_items).values(rows)
        changes = {"disagreement": statement.excluded.disagreement}
        conn.execute(statement.on_conflict_do_update(index_elements=["image_id"], set_=changes))
