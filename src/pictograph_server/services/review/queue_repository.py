"""The queue of a review, made of images with the status `review`: nothing is kept for an image nobody was given.

Each order walks one index in its order and stops at the limit. Where a filter leaves few images, those are read and
sorted instead, so that finding ten among a million does not walk past the others.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)

from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db.tables import image_labels, images, review_items

from .records import ItemRecord, QueueEntry, QueueWish

# Up to so many images are read and sorted.
_FEW = 5_000
_image_columns = tuple(images.c[each.name] for each in fields(ImageRecord))
_item_names = tuple(each.name for each in fields(ItemRecord) if each.name != "image_id")
# Word for word the conditions of the partial indexes; nothing else makes a database take them.
_IS_SCORED = text("review_items.disagreement IS NOT NULL")
_SQLITE_IN_REVIEW = text("images.status = 'review' AND images.is_archived = 0")
_POSTGRES_IN_REVIEW = text("images.status = 'review' AND NOT images.is_archived")


def front(
    conn: Connection, dataset_id: str, wish: QueueWish, person_id: str, moment: datetime, *, limit: int
) -> list[QueueEntry]:
    """Return the first images of the queue that nobody else holds."""
    found: list[QueueEntry] = []
    for query in _queries(conn, dataset_id, wish, person_id, moment):
        rows = conn.execute(query.limit(limit - len(found))).all()
        found += [_entry(row) for row in rows]
        if len(found) >= limit:
            break
    return found


def entries(conn: Connection, dataset_id: str, image_ids: Sequence[str]) -> dict[str, QueueEntry]:
    """Return these images of the dataset that are in review; a few hundred at most."""
    query = _select(images.outerjoin(review_items, review_items.c.image_id == images.c.id))
    here = and_(images.c.dataset_id == dataset_id, images.c.status == "review", images.c.is_archived.is_(False))
    rows = conn.execute(query.where(images.c.id.in_(image_ids), here))
    return {row[0]: _entry(row) for row in rows}


def ids_in_order(dataset_id: str, wish: QueueWish, moment: datetime, *, limit: int, dialect: str) -> Select[str, int]:
    """Return the query for the ids of the queue's front that are nobody's, each with its place from 0."""
    nobody = QueueWish(
        order=wish.order,
        class_name=wish.class_name,
        min_confidence=wish.min_confidence,
        max_confidence=wish.max_confidence,
    )
    unassigned = or_(review_items.c.image_id.is_(None), review_items.c.assignee_id.is_(None))
    free = or_(review_items.c.held_until.is_(None), review_items.c.held_until <= moment)
    where = (_in_review(dataset_id, dialect), unassigned, free, *_narrowed(dataset_id, nobody))
    order = _order(wish)
    both = images.outerjoin(review_items, review_items.c.image_id == images.c.id)
    chosen = select(images.c.id, *(each.label(f"key_{n}") for n, each in enumerate(order)))
    inner = chosen.select_from(both).where(*where).order_by(*order).limit(limit).subquery()
    keys = [_directed(inner.c[f"key_{n}"], each) for n, each in enumerate(order)]
    return select(inner.c.id, (func.row_number().over(order_by=keys) - 1).label("place"))


def _queries(
    conn: Connection, dataset_id: str, wish: QueueWish, person_id: str, moment: datetime
) -> Sequence[Select[*tuple[Any, ...]]]:
    """Return queries whose answers, one behind the other, are the queue."""
    where = [_in_review(dataset_id, conn.dialect.name), *_narrowed(dataset_id, wish), _is_free(person_id, moment)]
    where += _whose(wish, person_id)
    if wish.exclude:
        where.append(images.c.id.not_in(wish.exclude))
    both = images.outerjoin(review_items, review_items.c.image_id == images.c.id)
    if (few := _few(conn, dataset_id, wish, person_id)) is not None:
        chosen = _select(
            few.join(images, images.c.id == few.c.image_id).outerjoin(
                review_items, review_items.c.image_id == images.c.id
            )
        )
        return [chosen.where(*_one_by_one(dataset_id, where)).order_by(*_order(wish))]
    least, by_confidence = images.c.least_confidence, (images.c.least_confidence, images.c.id)
    if wish.order == "oldest":
        return [_select(both).where(*where).order_by(images.c.id)]
    confident = [
        # A sum: a plain column would lead to the index of all annotated images, past those that do not wait.
        _select(both).where(*where, (least + 0).is_not(None)).order_by(*by_confidence),
        _select(both).where(*where, least.is_(None)).order_by(images.c.id),
    ]
    if wish.order == "least_confident":
        return confident
    scored = _select(review_items.join(images, images.c.id == review_items.c.image_id))
    score = review_items.c.disagreement
    in_dataset = (review_items.c.dataset_id == dataset_id, _IS_SCORED)
    return [
        scored.where(*in_dataset, *_one_by_one(dataset_id, where)).order_by(
            score.desc(), review_items.c.image_id.desc()
        ),
        *(query.where(or_(review_items.c.image_id.is_(None), score.is_(None))) for query in confident),
    ]


def _few(conn: Connection, dataset_id: str, wish: QueueWish, person_id: str) -> FromClause | None:
    """Return the ids of images that a filter leaves, where these are few; else None."""
    choices: list[Select[str]] = []
    assignee = wish.assignee_id or (person_id if wish.scope == "mine" else None)
    if assignee is not None:
        mine = (review_items.c.dataset_id == dataset_id, review_items.c.assignee_id == assignee)
        choices.append(select(review_items.c.image_id).where(*mine))
    if wish.class_name is not None:
        shown = (image_labels.c.dataset_id == dataset_id, image_labels.c.class_name == wish.class_name)
        choices.append(select(image_labels.c.image_id).where(*shown).distinct())
    for choice in choices:
        count = conn.execute(select(func.count()).select_from(choice.limit(_FEW + 1).subquery())).scalar_one()
        if count <= _FEW:
            return choice.subquery("few")
    return None


def _select(source: FromClause) -> Select[*tuple[Any, ...]]:
    items = (review_items.c[name] for name in _item_names)
    return select(images.c.id, images.c.least_confidence, *_image_columns, *items).select_from(source)


def _in_review(dataset_id: str, dialect: str) -> ColumnElement[bool]:
    is_it = _SQLITE_IN_REVIEW if dialect == "sqlite" else _POSTGRES_IN_REVIEW
    return and_(images.c.dataset_id == dataset_id, is_it)


def _one_by_one(dataset_id: str, where: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Return the conditions without the partial index: images are looked up by id, and the order is another's."""
    is_it = and_(images.c.dataset_id + "" == dataset_id, images.c.status + "" == "review")
    return [is_it, images.c.is_archived.is_(False), *where[1:]]


def _narrowed(dataset_id: str, wish: QueueWish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.min_confidence is not None:
        found.append(images.c.least_confidence >= wish.min_confidence)
    if wish.max_confidence is not None:
        found.append(images.c.least_confidence <= wish.max_confidence)
    if wish.class_name is not None:
        shown = exists().where(
            image_labels.c.dataset_id == dataset_id,
            image_labels.c.class_name == wish.class_name,
            image_labels.c.image_id == images.c.id,
        )
        found.append(shown.correlate(images))
    return found


def _is_free(person_id: str, moment: datetime) -> ColumnElement[bool]:
    items = review_items.c
    return or_(items.held_by.is_(None), items.held_by == person_id, items.held_until <= moment)


def _whose(wish: QueueWish, person_id: str) -> list[ColumnElement[bool]]:
    assignee = review_items.c.assignee_id
    if wish.assignee_id is not None:
        return [assignee == wish.assignee_id]
    if wish.scope == "mine":
        return [assignee == person_id]
    return [or_(assignee.is_(None), assignee == person_id)] if wish.scope == "open" else []


def _order(wish: QueueWish) -> list[ColumnElement[Any]]:
    """Return the whole order in one, for queries that sort; images without a confidence come last."""
    confident = [images.c.least_confidence.is_(None), images.c.least_confidence, images.c.id]
    if wish.order == "oldest":
        return [images.c.id]
    if wish.order == "disagreement":
        # Below every score, so that what was not measured comes last.
        return [func.coalesce(review_items.c.disagreement, literal(-1.0)).desc(), *confident]
    return [func.coalesce(images.c.least_confidence, literal(2.0)), images.c.id]


def _directed(column: ColumnElement[Any], like: ColumnElement[Any]) -> ColumnElement[Any]:
    from sqlalchemy.sql.operators import desc_op

    return column.desc() if getattr(like, "modifier", None) is desc_op else column


def _entry(row: Row[*tuple[Any, ...]]) -> QueueEntry:
    values = tuple(row)
    end = 2 + len(_image_columns)
    item = ItemRecord(values[0], **dict(zip(_item_names, values[end:], strict=True)))
    return QueueEntry(ImageRecord(*values[2:end]), values[1], item)
