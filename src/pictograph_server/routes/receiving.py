"""Takes a large body into a file, with a cap, while it arrives."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Request

from pictograph_server.errors import BadRequest, ContentTooLarge

# A refused client still sends; what it sends is thrown away up to this many times the cap, so that it reads the
# answer instead of meeting a closed connection.
_DRAIN_FACTOR = 4


class BodyOverCap(ContentTooLarge):
    code = "body_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            "The body of this request is too large",
            why=f"it may have {limit_bytes:,} bytes",
            fix="Send smaller files or fewer at once, or raise the limit on the server (PICTOGRAPH_LIMITS_…)",
        )


@asynccontextmanager
async def received_file(request: Request, folder: Path, *, limit_bytes: int) -> AsyncGenerator[Path]:
    """Lend a file with the body in it; it goes away afterwards.

    Raises:
        BodyOverCap: 413.
        BadRequest: fewer bytes came than Content-Length announced.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-") as file:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit_bytes * _DRAIN_FACTOR:
                break
            if size <= limit_bytes:
                file.write(chunk)
        if size > limit_bytes:
            raise BodyOverCap(limit_bytes)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) != size:
            raise BadRequest(f"Only {size} of {announced} bytes arrived", fix="Send the request again")
        file.flush()
        yield Path(file.name)
