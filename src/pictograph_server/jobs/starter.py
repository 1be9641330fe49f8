"""Who asked for what is being done: jobs that are put into the queue meanwhile say so.

Kept for the time of a request, and of an attempt, whose jobs are those of who asked for the first one. Services put
jobs into the queue at a dozen places, several calls below the last one that knows the actor.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Starter:
    """A person or a key, as the list of jobs names them."""

    id: str
    name: str


_starter: ContextVar[Starter | None] = ContextVar("starter", default=None)


def current_starter() -> Starter | None:
    """Return on whose behalf this runs; None for what the server does by itself."""
    return _starter.get()


@contextmanager
def started_by(starter: Starter | None) -> Generator[None]:
    """Have jobs that are put into the queue in here say who asked for them."""
    token = _starter.set(starter)
    try:
        yield
    finally:
        _starter.reset(token)
