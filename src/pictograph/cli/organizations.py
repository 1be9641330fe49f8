"""`pictograph organizations`: who belongs to the organisation, who is invited, and who did what."""

from datetime import datetime
from typing import Annotated

import typer

from pictograph.cli import operator
from pictograph.cli.session import Session, api_command
from pictograph.models.organization import InviteRole, InviteStatus, OrganizationRole

app = typer.Typer(no_args_is_help=True, help="The organisation, its people, and what they did.")

# Of the whole server, on its machine; the others are of the organisation that the key belongs to.
app.command("list")(operator.list_organizations)
app.command("create")(operator.create_organization)
app.command("limit")(operator.limit_organization)

MemberId = Annotated[str, typer.Argument(help="Id of the membership, as `members` lists it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@api_command(app, "show")
def show(session: Session) -> None:
    """Show the organisation, its limits and its budget."""
    session.record(session.client.organizations.me())


@api_command(app, "rename")
def rename(session: Session, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Rename the organisation."""
    session.record(session.client.organizations.update(name=name))


@api_command(app, "members")
def list_members(session: Session) -> None:
    """List the members, the first to join first."""
    session.table(
        session.client.organizations.list_members(),
        {
            "Name": lambda m: m.full_name,
            "E-mail": lambda m: m.email,
            "Role": lambda m: m.role,
            "Joined": lambda m: f"{m.joined_at:%Y-%m-%d}",
            "Id": lambda m: m.id,
        },
    )


@api_command(app, "set-role")
def set_role(
    session: Session,
    member_id: MemberId,
    role: Annotated[OrganizationRole, typer.Argument(help="What they may do from now on.")],
) -> None:
    """Give a member another role. API keys that they made with a higher one are switched off."""
    changed = session.client.organizations.update_member_role(member_id, role=role)
    session.line(f"{changed.get('email') or changed.get('full_name') or member_id} has the role {role!r}", changed)


@api_command(app, "password-link")
def make_password_link(session: Session, member_id: MemberId) -> None:
    """Make a link with which a member sets a new password."""
    made = session.client.organizations.make_password_link(member_id)
    how = f"hand them this link:\n{made.link}" if made.link else "the server has sent them the link"
    session.line(f"{made.email} can set a new password until {made.expires_at:%Y-%m-%d %H:%M} UTC; {how}", made)


@api_command(app, "remove-member")
def remove_member(session: Session, member_id: MemberId, yes: Yes = False) -> None:
    """Take a person out of the organisation. Their API keys are switched off."""
    session.confirm(f"Remove member {member_id}?", yes=yes)
    session.client.organizations.remove_member(member_id)
    session.line(f"Removed member {member_id}", {"member_id": member_id})


@api_command(app, "invites")
def list_invites(
    session: Session,
    status: Annotated[InviteStatus | None, typer.Option(help="Only invites of this status.")] = None,
) -> None:
    """List the invites, newest first."""
    session.table(
        session.client.organizations.list_invites(status=status),
        {
            "E-mail": lambda i: i.email,
            "Role": lambda i: i.role,
            "Status": lambda i: i.status,
            "Expires": lambda i: f"{i.expires_at:%Y-%m-%d %H:%M}",
            "Id": lambda i: i.id,
        },
    )


@api_command(app, "invite")
def invite(
    session: Session,
    email: Annotated[str, typer.Argument(help="Address of the person.")],
    role: Annotated[InviteRole, typer.Option(help="What they may do.")] = "member",
) -> None:
    """Invite somebody. Prints the link to send them, where the server sends no mail itself."""
    made = session.client.organizations.invite(email, role=role)
    how = f"send them this link:\n{made.link}" if made.link else "the server has sent them the link"
    session.line(f"Invited {made.email} as {made.role} until {made.expires_at:%Y-%m-%d %H:%M} UTC; {how}", made)


@api_command(app, "revoke-invite")
def revoke_invite(
    session: Session,
    invite_id: Annotated[str, typer.Argument(help="Id of the invite, as `invites` lists it.")],
    yes: Yes = False,
) -> None:
    """Take an invite back: its link stops working."""
    session.confirm(f"Revoke invite {invite_id}?", yes=yes)
    session.client.organizations.revoke_invite(invite_id)
    session.line(f"Revoked invite {invite_id}", {"invite_id": invite_id})


@api_command(app, "audit")
def audit(
    session: Session,
    action: Annotated[str | None, typer.Option(help="Only this: api_key.created, or a noun, member.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this key or person (id) did.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this id.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only what was done from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only what was done before then (UTC).")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List who did what, newest first."""
    pager = session.client.organizations.audit_log(
        action=action,
        actor_id=actor,
        subject_id=subject,
        since=since,
        until=until,
        page_size=min(limit, 1000),
        max_total=limit,
    )
    session.table(
        pager.all(),
        {
            "When": lambda e: f"{e.created_at:%Y-%m-%d %H:%M:%S}",
            "Who": lambda e: f"{e.actor_name} ({e.actor_kind})",
            "Did": lambda e: e.action,
            "To": lambda e: e.subject_name,
            "Details": lambda e: e.details or None,
        },
    )
