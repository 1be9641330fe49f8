"""What routes for people share: where a request comes from, whose session it is, and answers with its cookie."""

from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from pictograph_server.auth import InvalidApiKey
from pictograph_server.errors import Forbidden
from pictograph_server.middleware.cookies import set_session
from pictograph_server.platform import Platform
from pictograph_server.routes.caching import NO_STORE
from pictograph_server.services.accounts import service as accounts
from pictograph_server.services.accounts.records import Account, Device, KnownSession, Membership, StartedSession


class NeedsPerson(Forbidden):
    code = "needs_person"

    def __init__(self) -> None:
        super().__init__(
            "This is for people who signed in",
            why="the request carries an API key, which has no account",
            fix="Sign in at the server's address in a browser.",
        )


class SessionAnswer(BaseModel):
    """Who signed in, and which of their organisations they look at."""

    id: str
    account: Account
    organization: Membership
    expires_at: datetime


class SessionEnvelope(BaseModel):
    session: SessionAnswer


def _device(request: Request) -> Device:
    address = request.client.host if request.client else ""
    return Device(address=address[:64], user_agent=request.headers.get("user-agent", "")[:400])


def session_if_any(request: Request) -> KnownSession | None:
    return cast("KnownSession | None", request.scope.get("session"))


def _signed_in(request: Request) -> KnownSession:
    session = session_if_any(request)
    if session is not None:
        return session
    raise NeedsPerson if request.scope.get("actor") is not None else InvalidApiKey("the request carries none")


DeviceDep = Annotated[Device, Depends(_device)]
MaybeSignedIn = Annotated[KnownSession | None, Depends(session_if_any)]
SignedIn = Annotated[KnownSession, Depends(_signed_in)]


def begin(platform: Platform, request: Request, response: Response, started: StartedSession) -> SessionEnvelope:
    """Answer with a session that was just begun, and have the browser keep it."""
    if started.token is not None:
        set_session(response, request.scope, platform.settings, started.token)
    response.headers.update(NO_STORE)
    return describe(platform, started.session)


def describe(platform: Platform, session: KnownSession) -> SessionEnvelope:
    with platform.db.read() as conn:
        account = accounts.get(conn, session.actor.id)
    chosen = next(each for each in account.organizations if each.organization_id == session.actor.organization_id)
    return SessionEnvelope(
        session=SessionAnswer(id=session.id, account=account, organization=chosen, expires_at=session.expires_at)
    )
