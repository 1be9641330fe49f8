"""API keys as admins keep them; how a request's key is looked up is service.py."""

from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Connection

from pictograph.models.api_key import ApiKey, CreatedApiKey
from pictograph_server.actor import Actor, Role
from pictograph_server.errors import BadRequest, NotFound, Unprocessable
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import repository
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.organizations.ranks import require_rank
from pictograph_server.storage.db.types import now

MAX_NAME_LENGTH = 100
# What the column holds; more than a server answers in an hour.
MAX_RATE_LIMIT = 2_000_000_000


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"The organisation has no API key {key_id[:80]!r}",
            fix="List them with `client.api_keys.list()`; the id is not the key itself.",
        )


class BadKeyName(Unprocessable):
    code = "bad_key_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:40]!r} cannot be the name of an API key",
            why="it is blank or holds invisible characters",
            fix="Say who or what will use the key.",
        )


class BadExpiry(BadRequest):
    code = "bad_expiry"

    def __init__(self, expires_at: datetime, why: str) -> None:
        super().__init__(
            f"The API key cannot expire at {expires_at.isoformat()}",
            why=why,
            fix="Name a moment to come, or leave `expires_at` out for a key that stays.",
        )


class LastOwnerKey(BadRequest):
    code = "last_owner_key"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The API key {name!r} has to stay",
            why="it is the last one with the role 'owner' that works",
            fix="Make another owner key first, then remove this one with it.",
        )


def list_keys(conn: Connection, actor: Actor, organization_id: str | None = None) -> list[ApiKey]:
    """Return the organisation's keys, newest first, without their secrets."""
    _require_own(actor, organization_id)
    return [_to_wire(row) for row in repository.keys_of(conn, actor.organization_id)]


def get(conn: Connection, actor: Actor, key_id: str) -> ApiKey:
    row = repository.key(conn, actor.organization_id, key_id)
    if row is None:
        raise ApiKeyNotFound(key_id)
    return _to_wire(row)


def create(
    conn: Connection,
    actor: Actor,
    organization_id: str,
    *,
    name: str,
    role: Role,
    rate_limit: int,
    expires_at: datetime | None = None,
) -> CreatedApiKey:
    """Make a key and return it with its secret, which nobody can be shown again.

    Raises:
        RoleAboveOwn: the role is above the actor's.
        BadExpiry: it would have expired already.
    """
    _require_own(actor, organization_id)
    require_rank(actor, role, f"Making a key with the role {role!r}")
    label = _check_name(name)
    until = _in_utc(expires_at)
    if until is not None and until <= now():
        raise BadExpiry(until, "that is in the past")
    secret = organizations.new_api_key()
    key_id = organizations.create_key(
        conn,
        actor.organization_id,
        secret,
        name=label,
        role=role,
        rate_limit=rate_limit,
        expires_at=until,
        created_by=repository.person_behind(conn, actor.organization_id, actor.id),
    )
    key = get(conn, actor, key_id)
    audit.record(
        conn,
        actor,
        "api_key.created",
        subject_id=key_id,
        subject_name=label,
        details={"role": role, "prefix": key.key_prefix, "expires_at": until.isoformat() if until else None},
    )
    return CreatedApiKey(
        api_key=secret,
        key_id=key_id,
        key_prefix=key.key_prefix,
        name=key.name,
        role=key.role,
        rate_limit=key.rate_limit,
        expires_at=key.expires_at,
        created_at=key.created_at,
    )


def update(
    conn: Connection,
    actor: Actor,
    key_id: str,
    *,
    name: str | None = None,
    rate_limit: int | None = None,
    is_active: bool | None = None,
) -> ApiKey:
    """Change what is given. A key keeps its role.

    Raises:
        RoleAboveOwn: the key's role is above the actor's.
        LastOwnerKey: switching it off would leave no owner key that works.
    """
    key = _require_changeable(conn, actor, key_id, "Changing")
    given = {"name": None if name is None else _check_name(name), "rate_limit": rate_limit, "is_active": is_active}
    before = {"name": key.name, "rate_limit": key.rate_limit, "is_active": key.is_active}
    changes = {field: value for field, value in given.items() if value is not None and value != before[field]}
    if not changes:
        return key
    if is_active is False:
        _refuse_last_owner_key(conn, key)
    repository.update_key(conn, actor.organization_id, key_id, changes)
    audit.record(conn, actor, "api_key.updated", subject_id=key_id, subject_name=key.name, details=changes)
    return get(conn, actor, key_id)


def delete(conn: Connection, actor: Actor, key_id: str) -> None:
    """Delete a key; what is sent with it is refused within seconds.

    Raises:
        RoleAboveOwn, LastOwnerKey: as `update` does.
    """
    key = _require_changeable(conn, actor, key_id, "Deleting")
    _refuse_last_owner_key(conn, key)
    repository.remove_key(conn, actor.organization_id, key_id)
    details = {"role": key.role, "prefix": key.key_prefix}
    audit.record(conn, actor, "api_key.deleted", subject_id=key_id, subject_name=key.name, details=details)


def _require_changeable(conn: Connection, actor: Actor, key_id: str, doing: str) -> ApiKey:
    # Held until the commit: two owner keys that delete each other at once are not both the last but one.
    repository.lock(conn, actor.organization_id)
    key = get(conn, actor, key_id)
    require_rank(actor, key.role, f"{doing} a key with the role {key.role!r}")
    return key


def _refuse_last_owner_key(conn: Connection, key: ApiKey) -> None:
    moment = now()
    works = key.is_active and (key.expires_at is None or key.expires_at > moment)
    if key.role == "owner" and works and repository.count_owner_keys(conn, key.organization_id, moment) == 1:
        raise LastOwnerKey(key.name)


def _require_own(actor: Actor, organization_id: str | None) -> None:
    if organization_id not in (None, actor.organization_id):
        raise organizations.OrganizationNotFound(organization_id)


def _check_name(name: str) -> str:
    label = name.strip()
    if not label or not label.isprintable():
        raise BadKeyName(name)
    return label


def _in_utc(moment: datetime | None) -> datetime | None:
    """A moment without a zone is UTC, as everything the server says."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadExpiry(moment, "no calendar has that moment in UTC") from error


def _to_wire(row: repository.KeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        key_prefix=row.key_prefix,
        role=cast("Role", row.role),
        rate_limit=row.rate_limit,
        is_active=row.is_active,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        created_at=row.created_at,
    )
