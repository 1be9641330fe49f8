"""Sessions: a person in a browser, looking at one of their organisations. The role is always the membership's."""

from datetime import timedelta
from typing import cast

from sqlalchemy import Connection

from pictograph_server.actor import Actor, Role
from pictograph_server.errors import Forbidden, NotFound
from pictograph_server.services.accounts import repository
from pictograph_server.services.accounts.links import hash_token
from pictograph_server.services.accounts.records import Device, KnownSession, Person, SessionEntry, StartedSession
from pictograph_server.services.audit import service as audit
from pictograph_server.settings import Accounts, new_secret
from pictograph_server.storage.db.types import now


class NoOrganization(Forbidden):
    code = "no_organization"

    def __init__(self) -> None:
        super().__init__(
            "You cannot sign in",
            why="you belong to no organisation of this server any more",
            fix="Ask an admin of your organisation for an invite.",
        )


class NotYourOrganization(NotFound):
    code = "not_your_organization"

    def __init__(self, organization_id: str) -> None:
        super().__init__(
            f"There is no organisation {organization_id[:80]!r} that you belong to",
            fix="GET /api/v1/session lists yours.",
        )


class SessionNotFound(NotFound):
    code = "session_not_found"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            f"You have no session {session_id[:80]!r}", fix="GET /api/v1/account/sessions lists those there are."
        )


def start(
    conn: Connection, accounts: Accounts, person: Person, device: Device, *, by: str, organization_id: str | None = None
) -> StartedSession:
    """Begin a session: in the organisation given, else the one they looked at last, else the first they joined.

    `by` says how they proved who they are, for the audit log.

    Raises:
        NoOrganization: the person belongs to none.
    """
    repository.delete_expired(conn)
    chosen = organization_id or repository.latest_organization(conn, person.id)
    memberships = repository.memberships(conn, person.id)
    membership = next((each for each in memberships if each.organization_id == chosen), None)
    if membership is None:
        if not memberships:
            raise NoOrganization
        membership = memberships[0]
    token, moment = new_secret(), now()
    expires_at = moment + timedelta(days=accounts.session_days)
    session_id = repository.insert_session(
        conn,
        organization_id=membership.organization_id,
        user_id=person.id,
        token_sha256=hash_token(token),
        address=device.address,
        user_agent=device.user_agent,
        expires_at=expires_at,
    )
    actor = Actor(
        organization_id=membership.organization_id,
        id=person.id,
        role=cast("Role", membership.role),
        name=person.display_name,
        kind="person",
    )
    audit.record(
        conn,
        actor,
        "session.started",
        subject_id=session_id,
        subject_name=person.display_name,
        details={"by": by, "address": device.address},
    )
    return StartedSession(token, KnownSession(session_id, actor, expires_at=expires_at, last_used_at=moment))


def find(conn: Connection, token: str) -> KnownSession | None:
    """Return the session of a cookie; None when it ended, or its person left the organisation."""
    row = repository.session_by_token(conn, hash_token(token))
    if row is None:
        return None
    actor = Actor(
        organization_id=row.organization_id,
        id=row.user_id,
        role=cast("Role", row.role),
        name=row.full_name or row.email or "Somebody",
        kind="person",
    )
    return KnownSession(row.id, actor, expires_at=row.expires_at, last_used_at=row.last_used_at)


def touch(conn: Connection, session: KnownSession) -> None:
    """Record that the session was used now."""
    repository.touch_session(conn, session.id)


def switch(conn: Connection, session: KnownSession, organization_id: str) -> KnownSession:
    """Look at another of one's organisations from now on.

    Raises:
        NotYourOrganization: the person does not belong to it.
    """
    memberships = repository.memberships(conn, session.actor.id)
    membership = next((each for each in memberships if each.organization_id == organization_id), None)
    if membership is None:
        raise NotYourOrganization(organization_id)
    actor = Actor(
        organization_id=organization_id,
        id=session.actor.id,
        role=cast("Role", membership.role),
        name=session.actor.name,
        kind="person",
    )
    if organization_id != session.actor.organization_id:
        repository.move_session(conn, session.id, organization_id)
        audit.record(conn, actor, "session.switched", subject_id=session.id, subject_name=actor.name)
    return KnownSession(session.id, actor, expires_at=session.expires_at, last_used_at=session.last_used_at)


def list_own(conn: Connection, session: KnownSession) -> list[SessionEntry]:
    """Return the person's sessions, newest first."""
    return [
        SessionEntry(
            id=row.id,
            address=row.address,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_current=row.id == session.id,
        )
        for row in repository.list_sessions(conn, session.actor.id)
    ]


def end(conn: Connection, session: KnownSession, session_id: str) -> None:
    """End one of the person's sessions: this one, or one on another device.

    Raises:
        SessionNotFound: they have no such session.
    """
    if not repository.delete_session(conn, session.actor.id, session_id):
        raise SessionNotFound(session_id)
    audit.record(conn, session.actor, "session.ended", subject_id=session_id, subject_name=session.actor.name)


def end_others(conn: Connection, session: KnownSession) -> int:
    """End all of the person's sessions but this one, and return how many there were."""
    ended = repository.delete_sessions(conn, session.actor.id, but=session.id)
    if ended:
        audit.record(
            conn,
            session.actor,
            "session.others_ended",
            subject_id=session.actor.id,
            subject_name=session.actor.name,
            details={"sessions": ended},
        )
    return ended
