"""An organisation, its members and its invites."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

SubscriptionTier = Literal["free", "core", "pro", "team", "enterprise"]
OrganizationRole = Literal["owner", "admin", "member", "viewer"]
InviteRole = Literal["admin", "member", "viewer"]
InviteStatus = Literal["pending", "accepted", "expired", "revoked"]


class Organization(WireModel):
    """An organisation with its limits, what it uses of them, and its budget. Images in the trash are not counted."""

    id: str
    name: str
    slug: str
    subscription_tier: SubscriptionTier
    credits_remaining: int = Field(ge=0)
    credits_monthly_allowance: int = Field(ge=0)
    credits_reset_at: datetime | None = None
    max_users: int = Field(ge=1)
    max_images: int = Field(ge=0)
    max_storage_bytes: int = Field(ge=0)
    member_count: int = Field(ge=0)
    pending_invite_count: int = Field(ge=0)
    image_count: int | None = Field(default=None, ge=0)
    storage_bytes: int | None = Field(default=None, ge=0)
    created_at: datetime
    updated_at: datetime


class OrganizationMember(WireModel):
    """A person in an organisation. `id` is the membership's, the one to pass to update or remove."""

    id: str
    user_id: str
    email: str | None = None
    full_name: str | None = None
    role: OrganizationRole
    joined_at: datetime


class OrganizationInvite(WireModel):
    """An invitation by e-mail. Its link, with which anybody can accept it, is only in the answer that made it."""

    id: str
    organization_id: str
    email: str
    role: InviteRole
    status: InviteStatus
    invited_by: str | None = None
    expires_at: datetime
    created_at: datetime
    link: str | None = None


class PasswordLink(WireModel):
    """A link that was made for somebody: mailed to them, or here to be handed on."""

    email: str
    link: str | None = None
    is_mailed: bool
    expires_at: datetime
