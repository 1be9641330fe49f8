"""Which failures of a database pass by themselves."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from pictograph_server.storage.db.session import is_passing


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("connection refused"),
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.TooManyConnections(),
        errors.AdminShutdown(),
        errors.CannotConnectNow(),
    ],
)
def test_is_passing__postgres(cause: psycopg.Error) -> None:
    assert is_passing(OperationalError("SELECT 1", {}, cause))


def test_is_passing__not_what_is_wrong_with_the_request() -> None:
    assert not is_passing(OperationalError("SELECT 1", {}, errors.QueryCanceled()))
    assert not is_passing(ProgrammingError("SELECT 1", {}, errors.UndefinedTable()))
    assert not is_passing(ValueError("no"))


def test_is_passing__no_connection_is_free(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}", pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(NoConnectionFree) as caught:
        engine.connect()
    assert is_passing(caught.value)


def test_is_passing__sqlite_locked_but_not_broken(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 0.01})
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("CREATE TABLE things (id INTEGER)")
    writer.execute("BEGIN IMMEDIATE")
    with engine.connect() as conn, pytest.raises(OperationalError) as locked:
        conn.execute(text("INSERT INTO things VALUES (1)"))
    writer.close()
    with engine.connect() as conn, pytest.raises(OperationalError) as unknown:
        conn.execute(text("SELECT * FROM nothing"))
    assert is_passing(locked.value)
    assert not is_passing(unknown.value)
    engine.dispose()
