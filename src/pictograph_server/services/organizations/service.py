"""Organisations and the keys that open them: made at first start, looked up at every request."""

import hashlib
import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from pictograph.models.organization import Organization
from pictograph_server.actor import Actor, Role
from pictograph_server.errors import NotFound, Unprocessable
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import invites_repository, repository
from pictograph_server.settings import API_KEY_PREFIX, Credits, Limits, Settings
from pictograph_server.storage.db.types import now

# 32 of 62 characters: 190 bits, so a plain SHA-256 keeps the key safe and can be looked up by its index.
_SECRET_LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits
_PREFIX_LENGTH = 12
MAX_NAME_LENGTH = 120


class OrganizationNotFound(NotFound):
    code = "organization_not_found"

    def __init__(self, organization_id: str) -> None:
        super().__init__(
            f"There is no organisation {organization_id[:80]!r} here",
            fix="`client.organizations.me()` returns the one that your key belongs to.",
        )


class BadOrganizationName(Unprocessable):
    code = "bad_organization_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:40]!r} cannot be the name of an organisation",
            why=f"a name has 1 to {MAX_NAME_LENGTH} visible characters",
        )


@dataclass(frozen=True)
class OrganizationRecord:
    organization_id: str
    owner_id: str


@dataclass(frozen=True)
class KnownKey:
    """A key that exists; whether it may be used is asked with `why_refused`."""

    actor: Actor
    rate_limit: int
    is_active: bool
    expires_at: datetime | None
    last_used_at: datetime | None

    def why_refused(self, moment: datetime) -> str | None:
        if not self.is_active:
            return "it was switched off"
        if self.expires_at is not None and self.expires_at <= moment:
            return f"it expired on {self.expires_at:%Y-%m-%d %H:%M} UTC"
        return None


def bootstrap(conn: Connection, settings: Settings, key: str) -> None:
    """Make sure there is an organisation and that `key` opens it; a key that is known stays as it is."""
    if repository.key_by_hash(conn, hash_key(key)) is not None:
        return
    organization_id = repository.any_organization(conn)
    if organization_id is None:
        organization_id = create_organization(conn, settings.credits, name="My organisation").organization_id
    create_key(conn, organization_id, key, name="owner", role="owner", rate_limit=settings.limits.requests_per_hour)


def has_organization(conn: Connection) -> bool:
    return repository.any_organization(conn) is not None


def create_organization(
    conn: Connection, budget: Credits, *, name: str, owner_name: str = "Owner", owner_id: str | None = None
) -> OrganizationRecord:
    """Create an organisation with its owner. Its first credits are due at once: the ledger grants them on first use.

    Args:
        owner_id: a person there is; else one is made, without an e-mail address.
    Raises:
        BadOrganizationName: it is blank, too long, or holds invisible characters.
    """
    label = check_name(name)
    organization_id = repository.insert_organization(
        conn,
        name=label,
        slug=f"{_slug(label)[:100]}-{secrets.token_hex(3)}",
        monthly_allowance=budget.monthly_allowance,
        is_free_of_charge=budget.free_of_charge,
        reset_at=now(),
    )
    user_id = owner_id or repository.insert_user(conn, full_name=owner_name)
    repository.insert_member(conn, organization_id, user_id, "owner")
    return OrganizationRecord(organization_id=organization_id, owner_id=user_id)


def get(conn: Connection, organization_id: str, *, credits_remaining: int) -> Organization:
    """Return the organisation as on the wire; what is left of its credits is for `services/credits` to say."""
    row = repository.organization(conn, organization_id)
    if row is None:
        raise OrganizationNotFound(organization_id)
    return Organization(
        id=row.id,
        name=row.name,
        slug=row.slug,
        # Nothing is sold here: everybody has what the largest plan has.
        subscription_tier="enterprise",
        credits_remaining=max(0, credits_remaining),
        credits_monthly_allowance=row.credits_monthly_allowance,
        credits_reset_at=row.credits_reset_at,
        max_users=row.max_users,
        max_images=row.max_images,
        max_storage_bytes=row.max_storage_bytes,
        member_count=repository.count_members(conn, organization_id),
        pending_invite_count=invites_repository.count_pending(conn, organization_id, now()),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def rename(conn: Connection, actor: Actor, name: str) -> None:
    """Give the organisation another name. Its slug stays: links may hold it.

    Raises:
        BadOrganizationName: it is blank, too long, or holds invisible characters.
    """
    label = check_name(name)
    before = repository.lock(conn, actor.organization_id).name
    if label == before:
        return
    repository.rename(conn, actor.organization_id, label)
    audit.record(
        conn,
        actor,
        "organization.updated",
        subject_id=actor.organization_id,
        subject_name=label,
        details={"from": before, "to": label},
    )


def check_name(name: str) -> str:
    """Return an organisation's name as it is kept. Raises BadOrganizationName."""
    label = name.strip()
    if not label or len(label) > MAX_NAME_LENGTH or not label.isprintable():
        raise BadOrganizationName(name)
    return label


def create_key(
    conn: Connection,
    organization_id: str,
    key: str,
    *,
    name: str,
    role: Role,
    rate_limit: int = Limits.model_fields["requests_per_hour"].default,
    expires_at: datetime | None = None,
    created_by: str | None = None,
) -> str:
    """Store a key (its hash and first characters, never the key) and return its id."""
    return repository.insert_key(
        conn,
        organization_id,
        name=name,
        key_prefix=key[:_PREFIX_LENGTH],
        key_sha256=hash_key(key),
        role=role,
        rate_limit=rate_limit,
        expires_at=expires_at,
        created_by=created_by,
    )


def find_key(conn: Connection, key: str) -> KnownKey | None:
    row = repository.key_by_hash(conn, hash_key(key))
    if row is None:
        return None
    return KnownKey(
        actor=Actor(organization_id=row.organization_id, id=row.id, role=cast("Role", row.role), name=row.name),
        rate_limit=row.rate_limit,
        is_active=row.is_active,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def touch_key(conn: Connection, key_id: str) -> None:
    """Record that the key was used now."""
    repository.touch_key(conn, key_id)


def new_api_key() -> str:
    return API_KEY_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split()) or "organisation"
