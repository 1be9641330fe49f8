"""Signing in and out, and which of one's organisations one looks at."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from pictograph_server import mail
from pictograph_server.middleware.cookies import clear_session
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.people import DeviceDep, MaybeSignedIn, SessionEnvelope, SignedIn, begin, describe
from pictograph_server.services.accounts import login_links, sessions, signing_in

router = APIRouter(prefix="/api/v1/session", tags=["session"])

Email = Annotated[str, Field(max_length=320)]
Secret = Annotated[str, Field(max_length=1000)]


class SignIn(BaseModel):
    email: Email
    password: Secret


class LoginLink(BaseModel):
    """What stands behind `/login/` in a login link."""

    token: Secret


class SignInOptions(BaseModel):
    """`registration` is for anybody or nobody; a forgotten password is replaced by letter where letters are sent."""

    registration: Literal["closed", "open"]
    sends_letters: bool


class Switch(BaseModel):
    organization_id: str


@router.get("/options")
def get_options(platform: PlatformDep) -> SignInOptions:
    """What a sign-in page may offer here."""
    settings = platform.settings
    return SignInOptions(registration=settings.accounts.registration, sends_letters=mail.can_send(settings.mail))


@router.post("")
def sign_in(
    body: SignIn, request: Request, response: Response, device: DeviceDep, platform: PlatformDep
) -> SessionEnvelope:
    """Sign in with e-mail and password. The answer sets the session's cookie."""
    return begin(platform, request, response, signing_in.sign_in(platform, body.email, body.password, device))


@router.post("/link")
def sign_in_with_link(
    body: LoginLink, request: Request, response: Response, device: DeviceDep, platform: PlatformDep
) -> SessionEnvelope:
    """Sign in with a login link, which is used up. The answer sets the session's cookie."""
    return begin(platform, request, response, login_links.sign_in_with_link(platform, body.token, device))


@router.get("")
def get_session(session: SignedIn, platform: PlatformDep) -> SessionEnvelope:
    """Who is signed in, with all their organisations."""
    return describe(platform, session)


@router.patch("")
def switch_organization(body: Switch, session: SignedIn, platform: PlatformDep) -> SessionEnvelope:
    """Look at another of one's organisations."""
    with platform.db.write() as conn:
        switched = sessions.switch(conn, session, body.organization_id)
    return describe(platform, switched)


@router.delete("", status_code=204)
def sign_out(request: Request, session: MaybeSignedIn, platform: PlatformDep) -> Response:
    """End the session, if there is one, and have the browser forget the cookie."""
    if session is not None:
        with platform.db.write() as conn:
            sessions.end(conn, session, session.id)
    response = Response(status_code=204)
    clear_session(response, request.scope, platform.settings)
    return response
