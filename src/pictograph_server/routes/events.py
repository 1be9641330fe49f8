"""Server-sent events: a snapshot of a thing whenever it changes, and what its job says, until it has ended.

https://html.spec.whatwg.org/multipage/server-sent-events.html. A client that was cut off sends the `Last-Event-ID` it
heard last and misses nothing; the snapshot it gets first is always the newest.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

import orjson
from anyio import to_thread
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from pictograph_server.actor import Actor
from pictograph_server.errors import ServiceError, TooManyRequests
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform

# Between two looks at the database.
LOOK_S = 0.5
# A line that says nothing keeps proxies from closing the stream, and lets a client mind its own time limit.
HEARTBEAT_S = 1.0
# Then the client connects again: no stream lasts for ever.
LIFETIME_S = 300.0
# How long a key that was switched off, or a person who was removed, looks on.
CONFIRM_S = 5.0
# Each looks at the database again and again; a client follows a few things at a time.
MOST_OPEN = 100
_SAID_AT_ONCE = 500
# More than a series ever has, less than a database's integer.
_NUMBER = re.compile(r"[0-9]{1,9}")
# The wire's words for the end of anything.
OVER = frozenset({"completed", "complete", "failed", "error", "cancelled"})


class TooManyStreams(TooManyRequests):
    code = "too_many_streams"

    def __init__(self) -> None:
        super().__init__(
            "No further stream of events can be opened",
            why=f"{MOST_OPEN} of this key or person are open on this server",
            fix="Close some, or ask for the thing itself again and again",
        )
        self.headers = {"Retry-After": "5"}


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


@dataclass(frozen=True, slots=True)
class JobLook:
    """A thing that one job makes, at one moment. `snapshot` is what GET answers."""

    snapshot: BaseModel
    job_id: str
    is_over: bool


async def job_stream(
    request: Request, platform: Platform, position: Position, get: Callable[[Connection], JobLook]
) -> EventStream:
    """Return the stream of what one job makes: the thing whenever it changes, and what the job says.

    Raises:
        ServiceError: the first look's.
        TooManyStreams: 429.
    """

    def look(conn: Connection, position: Position) -> Look:
        found = get(conn)
        return Look(found.snapshot, found.is_over, [job_events(conn, found.job_id, number_of(position, 0))])

    return await event_stream(request, platform, position, look)


async def event_stream(request: Request, platform: Platform, position: Position, look_at: LookAt) -> EventStream:
    """Return the stream of a thing.

    Raises:
        ServiceError: the first look's.
        TooManyStreams: 429.
    """

    def look(position: Position) -> Look:
        with platform.db.read() as conn:
            return look_at(conn, position)

    first = await to_thread.run_sync(look, position)
    actor_id = cast("Actor", request.scope["actor"]).id
    if _open[actor_id] >= MOST_OPEN:
        raise TooManyStreams
    stream = _counted(actor_id, _events(first, position, look, request))
    # Proxies would gather the lines otherwise.
    return EventStream(stream, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


# Streams of each key and person that this process is sending.
_open: Counter[str] = Counter()


async def _counted(actor_id: str, events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    _open[actor_id] += 1
    try:
        async for event in events:
            yield event
    finally:
        _open[actor_id] -= 1
        if not _open[actor_id]:
            del _open[actor_id]


async def _events(
    look: Look, position: Position, look_again: Callable[[Position], Look], request: Request
) -> AsyncIterator[bytes]:
    is_stopping = cast("Callable[[], bool]", request.app.state.is_stopping)
    confirm = cast("Callable[[], Awaitable[object]]", request.scope["confirm"])
    yield b"retry: 1000\n\n"
    started = heard_at = confirmed_at = time.monotonic()
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
            if time.monotonic() - confirmed_at >= CONFIRM_S:
                before = request.scope["actor"]
                await confirm()
                if request.scope["actor"] != before:
                    # In another organisation, or with another role.
                    return
                confirmed_at = time.monotonic()
            look = await to_thread.run_sync(look_again, position)
        except ServiceError:
            # It was deleted meanwhile, or the key was: the client's next request is told so.
            return


def _moved(position: Position, index: int, number: int, series: int) -> Position:
    numbers = [number_of(position, each) for each in range(series)]
    numbers[index] = number
    return tuple(numbers)


def _event(kind: str, data: bytes, position: Position | None = None) -> bytes:
    """Return an event; JSON as it is written here has no line breaks."""
    mark = f"id: {'.'.join(map(str, position))}\n" if position is not None else ""
    return f"{mark}event: {kind}\n".encode() + b"data: " + data + b"\n\n"
