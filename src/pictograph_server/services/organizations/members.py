"""Who belongs to an organisation, and in which role."""

from typing import cast

from sqlalchemy import Connection

from pictograph.models.organization import OrganizationMember
from pictograph_server.actor import ROLES, Actor, Role
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import invites, repository
from pictograph_server.services.organizations.ranks import require_rank


class MemberNotFound(NotFound):
    code = "member_not_found"

    def __init__(self, member_id: str) -> None:
        super().__init__(
            f"The organisation has no member {member_id[:80]!r}",
            fix="List them with `client.organizations.list_members()`; the id is the membership's, not the person's.",
        )


class LastOwner(BadRequest):
    code = "last_owner"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} stays an owner",
            why="an organisation needs one, and there is no other",
            fix="Make somebody else an owner first.",
        )


def list_members(conn: Connection, organization_id: str) -> list[OrganizationMember]:
    """Return the members, the first to join first."""
    return [_to_wire(row) for row in repository.members_of(conn, organization_id)]


def change_role(conn: Connection, actor: Actor, member_id: str, role: Role) -> OrganizationMember:
    """Give a member another role. API keys that they made with a higher one are switched off.

    Who may invite no more has their pending invites taken back.

    Raises:
        LastOwner: nobody else is an owner.
        RoleAboveOwn: the member's role or the new one is above the actor's.
    """
    member = _require(conn, actor, member_id)
    if member.role == role:
        return member
    if role != "owner":
        _refuse_last_owner(conn, actor.organization_id, member)
    require_rank(actor, member.role, f"Changing the role of an {member.role}")
    require_rank(actor, role, f"Making somebody {role}")
    repository.set_role(conn, actor.organization_id, member_id, role)
    above = [each for each in ROLES if ROLES.index(each) > ROLES.index(role)]
    audit.record(
        conn,
        actor,
        "member.role_changed",
        subject_id=member_id,
        subject_name=name_of(member),
        details={
            "from": member.role,
            "to": role,
            "keys_switched_off": repository.switch_off_keys(conn, actor.organization_id, member.user_id, roles=above),
        },
    )
    if ROLES.index(role) < ROLES.index("admin"):
        invites.revoke_made_by(conn, actor, member.user_id)
    return member.model_copy(update={"role": role})


def remove(conn: Connection, actor: Actor, member_id: str) -> None:
    """Take a person out of the organisation. Their API keys are switched off, their pending invites taken back.

    What else they made stays.

    Raises:
        LastOwner: nobody else is an owner.
        RoleAboveOwn: their role is above the actor's.
    """
    member = _require(conn, actor, member_id)
    _refuse_last_owner(conn, actor.organization_id, member)
    require_rank(actor, member.role, f"Removing an {member.role}")
    repository.remove_member(conn, actor.organization_id, member_id)
    audit.record(
        conn,
        actor,
        "member.removed",
        subject_id=member_id,
        subject_name=name_of(member),
        details={
            "role": member.role,
            "keys_switched_off": repository.switch_off_keys(conn, actor.organization_id, member.user_id, roles=ROLES),
        },
    )
    invites.revoke_made_by(conn, actor, member.user_id)


def name_of(member: OrganizationMember) -> str:
    return member.email or member.full_name or member.user_id


def _require(conn: Connection, actor: Actor, member_id: str) -> OrganizationMember:
    # Held until the commit: two owners who demote each other at once are not both the last but one.
    repository.lock(conn, actor.organization_id)
    row = repository.member(conn, actor.organization_id, member_id)
    if row is None:
        raise MemberNotFound(member_id)
    return _to_wire(row)


def _refuse_last_owner(conn: Connection, organization_id: str, member: OrganizationMember) -> None:
    if member.role == "owner" and repository.count_members(conn, organization_id, role="owner") == 1:
        raise LastOwner(name_of(member))


def _to_wire(row: repository.MemberRow) -> OrganizationMember:
    return OrganizationMember(
        id=row.id,
        user_id=row.user_id,
        email=row.email,
        full_name=row.full_name,
        role=cast("Role", row.role),
        joined_at=row.joined_at,
    )
