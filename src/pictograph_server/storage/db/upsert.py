"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy keeps in their dialects."""

from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects.sqlite import Insert


def upsert(conn: Connection, table: Table) -> "Insert":
    """Return an insert that has `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table)
    # Only where it is the database: loading it takes a twentieth of the start.
    from sqlalchemy.dialects import postgresql

    # The same methods with the same names.
    return cast("Insert", postgresql.insert(table))
