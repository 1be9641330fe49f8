"""Rows of organisations, users, members and API keys."""

from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from pictograph_server.storage.db.tables import api_keys, members, organizations, users
from pictograph_server.storage.db.types import new_id, now


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
            created_at=now(),
        )
    )
    return key_id


def key_by_hash(conn: Connection, key_sha256: str) -> Row[*tuple[object, ...]] | None:
    """Return the row of a key whatever its state."""
    return conn.execute(select(api_keys).where(api_keys.c.key_sha256 == key_sha256)).one_or_none()


def touch_key(conn: Connection, key_id: str) -> None:
    conn.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now()))


def set_key_active(conn: Connection, organization_id: str, key_id: str, *, is_active: bool) -> bool:
    """Switch a key on or off; False when the organisation has no such key."""
    query = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.organization_id == organization_id)
    return conn.execute(query.values(is_active=is_active)).rowcount == 1
