"""Around everything: a request id, the address links are made for, the access log, metrics, and the last resort."""

import logging
import re
import secrets
import time
from collections.abc import Iterable
from typing import cast

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pictograph_server.errors import ServiceError
from pictograph_server.metrics import Metrics
from pictograph_server.middleware.responses import DatabaseUnavailable, error_response, internal_error_response
from pictograph_server.signing import request_origin
from pictograph_server.storage.db.session import cause_of, is_passing

log = logging.getLogger("pictograph.server")
access_log = logging.getLogger("pictograph.access")

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
# Their paths end in what opens something, and are logged as templates.
_WITH_TOKEN = ("/files/", "/uploads/", "/login/", "/invite/", "/reset-password/", "/confirm-email/")

RawHeaders = list[tuple[bytes, bytes]]


class Envelope:
    """`public_url` tells whether links have a fixed address; else they use the one each request came to."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, has_public_url: bool, log_requests: bool) -> None:
        self.app = app
        self._metrics = metrics
        self._has_public_url = has_public_url
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(12)}"
        extra: RawHeaders = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
        scope["response_headers"] = extra
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*_without(message.get("headers", ()), extra), *extra]
            await send(message)

        with request_origin(None if self._has_public_url else _origin(scope)):
            try:
                await self.app(scope, receive, send_with_headers)
            except ServiceError as error:
                await error_response(error)(scope, receive, send_with_headers)
            except Exception as error:
                if not status and is_passing(error):
                    where = (scope["method"], scope["path"], request_id)
                    log.warning("%s %s (%s): the database could not do it: %s", *where, cause_of(error))
                    await error_response(DatabaseUnavailable())(scope, receive, send_with_headers)
                    return
                log.exception("%s %s failed (%s)", scope["method"], scope["path"], request_id)
                if status:
                    # Half a body is out: only a broken connection tells the client that it is not whole.
                    raise
                await internal_error_response(request_id)(scope, receive, send_with_headers)
            finally:
                self._record(scope, request_id, status, time.perf_counter() - started)

    def _record(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        # The template of the path, not the path: one series for all images.
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.request(method=scope["method"], route=route, status=status, seconds=seconds)
        if self._log_requests:
            actor = scope.get("actor")
            line = {
                "request_id": request_id,
                "method": scope["method"],
                "path": route if route.startswith(_WITH_TOKEN) else scope["path"],
                "status": status,
                "ms": round(seconds * 1000, 2),
                "client": (cast("tuple[str, int] | None", scope.get("client")) or ("", 0))[0],
                "key": getattr(actor, "id", None),
            }
            access_log.info(orjson.dumps(line).decode())


def _origin(scope: Scope) -> str | None:
    host = Headers(scope=scope).get("host", "")
    return f"{scope['scheme']}://{host}" if _HOST.fullmatch(host) else None


def _without(headers: Iterable[tuple[bytes, bytes]], replaced: RawHeaders) -> RawHeaders:
    names = {name for name, _ in replaced}
    return [(name, value) for name, value in headers if name.lower() not in names]
