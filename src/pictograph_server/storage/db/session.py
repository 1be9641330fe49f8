"""A database as the platform uses it: short read and write transactions on SQLite or Postgres.

SQLite runs in WAL mode and every write transaction begins IMMEDIATE: a deferred one that reads first and writes
later fails at once when another writer got in between, whatever the busy timeout (docs/decisions/0002-database.md).
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# Long enough to wait out a bundle of 2,000 rows, short enough to fail before a client's 30 s timeout.
SQLITE_BUSY_TIMEOUT_MS = 20_000
# Of Postgres: the connection failed, one of two that waited for each other was undone, it is full, it stops or starts.
_PASSING_STATES = ("08", "40", "53", "57P")


class Database:
    """Opens transactions. One instance for each process; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Open a connection that sees one consistent state and writes nothing."""
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def snapshot(self) -> Generator[Connection]:
        """Open a connection like `read`, of which every query sees the same moment on Postgres too."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """Open a write transaction: committed when the block ends, undone when it raises."""
        engine = self.engine.execution_options(pictograph_write=True)
        with engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def is_passing(error: Exception) -> bool:
    """Return whether the database could not do something now, and may do it a moment later."""
    if isinstance(error, NoConnectionFree):
        return True
    if not isinstance(error, OperationalError):
        return False
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    # Without a state there was no server to tell one.
    state: str | None = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(_PASSING_STATES)


def cause_of(error: Exception) -> str:
    """Return what the database's driver said, in one line, without the statement and its values."""
    return " ".join(str(getattr(error, "orig", error)).split())


def _create_engine(url: str) -> Engine:
    parsed = make_url(url)
    options: dict[str, object] = {"json_serializer": _dumps, "json_deserializer": orjson.loads}
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, **options, pool_size=16, max_overflow=48, connect_args={"timeout": 20})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, **options, pool_size=16, max_overflow=16, pool_pre_ping=True)


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: object, _record: object) -> None:
    assert isinstance(connection, sqlite3.Connection)
    # The driver must not begin transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("pictograph_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
