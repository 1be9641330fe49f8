"""Which networks stay open, and for how long."""

import threading
from collections.abc import Callable
from typing import cast

import pytest

from pictograph_server.engines.annotators.base import Annotator
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.executors.annotator_shelf import Opened, Shelf

PATIENCE_S = 20


class Named:
    def __init__(self, name: str) -> None:
        self.name = name


class Workshop:
    """Opens networks of ten bytes each, where there is room for thirty."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.may_open = threading.Event()
        self.may_open.set()
        self.best = "small"

    def open(self, choice: str, device: str | None) -> Annotator:
        assert self.may_open.wait(PATIENCE_S)
        if choice == "missing":
            raise EngineUnavailable("It is missing")
        self.opened.append(choice)
        return cast("Annotator", Named(self.best if choice == "auto" else choice))

    def used(self) -> int:
        return 10 * len(self.opened)

    def limit(self) -> int:
        return 30

    def resolve(self, choice: str) -> str:
        return self.best


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def make_shelf(workshop: Workshop) -> Callable[[str], Shelf]:
    return lambda favourite: Shelf(favourite, "cpu", opener=workshop.open, resolve=workshop.resolve, memory=workshop)


def loaded(shelf: Shelf, choice: str) -> Opened | Exception | None:
    done = threading.Event()
    errors: list[Exception | None] = []

    def then(error: Exception | None) -> None:
        errors.append(error)
        done.set()

    shelf.load(choice, then)
    assert done.wait(PATIENCE_S)
    return errors[0] or shelf.find(choice)


def test_shelf__forgets_what_was_not_used_for_longest(make_shelf: Callable[[str], Shelf]):
    shelf = make_shelf("own")
    for choice in ("own", "a", "b"):
        loaded(shelf, choice)
    shelf.find("a")
    loaded(shelf, "c")
    assert [shelf.find(choice) is not None for choice in ("own", "a", "b", "c")] == [True, True, False, True]


def test_shelf__never_forgets_the_servers_own(make_shelf: Callable[[str], Shelf]):
    shelf = make_shelf("own")
    for choice in ("own", "a", "b", "c", "d", "e"):
        loaded(shelf, choice)
    assert shelf.find("own") is not None


def test_shelf__auto_and_what_it_means_are_one_network(make_shelf: Callable[[str], Shelf], workshop: Workshop):
    shelf = make_shelf("auto")
    loaded(shelf, "auto")
    assert shelf.find("small") is shelf.find("auto") is not None
    for choice in ("small", "a", "b", "c", "auto"):
        loaded(shelf, choice)
    assert workshop.opened == ["auto", "a", "b", "c"]


def test_shelf__what_cannot_be_opened_is_tried_again(make_shelf: Callable[[str], Shelf]):
    shelf = make_shelf("own")
    for _ in range(2):
        assert isinstance(loaded(shelf, "missing"), EngineUnavailable)
    assert isinstance(loaded(shelf, "own"), Opened)


def test_shelf__is_open_while_it_loads(make_shelf: Callable[[str], Shelf], workshop: Workshop):
    shelf = make_shelf("own")
    loaded(shelf, "own")
    workshop.may_open.clear()
    waiting = [threading.Event() for _ in range(2)]
    for each in waiting:
        shelf.load("a", lambda _error, each=each: each.set())
    assert shelf.find("own") is not None and shelf.find("a") is None
    workshop.may_open.set()
    assert all(each.wait(PATIENCE_S) for each in waiting)
    assert workshop.opened == ["own", "a"]
