"""Pages of a million images: each walks one index in its order and looks at a limited number of rows.

A filter that no index serves is tried on the rows of the walk. A page then ends when it is full or when so many rows
were looked at, and says where to go on; so every page takes about the same time, however rare what is looked for.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Row,
    Select,
    Subquery,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from pictograph_server.cursor import Position
from pictograph_server.services.images.labels_repository import TAG_KINDS
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db import tables

from .filters import MACHINE, PEOPLE, ImageFilter

_images = tables.images
_labels = tables.image_labels
_columns = tuple(_images.c[field.name] for field in fields(ImageRecord))
_IS_TAG = _labels.c.source.in_(tuple(f"tag:{kind}" for kind in TAG_KINDS))
# A row of labels leads to one of images: so many of the others are looked at in the same time.
_LABEL_COST = 3


@dataclass(frozen=True, slots=True)
class Walk:
    """A stretch of an index, walked in its order."""

    source: FromClause
    conditions: tuple[ColumnElement[bool], ...]
    # What it is sorted by; together unique, but for labels of one class by several makers.
    keys: tuple[ColumnElement[Any], ...]
    is_descending: bool
    # Filters that it sees to itself.
    serves: frozenset[str]
    cost: int = 1
    begin: Position | None = None
    # The table whose index has its keys.
    indexed: FromClause = _images

    @property
    def kinds(self) -> tuple[type[object], ...]:
        """Return what its keys are in Python."""
        return tuple(key.type.python_type for key in self.keys)


@dataclass(frozen=True, slots=True)
class Page:
    """Some images, and where the next ones begin; None after the last. A page may be short, even empty, before it."""

    images: Sequence[ImageRecord]
    next_position: Position | None


# --- walks ---


def by_age(dataset_id: str, wanted: ImageFilter, *, is_descending: bool) -> Walk:
    """Walk all images of a dataset."""
    return Walk(_images, (_in(dataset_id, wanted),), (_images.c.id,), is_descending, frozenset({"archived"}))


def by_status(dataset_id: str, wanted: ImageFilter, status: str, *, is_descending: bool) -> Walk:
    where = (_in(dataset_id, wanted), _images.c.status == status)
    return Walk(_images, where, (_images.c.id,), is_descending, frozenset({"archived", "status"}))


def by_folder(dataset_id: str, wanted: ImageFilter, folder: str, *, is_descending: bool) -> Walk:
    """Walk the images of one folder, without those below it."""
    where = (_in(dataset_id, wanted), _images.c.folder_path == folder)
    return Walk(_images, where, (_images.c.id,), is_descending, frozenset({"archived", "folder"}))


def by_class(dataset_id: str, class_name: str, *, is_descending: bool) -> Walk:
    """Walk the images that are annotated or tagged with a class, archived or not."""
    where = (_labels.c.dataset_id == dataset_id, _labels.c.class_name == class_name)
    return _by_label(where, "class", is_descending=is_descending)


def by_tag(dataset_id: str, tag: str, *, is_descending: bool) -> Walk:
    """Walk the images that are tagged, archived or not."""
    where = (_labels.c.dataset_id == dataset_id, _labels.c.class_name == tag, _IS_TAG)
    return _by_label(where, "tag", is_descending=is_descending)


def by_name(dataset_id: str, wanted: ImageFilter) -> Walk:
    """Walk a dataset by folder and file name, or one folder by file name."""
    # Names in the trash need not be unique.
    last = (_images.c.filename, _images.c.id) if wanted.is_archived else (_images.c.filename,)
    keys = (_images.c.folder_path, *last)
    here, folder = _in(dataset_id, wanted), wanted.folder_path
    archived = frozenset({"archived"})
    if folder is None or wanted.is_whole_tree:
        return Walk(_images, (here,), keys, is_descending=False, serves=archived)
    if not wanted.with_subfolders:
        is_it = _images.c.folder_path == folder
        return Walk(_images, (here, is_it), last, is_descending=False, serves=archived | {"folder"})
    # Has folders in it whose names sort between the folder and what is below it, such as "/a b" for "/a". It begins
    # before the first name in the folder: a condition beside the cursor's would be searched by instead of that.
    where, begin = (here, _images.c.folder_path < _behind(folder)), (folder, *("" for _ in last))
    return Walk(_images, where, keys, is_descending=False, serves=archived, begin=begin)


def by_confidence(dataset_id: str, wanted: ImageFilter) -> Walk:
    """Walk the annotated images of a dataset, the least confident first."""
    least = _images.c.least_confidence
    where = [_in(dataset_id, wanted), least.is_not(None)]
    serves = {"archived"}
    if wanted.class_name is None and wanted.source is None:
        where += _between(least, wanted)
        serves.add("confidence")
    return Walk(_images, tuple(where), (least, _images.c.id), is_descending=False, serves=frozenset(serves))


def _by_label(where: tuple[ColumnElement[bool], ...], served: str, *, is_descending: bool) -> Walk:
    source = _labels.join(_images, _images.c.id == _labels.c.image_id)
    return Walk(source, where, (_labels.c.image_id,), is_descending, frozenset({served}), _LABEL_COST, indexed=_labels)


# --- pages ---


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids between which a walk by age is; None where it has no end, or goes by something else.

    Said of every table that the walk is joined to: Postgres would begin those at their first row.
    """

    first: str | None = None
    last: str | None = None

    @classmethod
    def of(cls, walk: Walk, start: Position | None, end: Position | None) -> "IdRange":
        (key, *others) = walk.keys
        if others or (key is not _images.c.id and key is not _labels.c.image_id):
            return cls()
        ends = [None if each is None else str(each[0]) for each in (start, end)]
        return cls(*reversed(ends)) if walk.is_descending else cls(*ends)

    def holds(self, column: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
        if self.first is not None:
            yield column >= self.first
        if self.last is not None:
            yield column <= self.last


Rest = Callable[[IdRange], Sequence[ColumnElement[bool]]]


def nothing(_ids: IdRange) -> Sequence[ColumnElement[bool]]:
    """Return that a walk's own conditions are all there are."""
    return ()


def page(conn: Connection, walk: Walk, rest: Rest, *, start: Position | None, limit: int, rows: int | None) -> Page:
    """Return images of a walk behind `start` that fulfil the rest of the conditions.

    For those `rows` are tried; None tries them all, and the page is full unless it is the last.
    """
    start = walk.begin if start is None else start
    end = _end(conn, walk, start, rows) if rows is not None and rest(IdRange()) else None
    found: list[tuple[Position, ImageRecord]] = []
    position = start
    while len(found) <= limit:
        ids = IdRange.of(walk, position, end)
        until = () if end is None else (_is_not_behind(walk, end),)
        joined = () if walk.indexed is _images else ids.holds(_images.c.id)
        wanted = limit + 1 - len(found)
        query = select(*walk.keys, *_columns).select_from(walk.source)
        query = query.where(*_begin(walk, position), *until, *joined, *rest(ids)).order_by(*_order(walk)).limit(wanted)
        read = [(tuple(row[: len(walk.keys)]), _record(row)) for row in conn.execute(query)]
        for row in read:
            # A class that two makers annotated has two rows, one behind the other.
            if not found or found[-1][1].id != row[1].id:
                found.append(row)
        if len(read) < wanted:
            break
        position = read[-1][0]
    images = [image for _, image in found[:limit]]
    if len(found) > limit:
        return Page(images, found[limit - 1][0])
    return Page(images, end)


def _end(conn: Connection, walk: Walk, start: Position | None, rows: int) -> Position | None:
    """Return the position of the last row that is tried, None where there are fewer."""
    query = select(*walk.keys).select_from(walk.indexed).where(*_begin(walk, start)).order_by(*_order(walk))
    end = conn.execute(query.limit(1).offset(max(1, rows // walk.cost) - 1)).first()
    return None if end is None else tuple(end)


def _begin(walk: Walk, position: Position | None) -> tuple[ColumnElement[bool], ...]:
    return walk.conditions if position is None else (*walk.conditions, _is_behind(walk, position))


def merged(conn: Connection, walks: Sequence[Walk], *, start: Position | None, limit: int) -> Page:
    """Return images of several walks by age that have none in common, in their order."""
    pages = [page(conn, walk, nothing, start=start, limit=limit, rows=0) for walk in walks]
    together = heapq.merge(*(each.images for each in pages), key=lambda image: image.id, reverse=walks[0].is_descending)
    images = list(together)
    is_more = len(images) > limit or any(each.next_position is not None for each in pages)
    images = images[:limit]
    return Page(images, (images[-1].id,) if is_more else None)


# --- numbers and places ---


def count(conn: Connection, walks: Sequence[Walk], rest: Rest) -> int:
    """Count the images of walks that have none in common, by going along them."""
    return conn.scalar(select(func.count()).select_from(_all(walks, rest))) or 0


def count_before(conn: Connection, walks: Sequence[Walk], rest: Rest, position: Position) -> int:
    """Count those that come before a position."""
    shorter = [replace(walk, conditions=(*walk.conditions, _is_before(walk, position))) for walk in walks]
    return count(conn, shorter, rest)


def position_behind(
    conn: Connection, walks: Sequence[Walk], rest: Rest, number: int, total: int | None
) -> Position | None:
    """Return where the list goes on behind its first `number` images, one at least; None when there are not so many.

    With the total it is looked for from the nearer end.
    """
    if total is not None and number > total:
        return None
    is_from_end = total is not None and total - number < number - 1
    skip = total - number if is_from_end and total is not None else number - 1
    found = _all(walks, rest)
    is_descending = walks[0].is_descending != is_from_end
    order = [column.desc() if is_descending else column.asc() for column in found.c]
    row = conn.execute(select(*found.c).order_by(*order).limit(1).offset(skip)).first()
    return None if row is None else tuple(row)


def position_of(conn: Connection, walk: Walk, image_id: str) -> Position | None:
    """Return where an image is in a walk's order, whether it is in the walk or not; None when it has no place."""
    columns = [_images.c.id if key.name == "image_id" else _images.c[key.name] for key in walk.keys]
    row = conn.execute(select(*columns).where(_images.c.id == image_id)).first()
    return None if row is None or None in row else tuple(row)


def backwards(walk: Walk) -> Walk:
    """Return the same stretch, walked from its end."""
    begin = () if walk.begin is None else (_is_behind(walk, walk.begin),)
    return replace(walk, conditions=(*walk.conditions, *begin), is_descending=not walk.is_descending, begin=None)


def _all(walks: Sequence[Walk], rest: Rest) -> Subquery:
    """Return the keys of all images, each once."""
    queries: list[Select[Any]] = []
    for walk in walks:
        begin = () if walk.begin is None else (_is_behind(walk, walk.begin),)
        keys = [key.label(f"key_{number}") for number, key in enumerate(walk.keys)]
        query = select(*keys).select_from(walk.source).where(*walk.conditions, *begin, *rest(IdRange()))
        # A class that two makers annotated has two rows.
        queries.append(query if walk.source is _images else query.distinct())
    return (union_all(*queries) if len(queries) > 1 else queries[0]).subquery()


# --- conditions ---


def conditions(dataset_id: str, wanted: ImageFilter, walk: Walk, ids: IdRange) -> list[ColumnElement[bool]]:
    """Return what a walk does not see to itself, written so that no database takes another index for it and sorts."""
    return list(_conditions(dataset_id, wanted, walk, ids))


def _conditions(dataset_id: str, wanted: ImageFilter, walk: Walk, ids: IdRange) -> Iterator[ColumnElement[bool]]:
    if wanted.statuses is not None and "status" not in walk.serves:
        yield (_images.c.status + "").in_(wanted.statuses)
    if wanted.folder_path is not None and not wanted.is_whole_tree and "folder" not in walk.serves:
        yield _is_inside(wanted.folder_path, with_subfolders=wanted.with_subfolders)
    if "archived" not in walk.serves:
        yield _images.c.is_archived == (true() if wanted.is_archived else false())
    if wanted.text is not None:
        yield _images.c.filename.icontains(wanted.text, autoescape=True)
    if wanted.is_annotated is not None:
        count = _images.c.annotation_count
        yield count > 0 if wanted.is_annotated else count == 0
    if wanted.min_annotations is not None:
        yield _images.c.annotation_count >= wanted.min_annotations
    if wanted.max_annotations is not None:
        yield _images.c.annotation_count <= wanted.max_annotations
    if wanted.size_wh is not None:
        width, height = wanted.size_wh
        yield and_(_images.c.width == width, _images.c.height == height)
    # Divided in doubles, as the statistics do: then their steps and these lists have the same images.
    aspect = cast(_images.c.width, Double) / cast(_images.c.height, Double)
    if wanted.min_aspect is not None:
        yield aspect >= wanted.min_aspect
    if wanted.max_aspect is not None:
        yield aspect < wanted.max_aspect
    if wanted.tag is not None and "tag" not in walk.serves:
        yield _is_labelled(dataset_id, wanted.tag, _IS_TAG, *ids.holds(_labels.c.image_id))
    if wanted.class_name is not None or wanted.source is not None:
        makers = (*_made_by(wanted.source), *_between(_labels.c.least_confidence, wanted))
        if "class" in walk.serves:
            yield from makers
        else:
            yield _is_labelled(dataset_id, wanted.class_name, *makers, *ids.holds(_labels.c.image_id))
    elif "confidence" not in walk.serves:
        yield from _between(_images.c.least_confidence, wanted)


def _is_inside(folder: str, *, with_subfolders: bool) -> ColumnElement[bool]:
    is_it = (_images.c.folder_path + "") == folder
    if not with_subfolders:
        return is_it
    below = f"{folder.rstrip('/')}/"
    return or_(is_it, func.substr(_images.c.folder_path, 1, len(below)) == below)


def _is_labelled(dataset_id: str, name: str | None, *and_so: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether an image is annotated or tagged, with a class if one is named, by whom the rest says."""
    # An alias, for the walk itself may be over labels.
    query = exists().where(_labels.c.image_id == _images.c.id, *and_so)
    if name is not None:
        query = query.where(_labels.c.dataset_id == dataset_id, _labels.c.class_name == name)
    return query.correlate(_images)


def _made_by(source: str | None) -> tuple[ColumnElement[bool], ...]:
    if source is None:
        return ()
    if source == MACHINE:
        return (_labels.c.source != PEOPLE, ~_IS_TAG)
    return (_labels.c.source == source,)


def _between(column: ColumnElement[Any], wanted: ImageFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.min_confidence is not None:
        yield column >= wanted.min_confidence
    if wanted.max_confidence is not None:
        yield column <= wanted.max_confidence


def _in(dataset_id: str, wanted: ImageFilter) -> ColumnElement[bool]:
    # Equal to a literal, not `IS FALSE`: so the condition is word for word that of the partial indexes.
    is_archived = _images.c.is_archived == (true() if wanted.is_archived else false())
    return and_(_images.c.dataset_id == dataset_id, is_archived)


def _behind(folder: str) -> str:
    """Return the first path that sorts behind everything in the folder."""
    return f"{folder.rstrip('/')}0"


# --- positions ---


def _order(walk: Walk) -> list[ColumnElement[Any]]:
    return [key.desc() if walk.is_descending else key.asc() for key in walk.keys]


def _is_behind(walk: Walk, position: Position) -> ColumnElement[bool]:
    keys, values = _compared(walk, position)
    return keys < values if walk.is_descending else keys > values


def _is_before(walk: Walk, position: Position) -> ColumnElement[bool]:
    keys, values = _compared(walk, position)
    return keys > values if walk.is_descending else keys < values


def _is_not_behind(walk: Walk, position: Position) -> ColumnElement[bool]:
    keys, values = _compared(walk, position)
    return keys >= values if walk.is_descending else keys <= values


def _compared(walk: Walk, position: Position) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    values = [literal(value, key.type) for value, key in zip(position, walk.keys, strict=True)]
    return (walk.keys[0], values[0]) if len(values) == 1 else (tuple_(*walk.keys), tuple_(*values))


def _record(row: Row[Any]) -> ImageRecord:
    return ImageRecord(*row[-len(_columns) :])
