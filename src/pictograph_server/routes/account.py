"""A person's own account: profile, password, sessions, and the ways to get one: invites and, where open, by oneself."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Request, Response
from pydantic import BaseModel, Field

from pictograph.models.organization import PasswordLink
from pictograph_server.auth import Admin
from pictograph_server.middleware.cookies import clear_session
from pictograph_server.routes.caching import NO_STORE
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.people import DeviceDep, MaybeSignedIn, SessionEnvelope, SignedIn, begin
from pictograph_server.routes.session import Email, Secret
from pictograph_server.services.accounts import acceptance, leaving, new_address, password_links, sessions
from pictograph_server.services.accounts import service as accounts
from pictograph_server.services.accounts.acceptance import InviteView
from pictograph_server.services.accounts.records import Account, SessionEntry
from pictograph_server.services.accounts.service import AccountChanges

router = APIRouter(prefix="/api/v1/account", tags=["account"])
members_router = APIRouter(prefix="/api/v1/developer/organizations/members", tags=["organizations"])

Name = Annotated[str, Field(max_length=400)]


class AccountEnvelope(BaseModel):
    account: Account


class AccountUpdate(BaseModel):
    """What is absent stays. Address and password change only with the current password, where there is one."""

    full_name: Name | None = None
    email: Email | None = None
    current_password: Secret | None = None
    new_password: Secret | None = None


class Registration(BaseModel):
    email: Email
    full_name: Name
    password: Secret
    organization: Name


class SessionList(BaseModel):
    sessions: list[SessionEntry]


class SessionsEnded(BaseModel):
    ended: int


class Forgotten(BaseModel):
    email: Email


class LetterAsked(BaseModel):
    """Says the same whether or not there is such an account."""

    detail: str = "If there is an account with this address, a letter with a link is on its way."


class NewPassword(BaseModel):
    """`token` is what stands behind `/reset-password/` in the link."""

    token: Secret
    password: Secret


class EmailToken(BaseModel):
    """What stands behind `/confirm-email/` in the link."""

    token: Secret


class ConfirmedEmail(BaseModel):
    email: str


class Farewell(BaseModel):
    """The password, where there is one: who finds a browser open is not to delete its owner."""

    current_password: Secret | None = None


class InviteToken(BaseModel):
    """What stands behind `/invite/` in an invite's link."""

    token: Secret


class InviteEnvelope(BaseModel):
    invite: InviteView


class Acceptance(BaseModel):
    """Somebody new sends name and a new password; who has an account its password, or is signed in with it."""

    token: Secret
    full_name: Name | None = None
    password: Secret | None = None


class PasswordLinkEnvelope(BaseModel):
    password_link: PasswordLink


@router.get("")
def get_account(session: SignedIn, platform: PlatformDep) -> AccountEnvelope:
    with platform.db.read() as conn:
        return AccountEnvelope(account=accounts.get(conn, session.actor.id))


@router.patch("")
def update_account(body: AccountUpdate, session: SignedIn, device: DeviceDep, platform: PlatformDep) -> AccountEnvelope:
    """Change name, e-mail address or password. A new password ends all other sessions.

    Where letters are sent, another address is `pending_email` until the link in the letter to it was opened.
    """
    changes = AccountChanges(
        email=body.email,
        full_name=body.full_name,
        current_password=body.current_password,
        new_password=body.new_password,
    )
    return AccountEnvelope(account=accounts.change(platform, session, changes, device))


@router.post("/email")
def confirm_email(body: EmailToken, platform: PlatformDep) -> ConfirmedEmail:
    """Confirm a new address with the link that was mailed to it; from now on it is the account's."""
    return ConfirmedEmail(email=new_address.confirm(platform, body.token))


@router.post("/delete", status_code=204)
def delete_account(
    body: Farewell, request: Request, session: SignedIn, device: DeviceDep, platform: PlatformDep
) -> Response:
    """Delete one's account, leave every organisation and sign out. What one made stays where it is."""
    leaving.delete(platform, session, body.current_password, device)
    response = Response(status_code=204)
    clear_session(response, request.scope, platform.settings)
    return response


@router.post("/register", status_code=201)
def register(
    body: Registration, request: Request, response: Response, device: DeviceDep, platform: PlatformDep
) -> SessionEnvelope:
    """Make an account with an organisation of its own, where the operator opened this to anybody."""
    started = accounts.register(
        platform,
        device,
        email=body.email,
        full_name=body.full_name,
        password=body.password,
        organization=body.organization,
    )
    return begin(platform, request, response, started)


@router.get("/sessions")
def list_sessions(session: SignedIn, platform: PlatformDep) -> SessionList:
    with platform.db.read() as conn:
        return SessionList(sessions=sessions.list_own(conn, session))


@router.delete("/sessions")
def end_other_sessions(session: SignedIn, platform: PlatformDep) -> SessionsEnded:
    """Sign out everywhere else."""
    with platform.db.write() as conn:
        return SessionsEnded(ended=sessions.end_others(conn, session))


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: str, session: SignedIn, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        sessions.end(conn, session, session_id)
    return Response(status_code=204)


@router.post("/password-link", status_code=202)
def ask_for_password_link(
    body: Forgotten, background: BackgroundTasks, device: DeviceDep, platform: PlatformDep
) -> LetterAsked:
    """Have a link to set a new password mailed to oneself."""
    password_links.ask(platform, body.email, device)
    background.add_task(password_links.mail_to, platform, body.email)
    return LetterAsked()


@router.post("/password")
def set_password(
    body: NewPassword, request: Request, response: Response, device: DeviceDep, platform: PlatformDep
) -> SessionEnvelope:
    """Set a new password with a link. All sessions end, and a new one begins."""
    started = password_links.set_password(platform, body.token, body.password, device)
    return begin(platform, request, response, started)


@router.post("/invite")
def get_invite(body: InviteToken, platform: PlatformDep) -> InviteEnvelope:
    """What an invite's link is about, before it is accepted."""
    with platform.db.read() as conn:
        return InviteEnvelope(invite=acceptance.look(conn, body.token))


@router.post("/invite/accept")
def accept_invite(
    body: Acceptance,
    request: Request,
    response: Response,
    session: MaybeSignedIn,
    device: DeviceDep,
    platform: PlatformDep,
) -> SessionEnvelope:
    """Become a member of the organisation, and look at it."""
    started = acceptance.accept(
        platform, body.token, device, session=session, full_name=body.full_name, password=body.password
    )
    return begin(platform, request, response, started)


@members_router.post("/{member_id}/password-link", status_code=201)
def make_password_link(member_id: str, actor: Admin, response: Response, platform: PlatformDep) -> PasswordLinkEnvelope:
    """Make a link with which a member sets a new password; mailed, or in the answer where no mail is sent."""
    response.headers.update(NO_STORE)
    return PasswordLinkEnvelope(password_link=password_links.make_for_member(platform, actor, member_id))
