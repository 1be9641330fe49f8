"""Accepting an invite: somebody new sets name and password, who has an account proves that it is theirs.

The proof is needed because admins see the links of their invites where no mail is sent: a link for an address that has
an account must not open that account.
"""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection

from pictograph.models.organization import InviteRole, OrganizationInvite
from pictograph_server.errors import BadRequest, Unprocessable
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import passwords, repository, sessions
from pictograph_server.services.accounts.records import Device, KnownSession, Person, StartedSession
from pictograph_server.services.accounts.service import check_name, new_person
from pictograph_server.services.accounts.signing_in import accept_password, check_password
from pictograph_server.services.organizations import invites
from pictograph_server.services.organizations import repository as organizations_repository


class InviteView(BaseModel):
    """What somebody with the link may know before they accept."""

    organization: str
    email: str
    role: InviteRole
    expires_at: datetime
    # They accept with the password they have; else with a name and a new password.
    has_account: bool


class AcceptanceIncomplete(Unprocessable):
    code = "acceptance_incomplete"

    def __init__(self, missing: str) -> None:
        super().__init__("The invite was not accepted", why=f"{missing} is missing", fix=f"Send `{missing}` with it.")


class SignInFirst(BadRequest):
    code = "sign_in_first"

    def __init__(self, email: str) -> None:
        super().__init__(
            "The invite was not accepted",
            why=f"{email} has an account, and you did not prove that it is yours",
            fix="Sign in with it (a link does, if it has no password), then open the invite again.",
        )


def look(conn: Connection, token: str) -> InviteView:
    """Return what an invite is about. Raises InviteNotFound, InviteNotPending."""
    invite = invites.open_invite(conn, token)
    organization = organizations_repository.organization(conn, invite.organization_id)
    assert organization is not None, "invites go when their organisation goes"
    return InviteView(
        organization=organization.name,
        email=invite.email,
        role=invite.role,
        expires_at=invite.expires_at,
        has_account=repository.person_by_email(conn, invite.email) is not None,
    )


def accept(
    platform: Platform,
    token: str,
    device: Device,
    *,
    session: KnownSession | None,
    full_name: str | None = None,
    password: str | None = None,
) -> StartedSession:
    """Become a member, and begin a session in the organisation, or switch the one there is to it.

    Args:
        session: of who is asking, when they are signed in.
        password: a new one, or the one the account has.
    Raises:
        InviteNotFound, InviteNotPending: the link does not work (any more).
        AcceptanceIncomplete: somebody new gave no name or no password.
        SignInFirst, SignInRefused, TooManyGuesses: the address has an account, and it was not proven.
        EmailTaken, WeakPassword, BadPersonName: what was given cannot be used.
    """
    with platform.db.read() as conn:
        invite = invites.open_invite(conn, token)
        person = repository.person_by_email(conn, invite.email)
    if person is None:
        return _as_somebody_new(platform, token, invite, device, full_name=full_name, password=password)
    if session is not None and session.actor.id == person.id:
        with platform.db.write() as conn:
            joined = invites.accept(conn, token, person.id, name=person.display_name)
            return StartedSession(None, sessions.switch(conn, session, joined.organization_id))
    if not password or person.password_hash is None:
        raise SignInFirst(invite.email)
    person = check_password(platform, invite.email, password, device)
    with platform.db.write() as conn:
        accept_password(conn, person, password, device)
        return _join(conn, platform, token, person, device)


def _as_somebody_new(
    platform: Platform,
    token: str,
    invite: OrganizationInvite,
    device: Device,
    *,
    full_name: str | None,
    password: str | None,
) -> StartedSession:
    if not full_name or not full_name.strip():
        raise AcceptanceIncomplete("full_name")
    if not password:
        raise AcceptanceIncomplete("password")
    name, password_hash = check_name(full_name), passwords.hash_new(password, email=invite.email)
    with platform.db.write() as conn:
        person = new_person(conn, email=invite.email, full_name=name, password_hash=password_hash)
        return _join(conn, platform, token, person, device)


def _join(conn: Connection, platform: Platform, token: str, person: Person, device: Device) -> StartedSession:
    invite = invites.accept(conn, token, person.id, name=person.display_name)
    return sessions.start(
        conn, platform.settings.accounts, person, device, by="invite", organization_id=invite.organization_id
    )
