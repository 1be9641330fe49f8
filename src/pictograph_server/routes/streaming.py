"""Sends a stored blob: never inline, never sniffed, in parts when asked for them (RFC 9110 §14)."""

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pictograph_server.errors import NotFound
from pictograph_server.storage.blobs import BlobStore

# Content of users is handed over as a file and can do nothing on this origin even where a browser shows it.
_SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
# Numbers longer than any file are no range: Python refuses to read some of them.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class BlobGone(NotFound):
    code = "file_gone"

    def __init__(self, filename: str) -> None:
        super().__init__(
            f"The file {filename!r} is no longer there",
            why="what it belonged to was deleted",
            fix="Ask the API for what there is now.",
        )


def blob_response(request: Request, blobs: BlobStore, key: str, *, filename: str, media_type: str) -> Response:
    """Answer GET or HEAD with the blob `key` as an attachment called `filename`.

    Raises:
        BlobGone: there is no such blob.
    """
    try:
        size = blobs.size(key)
    except FileNotFoundError:
        raise BlobGone(filename) from None
    headers = {
        **_SAFE,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": attachment(filename),
    }
    wanted = _range(request.headers.get("range"), size)
    if wanted is not None and wanted.start >= wanted.stop:
        return Response(status_code=416, headers={**_SAFE, "Content-Range": f"bytes */{size}"})
    start, stop = (wanted.start, wanted.stop) if wanted is not None else (0, size)
    headers["Content-Length"] = str(stop - start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    status = 200 if wanted is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(
        blobs.stream(key, start=start, end=stop), status_code=status, headers=headers, media_type=media_type
    )


def attachment(filename: str) -> str:
    """Return a Content-Disposition for any name (RFC 6266): an ASCII one for old clients, the true one beside it."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;/' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _range(header: str | None, size: int) -> range | None:
    """Return the bytes asked for, an empty range when there are none such, None when all are to be sent."""
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.groups() == ("", ""):
        # Several ranges in one answer are nobody's need here; a server may always send all (RFC 9110 §14.2).
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    stop = min(size, int(last) + 1) if last else size
    return None if last and int(last) < int(first) else range(int(first), stop)
