"""Rows of people: their accounts, sessions, and links that work once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, exists, func, insert, or_, select, update

from pictograph_server.actor import Actor
from pictograph_server.services.accounts.records import Person
from pictograph_server.storage.db.tables import (
    account_links,
    account_sessions,
    api_keys,
    members,
    organizations,
    users,
)
from pictograph_server.storage.db.types import new_id, now

_still_member = and_(
    members.c.user_id == account_sessions.c.user_id, members.c.organization_id == account_sessions.c.organization_id
)
# Who may make links for others.
_MAKERS = ("admin", "owner")
_PERSON = (users.c.id, users.c.email, users.c.full_name, users.c.password_hash, users.c.created_at)


def person(conn: Connection, user_id: str) -> Person | None:
    return _person(conn.execute(select(*_PERSON).where(users.c.id == user_id)).one_or_none())


def person_by_email(conn: Connection, email: str) -> Person | None:
    return _person(conn.execute(select(*_PERSON).where(users.c.email == email)).one_or_none())


def insert_person(conn: Connection, *, email: str, full_name: str | None, password_hash: str | None) -> str:
    user_id = new_id()
    conn.execute(
        insert(users).values(
            id=user_id, email=email, full_name=full_name, password_hash=password_hash, created_at=now()
        )
    )
    return user_id


def update_person(conn: Connection, user_id: str, changes: Mapping[str, str]) -> None:
    conn.execute(update(users).where(users.c.id == user_id).values(**changes))


def delete_person(conn: Connection, user_id: str) -> None:
    """Remove a person with their sessions, links and memberships."""
    conn.execute(delete(users).where(users.c.id == user_id))


def memberships(conn: Connection, user_id: str) -> Sequence[Row[*tuple[object, ...]]]:
    """Return the person's organisations and roles, those they joined first before the others."""
    query = (
        select(
            members.c.organization_id,
            organizations.c.name,
            organizations.c.slug,
            members.c.role,
            members.c.id.label("member_id"),
        )
        .join(organizations, organizations.c.id == members.c.organization_id)
        .where(members.c.user_id == user_id)
        .order_by(members.c.joined_at, members.c.id)
    )
    return conn.execute(query).all()


def first_owner(conn: Connection, organization_id: str | None) -> str | None:
    """Return who has owned the organisation longest; without one, the oldest organisation's."""
    query = (
        select(members.c.user_id)
        .join(organizations, organizations.c.id == members.c.organization_id)
        .where(members.c.role == "owner")
        .order_by(organizations.c.created_at, organizations.c.id, members.c.joined_at, members.c.id)
        .limit(1)
    )
    if organization_id is not None:
        query = query.where(members.c.organization_id == organization_id)
    return conn.execute(query).scalar()


def organization_by_slug(conn: Connection, slug: str) -> str | None:
    return conn.execute(select(organizations.c.id).where(organizations.c.slug == slug)).scalar()


def list_organizations(conn: Connection) -> Sequence[Row[Any, Any, Any, Any, int]]:
    """Return every organisation of the server with the number of its members, oldest first; for operators."""
    count = select(func.count()).where(members.c.organization_id == organizations.c.id).scalar_subquery()
    query = select(
        organizations.c.id,
        organizations.c.name,
        organizations.c.slug,
        organizations.c.created_at,
        count.label("member_count"),
    )
    return conn.execute(query.order_by(organizations.c.created_at, organizations.c.id)).all()


# --- sessions ------------------------------------------------------------------------------------------------------


def insert_session(
    conn: Connection,
    *,
    organization_id: str,
    user_id: str,
    token_sha256: str,
    address: str,
    user_agent: str,
    expires_at: datetime,
) -> str:
    session_id, moment = new_id(), now()
    conn.execute(
        insert(account_sessions).values(
            id=session_id,
            organization_id=organization_id,
            user_id=user_id,
            token_sha256=token_sha256,
            address=address[:64],
            user_agent=user_agent[:400],
            created_at=moment,
            last_used_at=moment,
            expires_at=expires_at,
        )
    )
    return session_id


def session_by_token(conn: Connection, token_sha256: str) -> Row[*tuple[object, ...]] | None:
    """Return a session that has not expired, with its person and their role in the organisation they look at.

    None also for somebody who was removed from that organisation: what they meant for it goes to no other.
    """
    query = (
        select(
            account_sessions.c.id,
            account_sessions.c.user_id,
            account_sessions.c.organization_id,
            account_sessions.c.expires_at,
            account_sessions.c.last_used_at,
            users.c.email,
            users.c.full_name,
            members.c.role,
        )
        .join(users, users.c.id == account_sessions.c.user_id)
        .join(members, _still_member)
        .where(account_sessions.c.token_sha256 == token_sha256, account_sessions.c.expires_at > now())
    )
    return conn.execute(query).one_or_none()


def latest_organization(conn: Connection, user_id: str) -> str | None:
    """Return the organisation of the person's newest session, if they still belong to it."""
    query = (
        select(account_sessions.c.organization_id)
        .join(members, _still_member)
        .where(account_sessions.c.user_id == user_id)
        .order_by(account_sessions.c.id.desc())
        .limit(1)
    )
    return conn.execute(query).scalar()


def list_sessions(conn: Connection, user_id: str) -> Sequence[Row[*tuple[object, ...]]]:
    query = select(account_sessions).where(account_sessions.c.user_id == user_id, account_sessions.c.expires_at > now())
    return conn.execute(query.order_by(account_sessions.c.id.desc())).all()


def touch_session(conn: Connection, session_id: str) -> None:
    conn.execute(update(account_sessions).where(account_sessions.c.id == session_id).values(last_used_at=now()))


def move_session(conn: Connection, session_id: str, organization_id: str) -> None:
    query = update(account_sessions).where(account_sessions.c.id == session_id)
    conn.execute(query.values(organization_id=organization_id))


def delete_session(conn: Connection, user_id: str, session_id: str) -> bool:
    """End one session; False when the person has no such session."""
    query = delete(account_sessions).where(account_sessions.c.id == session_id, account_sessions.c.user_id == user_id)
    return conn.execute(query).rowcount == 1


def delete_sessions(conn: Connection, user_id: str, *, but: str | None) -> int:
    """End all sessions of a person `but` one, and return how many there were."""
    query = delete(account_sessions).where(account_sessions.c.user_id == user_id)
    return conn.execute(query if but is None else query.where(account_sessions.c.id != but)).rowcount


def delete_expired(conn: Connection) -> None:
    """Forget sessions and links that hold no more."""
    for table in (account_sessions, account_links):
        conn.execute(delete(table).where(table.c.expires_at <= now()))


# --- links ---------------------------------------------------------------------------------------------------------


def insert_link(
    conn: Connection,
    *,
    user_id: str,
    purpose: str,
    token_sha256: str,
    expires_at: datetime,
    maker: Actor | None,
    email: str | None,
) -> None:
    conn.execute(
        insert(account_links).values(
            id=new_id(),
            user_id=user_id,
            purpose=purpose,
            token_sha256=token_sha256,
            made_by=None if maker is None else maker.id,
            made_in=None if maker is None else maker.organization_id,
            email=email,
            created_at=now(),
            expires_at=expires_at,
        )
    )


def link_owner(conn: Connection, *, purpose: str, token_sha256: str) -> str | None:
    """Return whose link it is, None when it is used up, expired, for something else, or its maker may make none now."""
    query = select(account_links.c.user_id).where(
        account_links.c.token_sha256 == token_sha256,
        account_links.c.purpose == purpose,
        account_links.c.expires_at > now(),
        or_(account_links.c.made_by.is_(None), exists(_maker_as_person()), exists(_maker_as_key())),
    )
    return conn.execute(query).scalar()


def link_email(conn: Connection, token_sha256: str) -> str | None:
    """Return the address that a link confirms."""
    return conn.execute(select(account_links.c.email).where(account_links.c.token_sha256 == token_sha256)).scalar()


def pending_email(conn: Connection, user_id: str) -> str | None:
    """Return the address that a person asked for last and has not confirmed."""
    query = select(account_links.c.email).where(
        account_links.c.user_id == user_id, account_links.c.email.is_not(None), account_links.c.expires_at > now()
    )
    return conn.execute(query.order_by(account_links.c.id.desc()).limit(1)).scalar()


def _maker_as_person() -> Select[Any]:
    return select(members.c.id).where(
        members.c.user_id == account_links.c.made_by,
        members.c.organization_id == account_links.c.made_in,
        members.c.role.in_(_MAKERS),
    )


def _maker_as_key() -> Select[Any]:
    return select(api_keys.c.id).where(
        api_keys.c.id == account_links.c.made_by, api_keys.c.is_active.is_(True), api_keys.c.role.in_(_MAKERS)
    )


def delete_link(conn: Connection, token_sha256: str) -> bool:
    """Use a link up; False when somebody else did it first."""
    return conn.execute(delete(account_links).where(account_links.c.token_sha256 == token_sha256)).rowcount == 1


def delete_links(conn: Connection, user_id: str, *, purpose: str | None = None) -> None:
    query = delete(account_links).where(account_links.c.user_id == user_id)
    conn.execute(query if purpose is None else query.where(account_links.c.purpose == purpose))


def _person(row: Row[*tuple[object, ...]] | None) -> Person | None:
    if row is None:
        return None
    return Person(
        id=row.id,
        email=row.email,
        full_name=row.full_name,
        password_hash=row.password_hash,
        created_at=row.created_at,
    )
