"""What a route asks of its caller: a key or a session, and a role. Both are checked in middleware/authentication.py."""

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from pictograph_server.actor import Actor, Role
from pictograph_server.errors import Forbidden, Unauthorized


class InvalidApiKey(Unauthorized):
    code = "invalid_api_key"

    def __init__(self, why: str) -> None:
        super().__init__(
            "The API key was not accepted",
            why=why,
            fix="Send a key of this server (it begins with pk_live_) in the header X-API-Key.",
        )


class NotSignedIn(Unauthorized):
    code = "not_signed_in"

    def __init__(self) -> None:
        super().__init__(
            "You are not signed in any more",
            why="the session ended, or you left the organisation you were in",
            fix="Sign in again.",
        )


class RoleTooLow(Forbidden):
    code = "role_too_low"

    def __init__(self, actor: Actor, minimum: Role) -> None:
        is_key = actor.kind == "key"
        super().__init__(
            f"This needs the role {minimum!r} or higher",
            why=f"{'the API key has' if is_key else 'you have'} the role {actor.role!r}",
            fix=f"Use a key with the role {minimum!r}; an admin of the organisation can make one."
            if is_key
            else f"Ask somebody with the role {minimum!r}, or for that role.",
        )


# For the OpenAPI document; the key itself was checked before the route was found.
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key of this server: pk_live_…")


def _require(minimum: Role) -> Callable[[Request, str | None], Actor]:
    def dependency(request: Request, _key: Annotated[str | None, Security(_HEADER)]) -> Actor:
        actor = cast("Actor | None", request.scope.get("actor"))
        if actor is None:
            raise InvalidApiKey("the request carries none")
        if not actor.has_role(minimum):
            raise RoleTooLow(actor, minimum)
        return actor

    return dependency


Viewer = Annotated[Actor, Depends(_require("viewer"))]
Member = Annotated[Actor, Depends(_require("member"))]
Admin = Annotated[Actor, Depends(_require("admin"))]
Owner = Annotated[Actor, Depends(_require("owner"))]
