"""`client.organizations` of the hosted client: the organisation, its members, invites from made to revoked."""

import secrets
from datetime import timedelta

from pictograph import Client, ConflictError, NotFoundError, ValidationError

client = Client()

organization = client.organizations.me()
assert organization.member_count >= 1
assert organization.max_users >= organization.member_count
assert organization.credits_monthly_allowance > 0
assert organization.credits_reset_at is not None

members = client.organizations.list_members()
assert len(members) == organization.member_count
owners = [member for member in members if member.role == "owner"]
assert owners, "somebody owns the organisation"

if len(owners) == 1:
    owner = owners[0]
    for forbidden in (
        lambda: client.organizations.update_member_role(owner.id, role="member"),
        lambda: client.organizations.remove_member(owner.id),
    ):
        try:
            forbidden()
        except ValidationError as error:
            assert error.status_code == 400
        else:
            raise AssertionError("the last owner stays")
    unchanged = client.organizations.update_member_role(owner.id, role="owner")
    assert (unchanged["id"], unchanged["role"]) == (owner.id, "owner")

address = f"Bo.{secrets.token_hex(4)}@Example.org"
invite = client.organizations.invite(f"  {address} ", role="viewer")
assert invite.email == address.lower()
assert (invite.role, invite.status, invite.organization_id) == ("viewer", "pending", organization.id)
assert invite.expires_at - invite.created_at == timedelta(days=7)
assert client.organizations.invite(f"second.{address}").role == "member"
pending = client.organizations.list_invites(status="pending")
assert invite.id in [each.id for each in pending]
assert client.organizations.me().pending_invite_count == len(pending)

try:
    client.organizations.invite(address.upper())
except ConflictError as error:
    assert error.status_code == 409
else:
    raise AssertionError("nobody is invited twice")

try:
    client.organizations.invite("nobody")
except ValidationError as error:
    assert error.status_code in (400, 422)
else:
    raise AssertionError("that is no address")

for each in pending:
    assert client.organizations.revoke_invite(each.id) is None
assert client.organizations.list_invites(status="pending") == []
assert invite.id in [each.id for each in client.organizations.list_invites(status="revoked")]
assert client.organizations.me().pending_invite_count == 0

try:
    client.organizations.revoke_invite(invite.id)
except ValidationError as error:
    assert error.status_code == 400
else:
    raise AssertionError("only pending invites are revoked")

for unknown in (
    lambda: client.organizations.revoke_invite("nobody's"),
    lambda: client.organizations.remove_member("nobody's"),
    lambda: client.organizations.update_member_role("nobody's", role="viewer"),
):
    try:
        unknown()
    except NotFoundError as error:
        assert error.status_code == 404
    else:
        raise AssertionError("unknown ids are 404")
