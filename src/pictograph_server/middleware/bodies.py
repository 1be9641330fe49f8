"""Reads JSON and form bodies whole, up to a limit. Images and bundles are left to their routes, which stream them."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pictograph_server.errors import BadRequest, ContentTooLarge
from pictograph_server.middleware import nul
from pictograph_server.middleware.authentication import PROTECTED

_FORM = "application/x-www-form-urlencoded"
_BUFFERED = ("application/json", _FORM, "")


class Bodies:
    """Leaves the body of a JSON, form or untyped request in `scope["body"]` and hands it on in one piece."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self.app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            nul.refuse_in_address(scope)
        if scope["type"] != "http" or not scope["path"].startswith(PROTECTED) or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in _BUFFERED and not content_type.endswith("+json"):
            await self.app(scope, receive, send)
            return
        body = await self._read(headers, receive)
        nul.refuse_in_body(body, is_form=content_type == _FORM)
        scope["body"] = body
        is_delivered = False

        async def replay() -> Message:
            nonlocal is_delivered
            if is_delivered:
                return await receive()
            is_delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if not declared.isdecimal():
            raise BadRequest(f"Content-Length {declared!r} is no number")
        if int(declared) > self._limit_bytes:
            raise BodyTooLarge(self._limit_bytes)
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self._limit_bytes:
                raise BodyTooLarge(self._limit_bytes)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)


class BodyTooLarge(ContentTooLarge):
    code = "body_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            "The body of this request is too large",
            why=f"a JSON or form body may have {limit_bytes} bytes",
            fix="Split the request, or raise PICTOGRAPH_LIMITS_JSON_BYTES on the server.",
        )
