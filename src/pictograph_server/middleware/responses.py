"""Errors as JSON, wherever they are raised: one shape for routes and for what stands before them."""

import logging
from collections.abc import Sequence
from typing import cast

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pictograph_server.errors import MethodNotAllowed, NotFound, ServiceError, Unavailable, Unprocessable

log = logging.getLogger("pictograph.server")


def error_response(error: ServiceError) -> Response:
    return Response(
        orjson.dumps(error.body(), default=str),
        error.status,
        media_type="application/json",
        headers=dict(error.headers) if error.headers else None,
    )


def internal_error_response(request_id: str) -> Response:
    body = {
        "detail": f"The server failed on this request ({request_id}); the fault is its own, not yours",
        "code": "internal_error",
        "fix": f"Try again; if it happens again, report it with what the server's log says about {request_id}.",
    }
    return Response(orjson.dumps(body), 500, media_type="application/json")


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The server's database could not do this now",
            why="it does not answer, has too much to do, or gave way to another request",
            fix="Send the request again in a moment. If this goes on, whoever runs the server finds more in its log.",
        )


def on_service_error(_request: Request, error: Exception) -> Response:
    return error_response(cast("ServiceError", error))


class ValueNotKept(Unprocessable):
    code = "value_not_kept"

    def __init__(self) -> None:
        super().__init__(
            "The request holds a value that the database cannot keep",
            why="a text is too long or has a NUL character in it, or a number is too large",
            fix="Look at what was sent; the server's log says more.",
        )


def on_data_error(request: Request, error: Exception) -> Response:
    """Answer what only the database found impossible; what is known to be is refused before, with better words."""
    log.warning("%s %s: %s", request.method, request.url.path, cast("DataError", error).orig)
    return error_response(ValueNotKept())


def on_invalid_request(_request: Request, error: Exception) -> Response:
    """Answer a malformed payload or query with the list of what is wrong with which field."""
    problems = cast("Sequence[dict[str, object]]", cast("RequestValidationError", error).errors())
    # What the client sent is not repeated: it may be megabytes, or nothing JSON can hold.
    detail = [{key: problem[key] for key in ("loc", "msg", "type")} for problem in problems]
    body = {
        "detail": detail,
        "code": "invalid_request",
        "fix": "Correct the fields listed in detail; the API's description is at /openapi.json.",
    }
    return Response(orjson.dumps(body, default=str), 422, media_type="application/json")


def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses (no such address, no such method) in our words."""
    failure = cast("HTTPException", error)
    where = f"{request.method} {request.url.path}"
    if failure.status_code == 404:
        return error_response(
            NotFound(
                f"There is nothing at {where}",
                fix="Check the address; /openapi.json lists what there is.",
                code="no_such_endpoint",
            )
        )
    if failure.status_code == 405:
        allowed = (failure.headers or {}).get("Allow", "")
        refusal = MethodNotAllowed(f"{where} is not possible", why=f"this address takes {allowed}")
        refusal.headers = {"Allow": allowed}
        return error_response(refusal)
    body = {"detail": str(failure.detail), "code": f"http_{failure.status_code}"}
    return Response(orjson.dumps(body), failure.status_code, media_type="application/json")
