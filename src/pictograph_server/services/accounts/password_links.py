"""Forgotten passwords: a link to set a new one, mailed to who asks, or handed on by an admin."""

from pictograph.models.organization import PasswordLink
from pictograph_server import mail
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Forbidden
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import guesses, letters, links, passwords, repository, sessions
from pictograph_server.services.accounts.records import Device, StartedSession
from pictograph_server.services.accounts.service import EmailNeeded
from pictograph_server.services.accounts.signing_in import require_person
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations.emails import normalize_email
from pictograph_server.services.organizations.members import MemberNotFound
from pictograph_server.services.organizations.ranks import require_rank
from pictograph_server.services.organizations.repository import member as member_of


class MailNotConfigured(BadRequest):
    code = "mail_not_configured"

    def __init__(self) -> None:
        super().__init__(
            "No letter can be sent",
            why="the operator named no mail server",
            fix="Ask an admin of your organisation for a link, or run `pictograph login-link` on the server.",
        )


class BelongsElsewhere(Forbidden):
    code = "belongs_elsewhere"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A link for {name} cannot be made here",
            why="they belong to another organisation too, which the link would open as well",
            fix="They ask for a letter themselves, or the operator runs `pictograph login-link`.",
        )


def ask(platform: Platform, email: str, device: Device) -> None:
    """Take a request for a letter; `mail_to` answers it. That there is such an account is not told.

    Raises:
        MailNotConfigured: no letters are sent here.
        TooManyGuesses: too many letters were asked for.
    """
    if not mail.can_send(platform.settings.mail):
        raise MailNotConfigured
    address = normalize_email(email)
    with platform.db.write() as conn:
        guesses.take(conn, f"letter to {address}", device.address)


def mail_to(platform: Platform, email: str) -> None:
    """Send a link, if there is an account with the address; after the answer, whose time so tells nothing."""
    with platform.db.write() as conn:
        person = repository.person_by_email(conn, normalize_email(email))
        if person is None:
            return
        link = links.make(conn, person.id, "password")
    letters.send_password_link(platform, normalize_email(email), link)


def make_for_member(platform: Platform, actor: Actor, member_id: str) -> PasswordLink:
    """Make a link for a member who forgot their password; mailed where that is set up, else returned.

    Raises:
        MemberNotFound: the organisation has no such member.
        RoleAboveOwn: their role is above the actor's.
        BelongsElsewhere: the link would open another organisation too.
        EmailNeeded: they have no address to sign in with.
    """
    with platform.db.write() as conn:
        member = member_of(conn, actor.organization_id, member_id)
        if member is None:
            raise MemberNotFound(member_id)
        name = member.email or member.full_name or member.user_id
        roles = {row.organization_id: row.role for row in repository.memberships(conn, member.user_id)}
        require_rank(actor, roles[actor.organization_id], "Making a link for an " + roles[actor.organization_id])
        if len(roles) > 1:
            raise BelongsElsewhere(name)
        if member.email is None:
            raise EmailNeeded
        link = links.make(conn, member.user_id, "password", maker=actor)
        audit.record(conn, actor, "member.password_link_made", subject_id=member_id, subject_name=name)
    is_mailed = letters.send_password_link(platform, member.email, link)
    shown = None if is_mailed else letters.shown_url(platform, link.path)
    return PasswordLink(email=member.email, link=shown, is_mailed=is_mailed, expires_at=link.expires_at)


def set_password(platform: Platform, token: str, password: str, device: Device) -> StartedSession:
    """Set a new password with a link, end all sessions there are, and begin one.

    Raises:
        LinkNotValid: the link is used up, expired, or for something else.
        WeakPassword: the link stays usable.
    """
    with platform.db.read() as conn:
        person = require_person(conn, links.owner(conn, token, "password"))
    if person.email is None:
        raise EmailNeeded
    password_hash = passwords.hash_new(password, email=person.email)
    with platform.db.write() as conn:
        links.redeem(conn, token, "password")
        repository.update_person(conn, person.id, {"password_hash": password_hash})
        repository.delete_links(conn, person.id)
        repository.delete_sessions(conn, person.id, but=None)
        guesses.forgive(conn, person.email, device.address)
        started = sessions.start(conn, platform.settings.accounts, person, device, by="new password")
        audit.record(
            conn,
            started.session.actor,
            "account.updated",
            subject_id=person.id,
            subject_name=person.display_name,
            details={"changed": ["password"], "by": "link"},
        )
    letters.send_notice(platform, person.email, "The password of your account was changed with a link.")
    return started
