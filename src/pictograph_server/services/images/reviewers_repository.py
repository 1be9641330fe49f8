"""Whose images are to review, where it is kept: in `review_items`, and with each image for the queue's indexes."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, literal, or_, select, update

from pictograph_server.storage.db.tables import images, review_items
from pictograph_server.storage.db.upsert import upsert

_CHUNK = 1000


def give(conn: Connection, image_ids: Sequence[str], *, person_id: str, person_name: str) -> None:
    items, whose = review_items.c, {"assignee_id": person_id, "assignee_name": person_name}
    is_news = or_(items.assignee_id.is_distinct_from(person_id), items.assignee_name.is_distinct_from(person_name))
    for some in _chunks(image_ids):
        # One short statement, whose rows the database makes: as many rows of values take as long to write down as the
        # database takes for all the rest.
        made = select(images.c.id, images.c.dataset_id, literal(person_id), literal(person_name))
        statement = upsert(conn, review_items).from_select(
            ["image_id", "dataset_id", "assignee_id", "assignee_name"], made.where(images.c.id.in_(some))
        )
        conn.execute(statement.on_conflict_do_update(index_elements=["image_id"], set_=whose, where=is_news))
        note(conn, some, person_id)


def take(conn: Connection, image_ids: Sequence[str]) -> None:
    for some in _chunks(image_ids):
        change = update(review_items).where(review_items.c.image_id.in_(some))
        conn.execute(change.values(assignee_id=None, assignee_name=None))
        note(conn, some, None)


def note(conn: Connection, image_ids: Sequence[str], person_id: str | None) -> None:
    whose = images.c.review_assignee_id
    for some in _chunks(image_ids):
        is_other = whose.is_distinct_from(person_id)
        conn.execute(update(images).where(images.c.id.in_(some), is_other).values(review_assignee_id=person_id))


def _chunks(image_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    # In the order of the table: a third of the time on SQLite where they are many.
    ids = sorted(image_ids)
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
