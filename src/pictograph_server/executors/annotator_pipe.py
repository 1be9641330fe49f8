"""What crosses the pipes between the API and its annotator: JSON headers with their length in front, then raw bytes.

A request is a header and the bytes of one picture; a reply is a header alone.
"""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.engines.errors import BadTrainingData, EngineError, EngineUnavailable, UnknownClasses

Box = tuple[float, float, float, float]
Wait = Callable[[], None]

# Header length, then the number of bytes that follow the header.
_PREFIX = struct.Struct(">IQ")
_PIECE_BYTES = 1 << 20
_ERRORS = {kind.__name__: kind for kind in (EngineError, EngineUnavailable, UnknownClasses, BadTrainingData)}


class Text(BaseModel):
    kind: Literal["text"] = "text"
    prompts: list[str]
    threshold: float
    max_detections: int


class Boxes(BaseModel):
    kind: Literal["box"] = "box"
    boxes_xyxy: list[Box]
    is_positive: list[bool]
    threshold: float


class Points(BaseModel):
    kind: Literal["points"] = "points"
    points_xy: list[tuple[float, float]]
    is_positive: list[bool]


Question = Annotated[Text | Boxes | Points, Field(discriminator="kind")]


class Request(BaseModel):
    question: Question
    # Height and width when the bytes are RGB pixels; None when they are a file.
    pixels_hw: tuple[int, int] | None = None


class Ready(BaseModel):
    kind: Literal["ready"] = "ready"
    engine: str


class Answer(BaseModel):
    kind: Literal["answer"] = "answer"
    engine: str
    shapes: list[FoundShape]
    seconds: float


class Failure(BaseModel):
    kind: Literal["failure"] = "failure"
    error_kind: str
    what: str
    why: str | None
    fix: str | None

    @classmethod
    def of(cls, error: EngineError) -> "Failure":
        return cls(error_kind=type(error).__name__, what=error.what, why=error.why, fix=error.fix)

    def error(self) -> EngineError:
        return _ERRORS.get(self.error_kind, EngineError)(self.what, why=self.why, fix=self.fix)


Reply = Ready | Answer | Failure
_REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="kind")])


def pack(question: Question, picture: "bytes | Path | RgbImage") -> bytes:
    """Return a request as bytes."""
    if isinstance(picture, Path):
        picture = picture.read_bytes()
    hw: tuple[int, int] | None = None
    if not isinstance(picture, bytes):
        if picture.dtype != "uint8" or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"pixels are 8-bit RGB, shape (height, width, 3), got {picture.dtype} {picture.shape}")
        hw, picture = (int(picture.shape[0]), int(picture.shape[1])), picture.tobytes()
    header = Request(question=question, pixels_hw=hw).model_dump_json().encode()
    return _PREFIX.pack(len(header), len(picture)) + header + picture


def pack_reply(reply: Reply) -> bytes:
    header = reply.model_dump_json().encode()
    return _PREFIX.pack(len(header), 0) + header


def read_request(file: int) -> tuple[Request, bytes] | None:
    """Return the next request and its picture; None when the other side has gone."""
    try:
        header, picture = _read_message(file, wait=None)
    except EOFError:
        return None
    return Request.model_validate_json(header), picture


def read_reply(file: int, *, wait: Wait) -> Reply:
    """Return the next reply; `wait` is called before each read and may raise to give up.

    Raises:
        EOFError: the other side has gone.
        ValueError: what came is no reply.
    """
    header, _ = _read_message(file, wait=wait)
    return _REPLY.validate_json(header)


def write(file: int, data: bytes, *, wait: Wait | None = None) -> None:
    """Write all of the data. With `wait`, which is called before each piece, the pipe must not block."""
    view = memoryview(data)
    while view:
        if wait is not None:
            wait()
        view = view[os.write(file, view[:_PIECE_BYTES]) :]


def _read_message(file: int, *, wait: Wait | None) -> tuple[bytes, bytes]:
    header_size, body_size = _PREFIX.unpack(_read(file, _PREFIX.size, wait))
    return _read(file, header_size, wait), _read(file, body_size, wait)


def _read(file: int, size: int, wait: Wait | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if wait is not None:
            wait()
        piece = os.read(file, min(size - len(data), _PIECE_BYTES))
        if not piece:
            raise EOFError("the other side of the pipe has gone")
        data += piece
    return bytes(data)
