"""Databases of their own for tests on Postgres, where PICTOGRAPH_TEST_POSTGRES_URL names a server.

They are copies of one that is migrated once in a run; the user of that address must be allowed to make databases.
"""

import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Connection, create_engine, make_url, text

from pictograph_server.storage.db.migrate import upgrade
from pictograph_server.storage.db.session import Database

POSTGRES_URL = os.environ.get("PICTOGRAPH_TEST_POSTGRES_URL")


@contextmanager
def own_database() -> Generator[str | None]:
    """Lend the address of a migrated, empty database; None where tests run on SQLite."""
    if not POSTGRES_URL:
        yield None
        return
    name = f"test_{uuid.uuid4().hex[:12]}"
    with _server() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {_template()}"))
    try:
        yield _address(name)
    finally:
        with _server() as conn:
            conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def remove_template() -> None:
    """Remove what this process's databases were copied from."""
    if _template.cache_info().currsize:
        with _server() as conn:
            conn.execute(text(f"DROP DATABASE {_template()} WITH (FORCE)"))
        _template.cache_clear()


@cache
def _template() -> str:
    name = f"test_template_{uuid.uuid4().hex[:12]}"
    with _server() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    database = Database(_address(name))
    upgrade(database)
    database.close()
    return name


def _address(database: str) -> str:
    return make_url(POSTGRES_URL or "").set(database=database).render_as_string(hide_password=False)


@contextmanager
def _server() -> Generator[Connection]:
    engine = create_engine(POSTGRES_URL or "", isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn
    engine.dispose()
