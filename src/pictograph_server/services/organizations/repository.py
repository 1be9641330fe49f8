"""Rows of organisations, users, members and API keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from pictograph_server.storage.db.tables import api_keys, members, organizations, users
from pictograph_server.storage.db.types import new_id, now


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    id: str
    name: str
    slug: str
    max_users: int
    max_images: int
    max_storage_bytes: int
    credits_monthly_allowance: int
    credits_reset_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A membership and who it is of."""

    id: str
    user_id: str
    email: str | None
    full_name: str | None
    role: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key without its hash."""

    id: str
    organization_id: str
    name: str
    key_prefix: str
    role: str
    rate_limit: int
    is_active: bool
    last_used_at: datetime | None
    expires_at: datetime | None
    created_at: datetime


_organization_columns = tuple(organizations.c[name] for name in OrganizationRow.__slots__)
_key_columns = tuple(api_keys.c[name] for name in KeyRow.__slots__)


def any_organization(conn: Connection) -> str | None:
    """Return the id of the oldest organisation, None when there is none."""
    query = select(organizations.c.id).order_by(organizations.c.created_at, organizations.c.id).limit(1)
    return conn.execute(query).scalar()


def insert_organization(
    conn: Connection, *, name: str, slug: str, monthly_allowance: int, is_free_of_charge: bool, reset_at: datetime
) -> str:
    organization_id, moment = new_id(), now()
    conn.execute(
        insert(organizations).values(
            id=organization_id,
            name=name,
            slug=slug,
            # The wire knows no «unlimited»: large integers stand for it.
            max_users=1_000_000,
            max_images=1_000_000_000,
            max_storage_bytes=1 << 60,
            is_free_of_charge=is_free_of_charge,
            credits_monthly_allowance=monthly_allowance,
            credits_reset_at=reset_at,
            created_at=moment,
            updated_at=moment,
        )
    )
    return organization_id


def organization(conn: Connection, organization_id: str) -> OrganizationRow | None:
    return _organization_row(conn, select(*_organization_columns).where(organizations.c.id == organization_id))


def lock(conn: Connection, organization_id: str) -> OrganizationRow:
    """Return the organisation and hold its row until the transaction ends: who counts its people or keys is alone."""
    query = select(*_organization_columns).where(organizations.c.id == organization_id)
    row = _organization_row(conn, query.with_for_update())
    assert row is not None, f"organisation {organization_id} is gone while somebody acts in it"
    return row


def by_slug(conn: Connection, slug: str) -> OrganizationRow | None:
    return _organization_row(conn, select(*_organization_columns).where(organizations.c.slug == slug))


def set_limits(conn: Connection, organization_id: str, changes: Mapping[str, int]) -> None:
    query = update(organizations).where(organizations.c.id == organization_id)
    conn.execute(query.values({**changes, "updated_at": now()}))


def rename(conn: Connection, organization_id: str, name: str) -> None:
    query = update(organizations).where(organizations.c.id == organization_id)
    conn.execute(query.values(name=name, updated_at=now()))


def insert_user(conn: Connection, *, full_name: str, email: str | None = None) -> str:
    user_id = new_id()
    conn.execute(insert(users).values(id=user_id, full_name=full_name, email=email, created_at=now()))
    return user_id


def insert_member(conn: Connection, organization_id: str, user_id: str, role: str) -> str:
    member_id = new_id()
    conn.execute(
        insert(members).values(
            id=member_id, organization_id=organization_id, user_id=user_id, role=role, joined_at=now()
        )
    )
    return member_id


def members_of(conn: Connection, organization_id: str) -> list[MemberRow]:
    query = _with_user().where(members.c.organization_id == organization_id)
    return [_member_row(row) for row in conn.execute(query.order_by(members.c.joined_at, members.c.id))]


def member(conn: Connection, organization_id: str, member_id: str) -> MemberRow | None:
    query = _with_user().where(members.c.organization_id == organization_id, members.c.id == member_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else _member_row(row)


def count_members(conn: Connection, organization_id: str, *, role: str | None = None) -> int:
    query = select(func.count()).select_from(members).where(members.c.organization_id == organization_id)
    return conn.execute(query if role is None else query.where(members.c.role == role)).scalar_one()


def is_member(conn: Connection, organization_id: str, email: str) -> bool:
    query = _with_user().where(members.c.organization_id == organization_id, users.c.email == email)
    return conn.execute(query).first() is not None


def is_user_member(conn: Connection, organization_id: str, user_id: str) -> bool:
    query = select(members.c.id).where(members.c.organization_id == organization_id, members.c.user_id == user_id)
    return conn.execute(query).first() is not None


def set_role(conn: Connection, organization_id: str, member_id: str, role: str) -> None:
    query = update(members).where(members.c.organization_id == organization_id, members.c.id == member_id)
    conn.execute(query.values(role=role))


def remove_member(conn: Connection, organization_id: str, member_id: str) -> None:
    conn.execute(delete(members).where(members.c.organization_id == organization_id, members.c.id == member_id))


def insert_key(
    conn: Connection,
    organization_id: str,
    *,
    name: str,
    key_prefix: str,
    key_sha256: str,
    role: str,
    rate_limit: int,
    expires_at: datetime | None,
    created_by: str | None,
) -> str:
    key_id = new_id()
    conn.execute(
        insert(api_keys).values(
            id=key_id,
            organization_id=organization_id,
            name=name,
            key_prefix=key_prefix,
            key_sha256=key_sha256,
            role=role,
            rate_limit=rate_limit,
            is_active=True,
            expires_at=expires_at,
            created_by=created_by,
            created_at=now(),
        )
    )
    return key_id


def key_by_hash(conn: Connection, key_sha256: str) -> Row[*tuple[object, ...]] | None:
    """Return the row of a key whatever its state."""
    return conn.execute(select(api_keys).where(api_keys.c.key_sha256 == key_sha256)).one_or_none()


def touch_key(conn: Connection, key_id: str) -> None:
    conn.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now()))


def keys_of(conn: Connection, organization_id: str) -> list[KeyRow]:
    """Return the keys, newest first."""
    query = select(*_key_columns).where(api_keys.c.organization_id == organization_id)
    return [_key_row(row) for row in conn.execute(query.order_by(api_keys.c.id.desc()))]


def key(conn: Connection, organization_id: str, key_id: str) -> KeyRow | None:
    query = select(*_key_columns).where(api_keys.c.organization_id == organization_id, api_keys.c.id == key_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else _key_row(row)


def count_owner_keys(conn: Connection, organization_id: str, moment: datetime) -> int:
    """Return how many owner keys work at a moment."""
    query = select(func.count()).select_from(api_keys)
    query = query.where(
        api_keys.c.organization_id == organization_id,
        api_keys.c.role == "owner",
        api_keys.c.is_active.is_(True),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > moment),
    )
    return conn.execute(query).scalar_one()


def update_key(conn: Connection, organization_id: str, key_id: str, changes: Mapping[str, object]) -> None:
    query = update(api_keys).where(api_keys.c.organization_id == organization_id, api_keys.c.id == key_id)
    conn.execute(query.values(dict(changes)))


def remove_key(conn: Connection, organization_id: str, key_id: str) -> None:
    conn.execute(delete(api_keys).where(api_keys.c.organization_id == organization_id, api_keys.c.id == key_id))


def person_behind(conn: Connection, organization_id: str, actor_id: str) -> str:
    """Return who made the key that acts: what is made with a key goes when its maker goes. People are themselves."""
    query = select(api_keys.c.created_by).where(
        api_keys.c.organization_id == organization_id, api_keys.c.id == actor_id
    )
    return conn.execute(query).scalar() or actor_id


def switch_off_keys(conn: Connection, organization_id: str, made_by: str, *, roles: Sequence[str]) -> list[str]:
    """Switch off the keys with these roles that somebody made; return their names."""
    theirs = (
        api_keys.c.organization_id == organization_id,
        api_keys.c.created_by == made_by,
        api_keys.c.role.in_(roles),
        api_keys.c.is_active.is_(True),
    )
    names = conn.execute(select(api_keys.c.name).where(*theirs).order_by(api_keys.c.id)).scalars().all()
    conn.execute(update(api_keys).where(*theirs).values(is_active=False))
    return list(names)


def _organization_row(conn: Connection, query: Select[*tuple[object, ...]]) -> OrganizationRow | None:
    row = conn.execute(query).one_or_none()
    return None if row is None else OrganizationRow(*tuple(row))  # pyright: ignore[reportArgumentType]


def _with_user() -> Select[str, str, str, str, str, datetime]:
    columns = (members.c.id, members.c.user_id, users.c.email, users.c.full_name, members.c.role, members.c.joined_at)
    return select(*columns).join(users, users.c.id == members.c.user_id)


def _member_row(row: Row[str, str, str, str, str, datetime]) -> MemberRow:
    return MemberRow(*row)


def _key_row(row: Row[*tuple[object, ...]]) -> KeyRow:
    return KeyRow(*tuple(row))  # pyright: ignore[reportArgumentType]
