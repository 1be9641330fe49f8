"""Brings the database to the newest schema, each step in one transaction, whatever process gets there first."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
# "MIGRATE" as a number: two processes that start together on one Postgres take turns.
_POSTGRES_LOCK = 0x4D494752
_REVISION_FILE = re.compile(r"(\d{4})_\w+\.py")


def migrate(db: Database) -> None:
    """Apply the migrations that are missing; cheap when there are none.

    Raises:
        NewerDatabase: a newer version of Pictograph has already been here.
    """
    if current_revision(db) == head_revision() or _create_in_empty(db):
        return
    upgrade(db)


def upgrade(db: Database) -> None:
    """Apply the migrations one after the other; `migrate` does it only where there are tables already."""
    # Imported late: most starts have nothing to migrate, and Alembic takes as long to load as the rest of the server.
    from alembic import command
    from alembic.util import CommandError

    with db.write() as connection:
        _take_turn(connection)
        try:
            command.upgrade(alembic_config(connection), "head")
        except CommandError as error:
            raise NewerDatabase(_revision(connection)) from error


class NewerDatabase(Exception):
    def __init__(self, revision: str | None) -> None:
        super().__init__(
            f"The database is at revision {revision}, which this version of Pictograph does not know "
            f"(its newest is {head_revision()}). Start the newer version, or restore a backup made before the upgrade."
        )


def is_current(db: Database) -> bool:
    return current_revision(db) == head_revision()


def current_revision(db: Database) -> str | None:
    """Return the revision the database is at, None for an empty one."""
    with db.read() as connection:
        return _revision(connection)


def head_revision() -> str:
    """Return the newest revision: files are `0001_what.py`, and a revision is named by its number."""
    names = (_REVISION_FILE.fullmatch(path.name) for path in (MIGRATIONS / "versions").iterdir())
    return max(name.group(1) for name in names if name)


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's configuration for the open transaction: no alembic.ini, so an installed wheel migrates too."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _create_in_empty(db: Database) -> bool:
    """Make all tables at once in an empty database; a test keeps them equal to what the migrations make.

    The first start need not load Alembic then, which takes a third as long as everything else the server loads.
    """
    with db.write() as connection:
        _take_turn(connection)
        if inspect(connection).get_table_names():
            return False
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head_revision()})
        return True


def _take_turn(connection: Connection) -> None:
    # On SQLite the write transaction itself is the lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
