"""The queue of a review, made of images with the status `review`: nothing is kept for an image nobody was given.

Each order walks one index in its order and stops at the limit, for what is nobody's and what is one person's by itself:
what others have, were it a million images, is not walked past. Where a class has few images, those are read and sorted
instead, so that finding ten among a million does not walk past the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)

from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db.tables import image_labels, images, review_items

from .records import ItemRecord, QueueEntry, QueueWish

# Up to so many images are read and sorted.
_FEW = 5_000
_image_columns = tuple(images.c[each.name] for each in fields(ImageRecord))
_item_names = tuple(each.name for each in fields(ItemRecord) if each.name != "image_id")
_columns = (images.c.id, images.c.least_confidence, *_image_columns, *(review_items.c[name] for name in _item_names))
# Word for word the conditions of the partial indexes; nothing else makes a database take them.
_IS_SCORED = text("review_items.disagreement IS NOT NULL")
_SQLITE_IN_REVIEW = text("images.status = 'review' AND images.is_archived = 0")
_SQLITE_IN_REVIEW_OF = text("images.status || '' = 'review' AND NOT images.is_archived")
_POSTGRES_IN_REVIEW = text("images.status = 'review' AND NOT images.is_archived")

_Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Seeker:
    """Who looks for images: what others hold at this moment is not for them. Without `person_id`, for nobody."""

    moment: datetime
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Whose:
    """The images of one person, of nobody (`person_id` None), or of everybody."""

    person_id: str | None = None
    is_everybody: bool = False


@dataclass(frozen=True, slots=True)
class _Stage:
    """A stretch of the queue: queries that are each in its order, and what puts their answers into one."""

    queries: Sequence[_Query]
    place: Callable[[QueueEntry], tuple[Any, ...]]
    is_descending: bool = False


def front(conn: Connection, dataset_id: str, wish: QueueWish, seeker: Seeker, *, limit: int) -> list[QueueEntry]:
    """Return the first images of the queue that nobody else holds."""
    found: list[QueueEntry] = []
    for stage in _stages(conn, dataset_id, wish, seeker):
        left = limit - len(found)
        some = [_entry(row) for query in stage.queries for row in conn.execute(query.limit(left))]
        some.sort(key=stage.place, reverse=stage.is_descending)
        found += some[:left]
        if len(found) >= limit:
            break
    return found


def ids_of_nobody(conn: Connection, dataset_id: str, wish: QueueWish, moment: datetime, *, limit: int) -> list[str]:
    """Return the ids of the queue's front that is nobody's and that nobody holds."""
    found: list[str] = []
    wish = QueueWish(
        order=wish.order,
        class_name=wish.class_name,
        min_confidence=wish.min_confidence,
        max_confidence=wish.max_confidence,
    )
    for stage in _stages(conn, dataset_id, wish, Seeker(moment)):
        for query in stage.queries:
            found += conn.scalars(query.with_only_columns(images.c.id).limit(limit - len(found)))
        if len(found) >= limit:
            break
    return found


def entries(conn: Connection, dataset_id: str, image_ids: Sequence[str]) -> dict[str, QueueEntry]:
    """Return these images of the dataset that are in review; a few hundred at most."""
    query = select(*_columns).select_from(_both())
    here = and_(images.c.dataset_id == dataset_id, images.c.status == "review", images.c.is_archived.is_(False))
    rows = conn.execute(query.where(images.c.id.in_(image_ids), here))
    return {row[0]: _entry(row) for row in rows}


def _stages(conn: Connection, dataset_id: str, wish: QueueWish, seeker: Seeker) -> Sequence[_Stage]:
    """Return the stages that, one behind the other, are the queue."""
    narrowed = [*_narrowed(dataset_id, wish), _is_free(seeker)]
    if wish.exclude:
        narrowed.append(images.c.id.not_in(wish.exclude))
    everyone = _whose(wish, seeker)
    if (few := _few(conn, dataset_id, wish, everyone)) is not None:
        source = few.join(images, images.c.id == few.c.image_id).outerjoin(review_items, _IS_OF_IMAGE)
        is_theirs = or_(*(_is_theirs(whose) for whose in everyone))
        chosen = select(*_columns).select_from(source)
        query = chosen.where(*_one_by_one(dataset_id), *narrowed, is_theirs).order_by(*_order(wish))
        return [_Stage([query], lambda _: ())]
    waiting = select(*_columns).select_from(_both()).where(*narrowed)
    walks = [(whose, waiting.where(*_in_review(conn, dataset_id, whose))) for whose in everyone]
    # Whose they are comes first in the index, and an order without it would not be the index's.
    if wish.order == "oldest":
        queries = [walk.order_by(*_first(whose), images.c.id) for whose, walk in walks]
        return [_Stage(queries, lambda entry: (entry.image.id,))]
    least = images.c.least_confidence
    confident = [walk.order_by(*_first(whose), least, images.c.id) for whose, walk in walks]
    if wish.order == "disagreement":
        confident = [query.where(review_items.c.disagreement.is_(None)) for query in confident]
    by_confidence = [
        # A sum: a plain column would lead to the index of all annotated images, past those that do not wait.
        _Stage([each.where((least + 0).is_not(None)) for each in confident], _confidence_and_id),
        _Stage([each.where(least.is_(None)) for each in confident], lambda entry: (entry.image.id,)),
    ]
    if wish.order == "least_confident":
        return by_confidence
    scored = [_scored(dataset_id, whose).where(*narrowed) for whose in everyone]
    by_score = _Stage(scored, lambda entry: (entry.item.disagreement, entry.image.id), is_descending=True)
    return [by_score, *by_confidence]


def _scored(dataset_id: str, whose: _Whose) -> _Query:
    """Return the query for what was measured, the most disagreed on first."""
    items = review_items.c
    query = select(*_columns).select_from(review_items.join(images, _IS_OF_IMAGE))
    query = query.where(items.dataset_id == dataset_id, _IS_SCORED, *_one_by_one(dataset_id))
    if whose.is_everybody:
        return query.order_by(items.disagreement.desc(), items.image_id.desc())
    query = query.where(_has(items.assignee_id, whose))
    return query.order_by(items.assignee_id.desc(), items.disagreement.desc(), items.image_id.desc())


def _confidence_and_id(entry: QueueEntry) -> tuple[float | None, str]:
    return entry.least_confidence, entry.image.id


def _few(conn: Connection, dataset_id: str, wish: QueueWish, everyone: Sequence[_Whose]) -> FromClause | None:
    """Return the ids of images that a filter leaves, where these are few; else None."""
    choices: list[Select[str] | CompoundSelect[str]] = []
    if wish.class_name is not None:
        shown = (image_labels.c.dataset_id == dataset_id, image_labels.c.class_name == wish.class_name)
        choices.append(select(image_labels.c.image_id).where(*shown).distinct())
    # In the order of confidence itself, they are a stretch of the index.
    if wish.order != "least_confident" and (between := _between(images.c.least_confidence, wish)):
        ids = select(images.c.id.label("image_id")).where(*between)
        choices.append(union_all(*(ids.where(*_in_review(conn, dataset_id, whose)) for whose in everyone)))
    for choice in choices:
        count = conn.execute(select(func.count()).select_from(choice.limit(_FEW + 1).subquery())).scalar_one()
        if count <= _FEW:
            return choice.subquery("few")
    return None


_IS_OF_IMAGE = review_items.c.image_id == images.c.id


def _both() -> FromClause:
    return images.outerjoin(review_items, _IS_OF_IMAGE)


def _in_review(conn: Connection, dataset_id: str, whose: _Whose) -> list[ColumnElement[bool]]:
    """Return the conditions that lead to the index of everybody's images in review, or of one person's."""
    is_it = _POSTGRES_IN_REVIEW
    if conn.dialect.name == "sqlite":
        is_it = _SQLITE_IN_REVIEW if whose.is_everybody else _SQLITE_IN_REVIEW_OF
    return [images.c.dataset_id == dataset_id, cast("ColumnElement[bool]", is_it), _is_theirs(whose)]


def _one_by_one(dataset_id: str) -> list[ColumnElement[bool]]:
    """Return the conditions without the partial index: images are looked up by id, and the order is another's.

    What is coalesced leads to no index, and Postgres takes half the images to be so; by sums it would expect hardly
    one, and read and sort them all.
    """
    is_it = and_(images.c.dataset_id == dataset_id, images.c.status == "review", images.c.is_archived.is_(False))
    return [func.coalesce(is_it, false())]


def _narrowed(dataset_id: str, wish: QueueWish) -> list[ColumnElement[bool]]:
    least = images.c.least_confidence
    # A sum where the order is another's: a plain column would lead to the index by confidence, and to sorting.
    found = _between(least if wish.order == "least_confident" else least + 0, wish)
    if wish.class_name is not None:
        shown = exists().where(
            image_labels.c.dataset_id == dataset_id,
            image_labels.c.class_name == wish.class_name,
            image_labels.c.image_id == images.c.id,
        )
        found.append(shown.correlate(images))
    return found


def _between(least: ColumnElement[float | None], wish: QueueWish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.min_confidence is not None:
        found.append(least >= wish.min_confidence)
    if wish.max_confidence is not None:
        found.append(least <= wish.max_confidence)
    return found


def _is_free(seeker: Seeker) -> ColumnElement[bool]:
    items = review_items.c
    is_free = or_(items.held_by.is_(None), items.held_until <= seeker.moment)
    return is_free if seeker.person_id is None else or_(is_free, items.held_by == seeker.person_id)


def _whose(wish: QueueWish, seeker: Seeker) -> list[_Whose]:
    if wish.assignee_id is not None:
        return [_Whose(wish.assignee_id)]
    if wish.scope == "all":
        return [_Whose(is_everybody=True)]
    mine = [] if seeker.person_id is None else [_Whose(seeker.person_id)]
    return mine if wish.scope == "mine" else [_Whose(), *mine]


def _is_theirs(whose: _Whose) -> ColumnElement[bool]:
    return true() if whose.is_everybody else _has(images.c.review_assignee_id, whose)


def _has(assignee: ColumnElement[Any], whose: _Whose) -> ColumnElement[bool]:
    return assignee.is_(None) if whose.person_id is None else assignee == whose.person_id


def _first(whose: _Whose) -> list[ColumnElement[Any]]:
    return [] if whose.is_everybody else [images.c.review_assignee_id]


def _order(wish: QueueWish) -> Sequence[ColumnElement[Any]]:
    """Return the whole order in one, for queries that sort; images without a confidence come last."""
    if wish.order == "oldest":
        return [images.c.id]
    confident = [images.c.least_confidence.is_(None), images.c.least_confidence, images.c.id]
    if wish.order == "disagreement":
        # Below every score, so that what was not measured comes last.
        return [func.coalesce(review_items.c.disagreement, literal(-1.0)).desc(), *confident]
    return confident


def _entry(row: Row[*tuple[Any, ...]]) -> QueueEntry:
    values = tuple(row)
    end = 2 + len(_image_columns)
    item = ItemRecord(values[0], **dict(zip(_item_names, values[end:], strict=True)))
    return QueueEntry(ImageRecord(*values[2:end]), values[1], item)
