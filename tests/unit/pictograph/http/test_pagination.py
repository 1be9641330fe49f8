from typing import Any

import pytest

from pictograph._http.mock import Call, MockApi
from pictograph._http.pagination import CursorPager, OffsetPager

PATH = "/api/v1/developer/numbers"


def make_pager(count: int, **options: Any) -> tuple[MockApi, OffsetPager[int]]:
    def answer(call: Call) -> Any:
        limit, offset = int(str(call.query["limit"])), int(str(call.query["offset"]))
        return {"numbers": list(range(count))[offset : offset + limit]}

    api = MockApi()
    api.on("GET", PATH, answer)
    options = {"items_key": "numbers", "parse_item": int, "page_size": 3, **options}
    return api, OffsetPager(api.transport(), PATH, **options)


@pytest.mark.parametrize(
    ("count", "max_total", "expected", "requests"),
    [
        (0, None, 0, 1),
        (2, None, 2, 1),
        (3, None, 3, 2),
        (7, None, 7, 3),
        (7, 4, 4, 2),
        (7, 3, 3, 1),
        (7, 0, 0, 0),
        (2, 9, 2, 1),
    ],
)
def test_pager__pages(count: int, max_total: int | None, expected: int, requests: int) -> None:
    api, pager = make_pager(count, max_total=max_total)
    assert pager.all() == list(range(expected))
    assert len(api.calls) == requests


def test_pager__each_iteration_starts_again() -> None:
    _, pager = make_pager(5)
    assert list(pager) == list(pager)


def test_pager__first_asks_once() -> None:
    api, pager = make_pager(9)
    assert pager.first() == 0
    assert len(api.calls) == 1


def test_pager__first_of_nothing() -> None:
    assert make_pager(0)[1].first() is None


def test_pager__page_starts_where_asked() -> None:
    assert make_pager(9, start=4)[1].page() == [4, 5, 6]


def test_pager__missing_list_is_empty() -> None:
    _, pager = make_pager(3, items_key="others")
    assert pager.all() == []


@pytest.mark.parametrize(
    "bad", [{"page_size": 0}, {"page_size": -1}, {"max_total": -1}, {"items_key": ""}, {"start": -1}]
)
def test_pager__bad_arguments(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must"):
        make_pager(1, **bad)


def make_cursor_pager(count: int, **options: Any) -> tuple[MockApi, CursorPager[int]]:
    """A list from the highest number down; the cursor is the last one that was sent."""

    def answer(call: Call) -> Any:
        below = int(str(call.query.get("cursor", count)))
        page = list(range(below))[::-1][: int(str(call.query["limit"]))]
        return {"numbers": page, "next_cursor": str(page[-1]) if page and page[-1] > 0 else None}

    api = MockApi()
    api.on("GET", PATH, answer)
    options = {"items_key": "numbers", "parse_item": int, "page_size": 3, **options}
    return api, CursorPager(api.transport(), PATH, **options)


@pytest.mark.parametrize(
    ("count", "max_total", "expected", "requests"),
    [(0, None, 0, 1), (3, None, 3, 1), (7, None, 7, 3), (7, 4, 4, 2), (7, 3, 3, 1), (7, 0, 0, 0), (2, 9, 2, 1)],
)
def test_cursor_pager__pages(count: int, max_total: int | None, expected: int, requests: int) -> None:
    api, pager = make_cursor_pager(count, max_total=max_total)
    assert pager.all() == list(range(count))[::-1][:expected]
    assert len(api.calls) == requests


def test_cursor_pager__page_by_page() -> None:
    _, pager = make_cursor_pager(5)
    first, cursor = pager.page()
    assert pager.page(cursor) == ([1, 0], None)
    assert first == [4, 3, 2]


@pytest.mark.parametrize("options", [{"page_size": 0}, {"max_total": -1}, {"items_key": ""}])
def test_cursor_pager__impossible_options(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        make_cursor_pager(3, **options)
