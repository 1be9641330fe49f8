"""The migrations make exactly the tables of storage/db/tables, in one transaction each, and start from any state."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from pictograph_server.storage.db.migrate import (
    NewerDatabase,
    current_revision,
    head_revision,
    is_current,
    migrate,
    upgrade,
)
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import metadata


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'test.sqlite'}")


@pytest.mark.parametrize("make", [upgrade, migrate], ids=["step by step", "at once"])
def test_migrate__equals_the_tables(db: Database, make: Callable[[Database], None]) -> None:
    """When this fails, storage/db/tables has changed: run `python tools/new_migration.py "what changed"`."""
    make(db)
    assert current_revision(db) == head_revision()
    with db.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrate__at_once_is_the_same_as_step_by_step(tmp_path: Path) -> None:
    """Also what Alembic's comparison does not look at: defaults, and conditions of indexes."""
    assert _schema(tmp_path / "steps.sqlite", upgrade) == _schema(tmp_path / "at_once.sqlite", migrate)


def test_migrate__twice_changes_nothing(db: Database) -> None:
    migrate(db)
    migrate(db)
    assert current_revision(db) == head_revision()
    assert is_current(db)


def test_migrate__a_newer_database_is_refused(db: Database) -> None:
    migrate(db)
    with db.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match=r"9999.*Start the newer version"):
        migrate(db)


def test_write__failed_ddl_leaves_nothing_behind(db: Database) -> None:
    """SQLite's driver would commit the first statement; a half migrated database could not be migrated again."""
    with pytest.raises(RuntimeError), db.write() as conn:
        conn.execute(text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError
    with db.read() as conn:
        assert not inspect(conn).has_table("half")


def _schema(path: Path, make: Callable[[Database], None]) -> list[tuple[object, ...]]:
    db = Database(f"sqlite:///{path}")
    make(db)
    with db.read() as conn:
        indexes = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index'")).all()
        columns = [
            (table, *column)
            for table in metadata.tables
            for column in conn.execute(
                text(f"SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info('{table}')")
            )
        ]
    return sorted((*(tuple(index) for index in indexes), *columns), key=str)
