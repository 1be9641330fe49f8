"""The organisation, its members and its invites: endpoints 31-37."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from pictograph.models.organization import (
    InviteRole,
    InviteStatus,
    Organization,
    OrganizationInvite,
    OrganizationMember,
    OrganizationRole,
)
from pictograph_server.auth import Admin, Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.caching import NO_STORE
from pictograph_server.routes.credits import renew_if_due
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.accounts import letters
from pictograph_server.services.credits import service as credits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.organizations import invites, members
from pictograph_server.services.organizations import service as organizations

router = APIRouter(prefix="/api/v1/developer/organizations", tags=["organizations"])


class OrganizationEnvelope(BaseModel):
    organization: Organization


class OrganizationUpdate(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=organizations.MAX_NAME_LENGTH)]


class MemberEnvelope(BaseModel):
    member: OrganizationMember


class MemberList(BaseModel):
    members: list[OrganizationMember]


class RoleChange(BaseModel):
    role: OrganizationRole


class InviteRequest(BaseModel):
    email: Annotated[str, Field(max_length=320)]
    role: InviteRole = "member"


class InviteEnvelope(BaseModel):
    invite: OrganizationInvite


class InviteList(BaseModel):
    invites: list[OrganizationInvite]


@router.get("/me")
def get_organization(actor: Viewer, platform: PlatformDep) -> OrganizationEnvelope:
    renew_if_due(platform, actor.organization_id)
    return _organization(platform, actor.organization_id)


@router.patch("/me")
def update_organization(body: OrganizationUpdate, actor: Admin, platform: PlatformDep) -> OrganizationEnvelope:
    with platform.db.write() as conn:
        organizations.rename(conn, actor, body.name)
    return _organization(platform, actor.organization_id)


@router.get("/members")
def list_members(actor: Viewer, platform: PlatformDep) -> MemberList:
    with platform.db.read() as conn:
        return MemberList(members=members.list_members(conn, actor.organization_id))


@router.patch("/members/{member_id}")
def change_role(member_id: str, body: RoleChange, actor: Admin, platform: PlatformDep) -> MemberEnvelope:
    with platform.db.write() as conn:
        return MemberEnvelope(member=members.change_role(conn, actor, member_id, body.role))


@router.delete("/members/{member_id}", status_code=204)
def remove_member(member_id: str, actor: Admin, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        members.remove(conn, actor, member_id)
    return Response(status_code=204)


@router.get("/invites")
def list_invites(actor: Viewer, platform: PlatformDep, status: InviteStatus | None = None) -> InviteList:
    with platform.db.read() as conn:
        return InviteList(invites=invites.list_invites(conn, actor.organization_id, status=status))


@router.post("/invites", status_code=201)
def invite(body: InviteRequest, actor: Admin, platform: PlatformDep, response: Response) -> InviteEnvelope:
    response.headers.update(NO_STORE)
    with platform.db.write() as conn:
        new = invites.create(conn, actor, body.email, body.role)
    link = letters.hand_on_invite(platform, actor, new.invite, new.token)
    return InviteEnvelope(invite=new.invite.model_copy(update={"link": link}))


@router.delete("/invites/{invite_id}", status_code=204)
def revoke_invite(invite_id: str, actor: Admin, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        invites.revoke(conn, actor, invite_id)
    return Response(status_code=204)


def _organization(platform: Platform, organization_id: str) -> OrganizationEnvelope:
    with platform.db.read() as conn:
        remaining = credits.remaining(conn, organization_id)
        organization = organizations.get(conn, organization_id, credits_remaining=remaining)
        images, size_bytes = datasets.usage(conn, organization_id)
    used = {"image_count": images, "storage_bytes": size_bytes}
    return OrganizationEnvelope(organization=organization.model_copy(update=used))
