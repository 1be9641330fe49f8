"""Invitations: for an e-mail address, in a role, by a link that holds for a week and works once.

Whoever makes one hands on the link (`services/accounts` mails it where that is set up); the token in it is kept as a
hash only. Pending invites take a seat.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pictograph.models.organization import InviteRole, InviteStatus, OrganizationInvite
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, NotFound, PaymentRequired
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import invites_repository, repository
from pictograph_server.services.organizations.emails import normalize_email
from pictograph_server.services.organizations.invites_repository import InviteRow
from pictograph_server.services.organizations.ranks import require_rank
from pictograph_server.storage.db.types import now

LIFETIME = timedelta(days=7)
_BILLING_PAGE = "/settings?tab=billing"


class AlreadyMember(Conflict):
    code = "already_member"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} cannot be invited", why="they are a member already")


class AlreadyInvited(Conflict):
    code = "already_invited"

    def __init__(self, email: str) -> None:
        super().__init__(
            f"{email} cannot be invited again",
            why="an invite for them is pending",
            fix="Wait for them to accept it, or revoke it and make another.",
        )


class SeatsTaken(PaymentRequired):
    code = "limit_exceeded"

    def __init__(self, *, members: int, pending: int, limit: int) -> None:
        super().__init__(
            "Nobody more can be invited",
            why=f"the organisation has {limit} seats, {members} members and {pending} pending invites",
            fix="Remove a member, revoke an invite, or have the operator raise the limit.",
            details={
                "error": "limit_exceeded",
                "limit_type": "users",
                "current": members,
                "pending": pending,
                "limit": limit,
                "upgrade_url": _BILLING_PAGE,
            },
        )


class InviteNotFound(NotFound):
    code = "invite_not_found"

    def __init__(self, what: str) -> None:
        super().__init__(what, fix="Ask for a new invite; `client.organizations.list_invites()` lists those there are.")


class InviteNotPending(BadRequest):
    code = "invite_not_pending"

    def __init__(self, email: str, status: InviteStatus) -> None:
        super().__init__(f"The invite for {email} cannot be used or revoked", why=f"it is {status}")


@dataclass(frozen=True)
class NewInvite:
    """An invite that was just made. The token is shown this once."""

    invite: OrganizationInvite
    token: str


def list_invites(
    conn: Connection, organization_id: str, *, status: InviteStatus | None = None
) -> list[OrganizationInvite]:
    """Return the invites, newest first."""
    invites = [_to_wire(row) for row in invites_repository.all_of(conn, organization_id)]
    return [invite for invite in invites if status in (None, invite.status)]


def create(conn: Connection, actor: Actor, email: str, role: InviteRole) -> NewInvite:
    """Invite an address.

    Raises:
        AlreadyMember, AlreadyInvited: there is nothing to invite them to.
        SeatsTaken: members and pending invites fill the organisation.
    """
    address = normalize_email(email)
    require_rank(actor, role, f"Inviting somebody as {role}")
    organization_id = actor.organization_id
    # Held until the commit: two invites at once do not both take the last seat.
    limit = repository.lock(conn, organization_id).max_users
    invites_repository.expire(conn, organization_id, now())
    if repository.is_member(conn, organization_id, address):
        raise AlreadyMember(address)
    if invites_repository.is_pending(conn, organization_id, address):
        raise AlreadyInvited(address)
    members = repository.count_members(conn, organization_id)
    pending = invites_repository.count_pending(conn, organization_id, now())
    if members + pending >= limit:
        raise SeatsTaken(members=members, pending=pending, limit=limit)
    token, moment = secrets.token_urlsafe(32), now()
    try:
        row = invites_repository.insert_invite(
            conn,
            organization_id,
            email=address,
            role=role,
            token_sha256=_hash(token),
            invited_by=repository.person_behind(conn, organization_id, actor.id),
            expires_at=moment + LIFETIME,
            created_at=moment,
        )
    except IntegrityError as error:  # an invite that was made without the lock
        raise AlreadyInvited(address) from error
    audit.record(conn, actor, "invite.created", subject_id=row.id, subject_name=address, details={"role": role})
    return NewInvite(_to_wire(row), token)


def revoke(conn: Connection, actor: Actor, invite_id: str) -> None:
    """Take an invite back: its link stops working.

    Raises:
        InviteNotPending: it was accepted, revoked, or has expired.
    """
    repository.lock(conn, actor.organization_id)
    row = invites_repository.by_id(conn, actor.organization_id, invite_id)
    if row is None:
        raise InviteNotFound(f"The organisation has no invite {invite_id[:80]!r}")
    _require_pending(row)
    _revoke(conn, actor, row)


def revoke_made_by(conn: Connection, actor: Actor, user_id: str) -> None:
    """Take back the pending invites of somebody who may invite no more: they may have kept the links."""
    for row in invites_repository.pending_by(conn, actor.organization_id, user_id):
        _revoke(conn, actor, row)


def open_invite(conn: Connection, token: str) -> OrganizationInvite:
    """Return the pending invite that a link's token stands for; the token is the authority.

    Raises:
        InviteNotFound: there is none.
        InviteNotPending: it was accepted, revoked, or has expired.
    """
    row = invites_repository.by_token(conn, _hash(token))
    if row is None:
        raise InviteNotFound("This invite is not known here")
    return _require_pending(row)


def accept(conn: Connection, token: str, user_id: str, *, name: str) -> OrganizationInvite:
    """Make a person a member by the token of a link, once; `name` is theirs, for the audit log.

    Raises:
        AlreadyMember: they are one.
    """
    invite = open_invite(conn, token)
    repository.lock(conn, invite.organization_id)
    # Read again: of two who accept at once, the second finds it used.
    invite = open_invite(conn, token)
    if repository.is_user_member(conn, invite.organization_id, user_id):
        raise AlreadyMember(invite.email)
    repository.insert_member(conn, invite.organization_id, user_id, invite.role)
    invites_repository.set_status(conn, invite.id, "accepted")
    who = Actor(organization_id=invite.organization_id, id=user_id, role=invite.role, name=name, kind="person")
    audit.record(
        conn,
        who,
        "invite.accepted",
        subject_id=invite.id,
        subject_name=invite.email,
        details={"role": invite.role, "invited_by": invite.invited_by},
    )
    return invite.model_copy(update={"status": "accepted"})


def _revoke(conn: Connection, actor: Actor, row: InviteRow) -> None:
    invites_repository.set_status(conn, row.id, "revoked")
    audit.record(conn, actor, "invite.revoked", subject_id=row.id, subject_name=row.email, details={"role": row.role})


def _require_pending(row: InviteRow) -> OrganizationInvite:
    invite = _to_wire(row)
    if invite.status != "pending":
        raise InviteNotPending(invite.email, invite.status)
    return invite


def _to_wire(row: InviteRow) -> OrganizationInvite:
    has_expired = row.status == "pending" and row.expires_at <= now()
    return OrganizationInvite(
        id=row.id,
        organization_id=row.organization_id,
        email=row.email,
        role=row.role,
        status="expired" if has_expired else row.status,
        invited_by=row.invited_by,
        expires_at=row.expires_at,
        created_at=row.created_at,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
