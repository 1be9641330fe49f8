"""Answers encoded straight to JSON, and bodies read raw, where rows are many or numbers must stay as they came."""

from typing import Annotated

import orjson
from fastapi import Depends, Request
from starlette.responses import Response

from pictograph_server.errors import Unprocessable

API = "/api/v1/developer"


class InvalidJson(Unprocessable):
    code = "invalid_json"


def json_response(content: object, status: int = 200) -> Response:
    """Return the content as JSON; moments in UTC end in Z."""
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, media_type="application/json")


async def _json_object(request: Request) -> dict[str, object]:
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise InvalidJson("The body is not JSON", why=str(error), fix="Send a JSON object") from None
    if not isinstance(body, dict):
        raise InvalidJson("The body is not a JSON object", fix="Send {…}")
    return body


# The body as decoded, without a model: every number keeps its digits.
JsonObjectBody = Annotated[dict[str, object], Depends(_json_object)]
