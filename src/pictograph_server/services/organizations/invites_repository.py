"""Rows of invites."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from pictograph.models.organization import InviteRole, InviteStatus
from pictograph_server.storage.db.tables import invites
from pictograph_server.storage.db.types import new_id


@dataclass(frozen=True, slots=True)
class InviteRow:
    id: str
    organization_id: str
    email: str
    role: InviteRole
    status: InviteStatus
    invited_by: str | None
    expires_at: datetime
    created_at: datetime


_columns = tuple(invites.c[name] for name in InviteRow.__slots__)


def all_of(conn: Connection, organization_id: str) -> list[InviteRow]:
    query = select(*_columns).where(invites.c.organization_id == organization_id).order_by(invites.c.id.desc())
    return [_record(row) for row in conn.execute(query)]


def by_id(conn: Connection, organization_id: str, invite_id: str) -> InviteRow | None:
    return _one(conn, invites.c.organization_id == organization_id, invites.c.id == invite_id)


def by_token(conn: Connection, token_sha256: str) -> InviteRow | None:
    """Return an invite of any organisation: who has the token needs no other name."""
    return _one(conn, invites.c.token_sha256 == token_sha256)


def is_pending(conn: Connection, organization_id: str, email: str) -> bool:
    return _one(conn, *_pending(organization_id), invites.c.email == email) is not None


def pending_by(conn: Connection, organization_id: str, invited_by: str) -> list[InviteRow]:
    query = select(*_columns).where(*_pending(organization_id), invites.c.invited_by == invited_by)
    return [_record(row) for row in conn.execute(query.order_by(invites.c.id))]


def count_pending(conn: Connection, organization_id: str, moment: datetime) -> int:
    query = select(func.count()).select_from(invites).where(*_pending(organization_id), invites.c.expires_at > moment)
    return conn.execute(query).scalar_one()


def insert_invite(
    conn: Connection,
    organization_id: str,
    *,
    email: str,
    role: InviteRole,
    token_sha256: str,
    invited_by: str,
    expires_at: datetime,
    created_at: datetime,
) -> InviteRow:
    row = InviteRow(new_id(), organization_id, email, role, "pending", invited_by, expires_at, created_at)
    values = {name: getattr(row, name) for name in InviteRow.__slots__}
    conn.execute(insert(invites).values(**values, token_sha256=token_sha256))
    return row


def set_status(conn: Connection, invite_id: str, status: InviteStatus) -> None:
    conn.execute(update(invites).where(invites.c.id == invite_id).values(status=status))


def expire(conn: Connection, organization_id: str, moment: datetime) -> None:
    """Write down that pending invites past their time have expired, which frees their addresses."""
    query = update(invites).where(*_pending(organization_id), invites.c.expires_at <= moment)
    conn.execute(query.values(status="expired"))


def _pending(organization_id: str) -> tuple[ColumnElement[bool], ...]:
    return invites.c.organization_id == organization_id, invites.c.status == "pending"


def _one(conn: Connection, *conditions: ColumnElement[bool]) -> InviteRow | None:
    row = conn.execute(select(*_columns).where(*conditions)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[*tuple[object, ...]]) -> InviteRow:
    return InviteRow(*tuple(row))  # pyright: ignore[reportArgumentType]
