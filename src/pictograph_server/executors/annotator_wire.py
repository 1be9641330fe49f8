"""What crosses the socket of the warm annotator: one request for each connection, then phases and one reply.

A message is a JSON header with its length in front, then raw bytes: pictures one way, masks the other.
"""

import socket
import struct
import time
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pictograph_server.engines.annotators.base import Box, Capability
from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.engines.errors import (
    BadTrainingData,
    EngineCrashed,
    EngineError,
    EngineUnavailable,
    UnknownClasses,
)

# Header length, then the number of bytes that follow the header.
_PREFIX = struct.Struct(">IQ")
_MAX_HEADER_BYTES = 1 << 28
_MAX_BODY_BYTES = 1 << 34
_ERRORS = {
    kind.__name__: kind for kind in (EngineError, EngineUnavailable, EngineCrashed, UnknownClasses, BadTrainingData)
}


class _Message(BaseModel):
    # JSON has no infinity of its own; a broken network may have.
    model_config = ConfigDict(ser_json_inf_nan="constants", frozen=True)


class Open(_Message):
    kind: Literal["open"] = "open"


class CheckPrompts(_Message):
    kind: Literal["check_prompts"] = "check_prompts"
    prompts: list[str]


class Text(_Message):
    kind: Literal["text"] = "text"
    prompts: list[str]
    threshold: float
    max_detections: int


class Alike(_Message):
    """Objects like those in some boxes of the first picture, on the other pictures."""

    kind: Literal["alike"] = "alike"
    boxes_xyxy: list[Box]
    is_positive: list[bool]
    phrase: str | None
    threshold: float
    max_detections: int


class Boxes(_Message):
    kind: Literal["box"] = "box"
    boxes_xyxy: list[Box]
    is_positive: list[bool]
    threshold: float


class Points(_Message):
    kind: Literal["points"] = "points"
    points_xy: list[tuple[float, float]]
    is_positive: list[bool]


Question = Annotated[Open | CheckPrompts | Text | Alike | Boxes | Points, Field(discriminator="kind")]


class Picture(_Message):
    size_bytes: int
    # Height and width when the bytes are RGB pixels; None when they are a file.
    pixels_hw: tuple[int, int] | None = None


class Request(_Message):
    question: Question
    # Which annotator: what `open_annotator` takes.
    annotator: str
    # A person waits for it: it goes before the groups of batches.
    is_urgent: bool
    # Who asks: the requests of one client are done in their order, in turns with those of others.
    client: str = ""
    # Answer with outlines instead of masks.
    as_shapes: bool = False
    # Their bytes follow the header, in this order.
    pictures: list[Picture] = Field(default_factory=list[Picture])


# What became of the request so far; one that was not worked on is no reason for a crash.
Phase = Literal["waiting", "loading", "working"]


class Begun(_Message):
    kind: Literal["begun"] = "begun"
    phase: Phase


class Opened(_Message):
    kind: Literal["opened"] = "opened"
    engine: str
    device: str
    capabilities: list[Capability]


class Done(_Message):
    kind: Literal["done"] = "done"


class Shapes(_Message):
    kind: Literal["shapes"] = "shapes"
    engine: str
    shapes: list[FoundShape]
    seconds: float


class FoundMask(_Message):
    """A `CroppedMask` whose run lengths are the next `size_bytes` of the body."""

    size_bytes: int
    shape_hw: tuple[int, int]
    origin_xy: tuple[int, int]


class FoundDetection(_Message):
    prompt: str
    confidence: float
    box_xyxy: Box
    mask: FoundMask | None


class Found(_Message):
    kind: Literal["found"] = "found"
    engine: str
    # A list for each picture.
    detections: list[list[FoundDetection]]


class Failure(_Message):
    kind: Literal["failure"] = "failure"
    error_kind: str
    what: str
    why: str | None = None
    fix: str | None = None

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        if isinstance(error, EngineError):
            return cls(error_kind=type(error).__name__, what=error.what, why=error.why, fix=error.fix)
        return cls(error_kind=type(error).__name__, what=f"{type(error).__name__}: {error}")

    def error(self) -> EngineError | RuntimeError:
        """Return the engine's own error, or a `RuntimeError` for what nobody expected."""
        kind = _ERRORS.get(self.error_kind)
        return RuntimeError(self.what) if kind is None else kind(self.what, why=self.why, fix=self.fix)


Answer = Opened | Done | Shapes | Found | Failure
Reply = Begun | Answer
_REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="kind")])
Part = bytes | memoryview


def send(
    connection: socket.socket, header: _Message, parts: Sequence[Part] = (), *, deadline: float | None = None
) -> None:
    """Send a message. Raises `TimeoutError` at the deadline (monotonic seconds)."""
    views = [memoryview(part).cast("B") for part in parts]
    for view in (packed_header(header, sum(view.nbytes for view in views)), *views):
        connection.settimeout(_left(deadline))
        connection.sendall(view)


def send_now(connection: socket.socket, header: _Message) -> None:
    """Send a short message without waiting and without touching the timeout that another thread uses.

    Raises:
        OSError: the other side has gone, or has read nothing for very long.
    """
    data = packed_header(header)
    if connection.send(data, socket.MSG_DONTWAIT) != len(data):
        raise BlockingIOError


def packed_header(header: _Message, body_bytes: int = 0) -> bytes:
    text = header.model_dump_json().encode()
    return _PREFIX.pack(len(text), body_bytes) + text


def receive_request(connection: socket.socket) -> Request:
    """Return the next request; its pictures are still to be received, one `receive_bytes` for each."""
    header, body_bytes = _receive_header(connection, None)
    request = Request.model_validate_json(header)
    if body_bytes != sum(picture.size_bytes for picture in request.pictures):
        raise ValueError(f"{body_bytes} bytes follow the header, and it announces others")
    return request


def receive_reply(connection: socket.socket, *, deadline: float | None = None) -> tuple[Reply, memoryview]:
    """Return the next reply and the bytes that follow it.

    Raises:
        EOFError: the other side has gone.
        TimeoutError: the deadline has come.
        ValueError: what came is no reply.
    """
    header, body_bytes = _receive_header(connection, deadline)
    return _REPLY.validate_json(header), receive_bytes(connection, body_bytes, deadline=deadline)


def receive_bytes(connection: socket.socket, size: int, *, deadline: float | None = None) -> memoryview:
    data = memoryview(bytearray(size))
    rest = data
    while rest:
        connection.settimeout(_left(deadline))
        count = connection.recv_into(rest)
        if not count:
            raise EOFError("the other side has gone")
        rest = rest[count:]
    return data


def _receive_header(connection: socket.socket, deadline: float | None) -> tuple[bytes, int]:
    header_bytes, body_bytes = _PREFIX.unpack(receive_bytes(connection, _PREFIX.size, deadline=deadline))
    if header_bytes > _MAX_HEADER_BYTES or body_bytes > _MAX_BODY_BYTES:
        raise ValueError(f"a message of {header_bytes} + {body_bytes} bytes is none of ours")
    return bytes(receive_bytes(connection, header_bytes, deadline=deadline)), body_bytes


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
