"""Takes a large body into a file, with a cap, while it arrives."""

import errno
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from fastapi import Request

from pictograph_server.errors import BadRequest, ContentTooLarge

# A refused client still sends; what it sends is thrown away up to this many times the cap, or a gigabyte beyond it, so
# that it reads the answer instead of meeting a closed connection.
_DRAIN_FACTOR = 4
_DRAIN_BYTES = 1024**3


class BodyOverCap(ContentTooLarge):
    code = "body_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            "The body of this request is too large",
            why=f"it may have {limit_bytes:,} bytes",
            fix="Send smaller files or fewer at once, or raise the limit on the server (PICTOGRAPH_LIMITS_…)",
        )


class NoRoom(ContentTooLarge):
    code = "no_room"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(
            "The disk of the server is full",
            why=f"there was no room for more than {size_bytes:,} bytes of this body",
            fix="Free space in the server's data folder, then send it again",
        )


@asynccontextmanager
async def received_file(request: Request, folder: Path, *, limit_bytes: int) -> AsyncGenerator[Path]:
    """Lend a file with the body in it; it goes away afterwards.

    Raises:
        BodyOverCap, NoRoom: 413.
        BadRequest: fewer bytes came than Content-Length announced.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-") as file:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > min(limit_bytes * _DRAIN_FACTOR, limit_bytes + _DRAIN_BYTES):
                break
            if size <= limit_bytes:
                _write(file, chunk, size)
        if size > limit_bytes:
            raise BodyOverCap(limit_bytes)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) != size:
            raise BadRequest(f"Only {size} of {announced} bytes arrived", fix="Send the request again")
        _write(file, b"", size)
        yield Path(file.name)


def _write(file: IO[bytes], chunk: bytes, size: int) -> None:
    try:
        file.write(chunk)
        if not chunk:
            file.flush()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NoRoom(size) from None
        raise
