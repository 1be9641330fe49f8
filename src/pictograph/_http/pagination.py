"""Lists that come in pages: of `limit` and `offset`, or each with a cursor for the next."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from pictograph._http.transport import Params, Transport, members

T = TypeVar("T")


class OffsetPager(Generic[T]):
    """Iterate over every item of a list, page by page; each iteration starts again at the first item.

    It stops at an empty page and at one shorter than `page_size`: a server must not clamp `limit` silently.

    Raises:
        ValueError: `page_size` is not positive, `max_total` or `start` is negative, or `items_key` is empty.
    """

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        items_key: str,
        parse_item: Callable[[Any], T],
        page_size: int,
        max_total: int | None = None,
        start: int = 0,
        params: Params | None = None,
    ) -> None:
        if page_size <= 0:
            raise ValueError(f"page_size must be positive, not {page_size}")
        if max_total is not None and max_total < 0:
            raise ValueError(f"max_total must not be negative: {max_total}")
        if start < 0:
            raise ValueError(f"offset must not be negative: {start}")
        if not items_key:
            raise ValueError("items_key must not be empty")
        self._transport = transport
        self._path = path
        self._items_key = items_key
        self._parse_item = parse_item
        self._page_size = page_size
        self._max_total = max_total
        self._start = start
        self._params = dict(params or {})

    def __iter__(self) -> Iterator[T]:
        received = 0
        while self._max_total is None or received < self._max_total:
            items = self._fetch(self._start + received)
            room = len(items) if self._max_total is None else self._max_total - received
            for item in items[:room]:
                yield self._parse_item(item)
            received += len(items)
            if len(items) < self._page_size:
                return

    def page(self) -> list[T]:
        """Return the first page alone: at most `page_size` items."""
        return [self._parse_item(item) for item in self._fetch(self._start)]

    def all(self) -> list[T]:
        """Return every item."""
        return list(self)

    def first(self) -> T | None:
        """Return the first item, or None when there is none."""
        return next(iter(self), None)

    def _fetch(self, offset: int) -> list[Any]:
        document = self._transport.get(self._path, params={**self._params, "limit": self._page_size, "offset": offset})
        return members(document, self._items_key)


class CursorPager(Generic[T]):
    """Iterate over every item of a list whose pages say where the next one begins (`next_cursor`, null at the end).

    However far one goes, a page costs the same, and what is added meanwhile moves nothing. Each iteration starts
    again at the first item.

    Raises:
        ValueError: `page_size` is not positive, `max_total` is negative, or `items_key` is empty.
    """

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        items_key: str,
        parse_item: Callable[[Any], T],
        page_size: int,
        max_total: int | None = None,
        params: Params | None = None,
    ) -> None:
        if page_size <= 0:
            raise ValueError(f"page_size must be positive, not {page_size}")
        if max_total is not None and max_total < 0:
            raise ValueError(f"max_total must not be negative: {max_total}")
        if not items_key:
            raise ValueError("items_key must not be empty")
        self._transport = transport
        self._path = path
        self._items_key = items_key
        self._parse_item = parse_item
        self._page_size = page_size
        self._max_total = max_total
        self._params = dict(params or {})

    def __iter__(self) -> Iterator[T]:
        left = self._max_total
        cursor: str | None = None
        while left is None or left > 0:
            items, cursor = self.page(cursor)
            yield from items[:left]
            left = None if left is None else left - len(items)
            if cursor is None:
                return

    def page(self, cursor: str | None = None) -> tuple[list[T], str | None]:
        """Return the page at a cursor (the first one without) and the cursor of the next, None after the last."""
        document = self._transport.get(self._path, params={**self._params, "limit": self._page_size, "cursor": cursor})
        items = [self._parse_item(item) for item in members(document, self._items_key)]
        return items, document.get("next_cursor")

    def all(self) -> list[T]:
        """Return every item."""
        return list(self)

    def first(self) -> T | None:
        """Return the first item, or None when there is none."""
        return next(iter(self), None)
