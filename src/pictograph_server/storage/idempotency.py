"""Answers remembered under the client's Idempotency-Key, so that a repeated request is not done twice (contract §1.2).

An execution claims the key before it starts and keeps the claim alive while it runs. A claim that is no longer kept
alive belonged to a process that died, and may be taken over.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update
from sqlalchemy.dialects import sqlite

from pictograph_server.storage.db.tables import idempotency_keys
from pictograph_server.storage.db.types import now

CLAIM = timedelta(seconds=20)
REMEMBERED = timedelta(hours=24)
_SWEEP_ROWS = 1000


@dataclass(frozen=True)
class RequestKey:
    """What makes two requests the same one; `body_sha256` tells whether they also ask the same."""

    organization_id: str
    key: str
    method: str
    path: str
    body_sha256: str


@dataclass(frozen=True)
class Answer:
    status_code: int
    content_type: str | None
    body: bytes


@dataclass(frozen=True)
class Claimed:
    """The caller executes, and then calls `complete` or `abandon`."""


@dataclass(frozen=True)
class Running:
    """Somebody else is executing: ask again later."""


@dataclass(frozen=True)
class OtherRequest:
    """The key was used for a request with another body."""


def claim(conn: Connection, request: RequestKey) -> Claimed | Running | OtherRequest | Answer:
    """Claim the key for execution, or say why not; an answer that is there is returned."""
    moment = now()
    values = {
        "organization_id": request.organization_id,
        "key": request.key,
        "method": request.method,
        "path": request.path,
        "body_sha256": request.body_sha256,
        "created_at": moment,
        "claimed_until": moment + CLAIM,
    }
    if conn.dialect.name == "sqlite":
        insert = sqlite.insert(idempotency_keys).values(values).on_conflict_do_nothing()
    else:
        # Only where it is the database: loading it takes a twentieth of the start.
        from sqlalchemy.dialects import postgresql

        insert = postgresql.insert(idempotency_keys).values(values).on_conflict_do_nothing()
    # Not `rowcount`, which is not kept for an INSERT on Postgres: every claim would look like somebody else's.
    if conn.execute(insert.returning(idempotency_keys.c.key)).first() is not None:
        return Claimed()
    row = conn.execute(select(idempotency_keys).where(_is(request)).with_for_update()).one()
    if moment - row.created_at >= REMEMBERED:
        conn.execute(delete(idempotency_keys).where(_is(request)))
        return claim(conn, request)
    if row.body_sha256 != request.body_sha256:
        return OtherRequest()
    if row.status_code is not None:
        return Answer(row.status_code, row.content_type, row.body or b"")
    if row.claimed_until > moment:
        return Running()
    extend(conn, request)
    return Claimed()


def extend(conn: Connection, request: RequestKey) -> None:
    """Keep the claim alive."""
    conn.execute(update(idempotency_keys).where(_is(request)).values(claimed_until=now() + CLAIM))


def complete(conn: Connection, request: RequestKey, answer: Answer) -> None:
    values = {"status_code": answer.status_code, "content_type": answer.content_type, "body": answer.body}
    conn.execute(update(idempotency_keys).where(_is(request)).values(values))


def abandon(conn: Connection, request: RequestKey) -> None:
    """Give the key back, so that the next attempt executes."""
    conn.execute(delete(idempotency_keys).where(_is(request), idempotency_keys.c.status_code.is_(None)))


def abandon_all(conn: Connection) -> None:
    """Give back every unfinished claim: for the start of a server that is alone on its database."""
    conn.execute(delete(idempotency_keys).where(idempotency_keys.c.status_code.is_(None)))


def forget_old(conn: Connection) -> int:
    """Remove up to a thousand keys older than a day and return how many: a long delete would hold up all writers."""
    old = select(
        idempotency_keys.c.organization_id,
        idempotency_keys.c.key,
        idempotency_keys.c.method,
        idempotency_keys.c.path,
    ).where(idempotency_keys.c.created_at < now() - REMEMBERED)
    rows = conn.execute(old.limit(_SWEEP_ROWS)).all()
    for row in rows:
        conn.execute(delete(idempotency_keys).where(_is(RequestKey(row[0], row[1], row[2], row[3], ""))))
    return len(rows)


def _is(request: RequestKey) -> ColumnElement[bool]:
    return and_(
        idempotency_keys.c.organization_id == request.organization_id,
        idempotency_keys.c.key == request.key,
        idempotency_keys.c.method == request.method,
        idempotency_keys.c.path == request.path,
    )
