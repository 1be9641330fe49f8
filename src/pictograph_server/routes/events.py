"""Server-sent events: a snapshot of a thing whenever it changes, and what its job says, until it has ended.

https://html.spec.whatwg.org/multipage/server-sent-events.html. A client that was cut off sends the `Last-Event-ID` it
heard last and misses nothing; the snapshot it gets first is always the newest.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

import orjson
from anyio import to_thread
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from pictograph_server.errors import ServiceError
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform

# Between two looks at the database.
LOOK_S = 0.5
# A line that says nothing keeps proxies from closing the stream, and lets a client mind its own time limit.
HEARTBEAT_S = 1.0
# Then the client connects again: a key that was switched off does not look on for hours.
LIFETIME_S = 300.0
_SAID_AT_ONCE = 500
# More than a series ever has, less than a database's integer.
_NUMBER = re.compile(r"[0-9]{1,9}")
# The wire's words for the end of anything.
OVER = frozenset({"completed", "complete", "failed", "error", "cancelled"})


class EventStream(StreamingResponse):
    """What routes name as their `response_class`."""

    media_type = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Said:
    """An event with a number in its series: the events of a job, the epochs of a run."""

    number: int
    kind: str
    data: object


@dataclass(frozen=True, slots=True)
class Look:
    """A thing at one moment. `snapshot` is what GET answers; `said` holds one list for each series."""

    snapshot: BaseModel
    is_over: bool
    said: Sequence[Sequence[Said]] = ()


# Where a client is in each series: 12.3 when it has heard twelve events of the job and three epochs.
Position = tuple[int, ...]
# Raises what GET would; it is called once before the stream begins, so such an answer is an ordinary one.
LookAt = Callable[[Connection, Position], Look]


def _position(last_event_id: Annotated[str | None, Header(max_length=100)] = None) -> Position:
    """Return what the header says; nothing that it could say is worth a refusal."""
    parts = (last_event_id or "").split(".")
    return tuple(int(part) for part in parts) if all(_NUMBER.fullmatch(part) for part in parts) else ()


HeardUntil = Annotated[Position, Depends(_position)]


def job_events(conn: Connection, job_id: str, after: int) -> list[Said]:
    """Return what a job said after its event of that number."""
    found = queue.events(conn, job_id, after=after, limit=_SAID_AT_ONCE)
    return [Said(event.sequence, event.kind, {**event.data, "at": event.created_at}) for event in found]


def number_of(position: Position, series: int) -> int:
    """Return how far a client is in a series."""
    return position[series] if series < len(position) else 0


async def event_stream(request: Request, platform: Platform, position: Position, look_at: LookAt) -> EventStream:
    """Return the stream of a thing.

    Raises:
        ServiceError: the first look's.
    """

    def look(position: Position) -> Look:
        with platform.db.read() as conn:
            return look_at(conn, position)

    first = await to_thread.run_sync(look, position)
    is_stopping = cast("Callable[[], bool]", request.app.state.is_stopping)
    stream = _events(first, position, look, is_stopping)
    # Proxies would gather the lines otherwise.
    return EventStream(stream, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _events(
    look: Look, position: Position, look_again: Callable[[Position], Look], is_stopping: Callable[[], bool]
) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    started = heard_at = time.monotonic()
    shown = b""
    while True:
        for index, series in enumerate(look.said):
            for event in series:
                position = _moved(position, index, event.number, len(look.said))
                yield _event(event.kind, orjson.dumps(event.data, option=orjson.OPT_UTC_Z), position)
                heard_at = time.monotonic()
        snapshot = look.snapshot.model_dump_json().encode()
        if snapshot != shown:
            yield _event("snapshot", snapshot)
            shown, heard_at = snapshot, time.monotonic()
        if look.is_over and not any(look.said):
            yield _event("end", b"{}")
            return
        if is_stopping() or time.monotonic() - started > LIFETIME_S:
            return
        if not (look.is_over or any(len(series) >= _SAID_AT_ONCE for series in look.said)):
            await asyncio.sleep(LOOK_S)
        if time.monotonic() - heard_at >= HEARTBEAT_S:
            yield b":\n\n"
            heard_at = time.monotonic()
        try:
            look = await to_thread.run_sync(look_again, position)
        except ServiceError:
            # It was deleted meanwhile: the client's next request is told so.
            return


def _moved(position: Position, index: int, number: int, series: int) -> Position:
    numbers = [number_of(position, each) for each in range(series)]
    numbers[index] = number
    return tuple(numbers)


def _event(kind: str, data: bytes, position: Position | None = None) -> bytes:
    """Return an event; JSON as it is written here has no line breaks."""
    mark = f"id: {'.'.join(map(str, position))}\n" if position is not None else ""
    return f"{mark}event: {kind}\n".encode() + b"data: " + data + b"\n\n"
