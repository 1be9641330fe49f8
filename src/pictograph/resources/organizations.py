"""`client.organizations`: the organisation that the key belongs to, its people, and what they did."""

from datetime import UTC, datetime
from typing import Any

from pictograph._http.pagination import CursorPager
from pictograph._http.transport import Transport, member, members, parse, path_of
from pictograph.models.audit import AuditEntry
from pictograph.models.organization import (
    InviteRole,
    InviteStatus,
    Organization,
    OrganizationInvite,
    OrganizationMember,
    OrganizationRole,
    PasswordLink,
)


class Organizations:
    """See who belongs to the organisation, invite people, decide on their roles, and read the audit log."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def me(self) -> Organization:
        """Return the organisation with its limits and its budget."""
        return _organization(self._transport.get(path_of("organizations", "me")))

    def update(self, *, name: str) -> Organization:
        """Rename the organisation. Needs the role admin."""
        return _organization(self._transport.patch(path_of("organizations", "me"), json={"name": name}))

    def list_members(self) -> list[OrganizationMember]:
        """Return the members, the first to join first."""
        document = self._transport.get(path_of("organizations", "members"))
        return [parse(OrganizationMember, item) for item in members(document, "members")]

    def update_member_role(self, member_id: str, *, role: OrganizationRole) -> dict[str, Any]:
        """Give a member another role and return them as a plain dict. Needs the role admin.

        API keys that they made with a higher role are switched off.

        Raises:
            ValidationError: they are the only owner.
            ForbiddenError: their role or the new one is above your own.
        """
        path = path_of("organizations", "members", member_id)
        return dict(member(self._transport.patch(path, json={"role": role}), "member"))

    def remove_member(self, member_id: str) -> None:
        """Take a person out of the organisation. Their API keys are switched off. Needs the role admin.

        Raises:
            ValidationError: they are the only owner.
            ForbiddenError: their role is above your own.
        """
        self._transport.delete(path_of("organizations", "members", member_id))

    def make_password_link(self, member_id: str) -> PasswordLink:
        """Return a link for a member who forgot their password, to be handed to them. Needs the role admin.

        Raises:
            NotFoundError: there is no such member.
            ForbiddenError: their role is above your own.
        """
        document = self._transport.post(path_of("organizations", "members", member_id, "password-link"))
        return parse(PasswordLink, member(document, "password_link"))

    def list_invites(self, *, status: InviteStatus | None = None) -> list[OrganizationInvite]:
        """Return the invites, newest first."""
        document = self._transport.get(path_of("organizations", "invites"), params={"status": status})
        return [parse(OrganizationInvite, item) for item in members(document, "invites")]

    def invite(self, email: str, *, role: InviteRole = "member") -> OrganizationInvite:
        """Invite somebody; the link to send them is in `link`, once, and holds for a week. Needs the role admin.

        Raises:
            ConflictError: they are a member, or have been invited already.
            PaymentRequiredError: members and pending invites fill the organisation.
        """
        document = self._transport.post(path_of("organizations", "invites"), json={"email": email, "role": role})
        return parse(OrganizationInvite, member(document, "invite"))

    def revoke_invite(self, invite_id: str) -> None:
        """Take an invite back: its link stops working. Needs the role admin.

        Raises:
            ValidationError: it is not pending any more.
        """
        self._transport.delete(path_of("organizations", "invites", invite_id))

    def audit_log(
        self,
        *,
        action: str | None = None,
        actor_id: str | None = None,
        subject_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = 100,
        max_total: int | None = None,
    ) -> CursorPager[AuditEntry]:
        """Return a pager over what was done, newest first. Needs the role admin.

        Args:
            action: one of the words of docs/reference/audit.md, or its noun: `member` for all that begin with it.
            actor_id: only what this key or person did.
            subject_id: only what was done to this.
            since, until: only what was done from then on, and before then; a moment without a zone is UTC.
        """
        return CursorPager(
            self._transport,
            path_of("audit"),
            items_key="entries",
            parse_item=lambda item: parse(AuditEntry, item),
            page_size=page_size,
            max_total=max_total,
            params={
                "action": action,
                "actor_id": actor_id,
                "subject_id": subject_id,
                "since": _moment(since),
                "until": _moment(until),
            },
        )


def _moment(given: datetime | None) -> str | None:
    if given is None:
        return None
    return (given if given.tzinfo is not None else given.replace(tzinfo=UTC)).isoformat()


def _organization(document: object) -> Organization:
    return parse(Organization, member(document, "organization"))
