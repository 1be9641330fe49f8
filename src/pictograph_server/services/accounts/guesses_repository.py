"""Rows that count failed guesses."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Row, delete, select, update
from sqlalchemy.dialects import sqlite

from pictograph_server.storage.db.tables import sign_in_failures

_SUBJECT: Column[str] = sign_in_failures.c.subject
_FAILURES: Column[int] = sign_in_failures.c.failures


def failures(conn: Connection, subjects: Sequence[str], *, since: datetime) -> Sequence[Row[*tuple[object, ...]]]:
    query = select(sign_in_failures).where(_SUBJECT.in_(subjects), sign_in_failures.c.last_at > since)
    # On Postgres two attempts at once wait for each other here; SQLite has one writer.
    return conn.execute(query.order_by(_SUBJECT).with_for_update()).all()


def count(conn: Connection, subject: str, moment: datetime) -> None:
    """Add one, in a statement that two attempts at once may both make."""
    values = {"subject": subject, "failures": 1, "last_at": moment}
    more = {"failures": _FAILURES + 1, "last_at": moment}
    if conn.dialect.name == "sqlite":
        insert = sqlite.insert(sign_in_failures).values(values)
        conn.execute(insert.on_conflict_do_update(index_elements=[_SUBJECT], set_=more))
    else:
        # Only where it is the database: loading it takes a twentieth of the start.
        from sqlalchemy.dialects import postgresql

        upsert = postgresql.insert(sign_in_failures).values(values)
        conn.execute(upsert.on_conflict_do_update(index_elements=[_SUBJECT], set_=more))


def discount(conn: Connection, subject: str) -> None:
    query = update(sign_in_failures).where(sign_in_failures.c.subject == subject, _FAILURES > 0)
    conn.execute(query.values(failures=_FAILURES - 1))


def remove(conn: Connection, subjects: Sequence[str]) -> None:
    conn.execute(delete(sign_in_failures).where(_SUBJECT.in_(subjects)))


def forget(conn: Connection, *, before: datetime) -> None:
    conn.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at <= before))
