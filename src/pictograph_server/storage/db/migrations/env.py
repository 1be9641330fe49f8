"""Run by Alembic. The caller (storage/db/migrate.py) hands over a connection inside a write transaction."""

from typing import Literal

from alembic import context
from sqlalchemy import text

from pictograph_server.storage.db.tables import metadata
from pictograph_server.storage.db.types import Json, UtcDateTime


def _render(kind: str, item: object, _autogenerate: object) -> str | Literal[False]:
    # Migrations name no type of ours: they must still run when it has changed or gone.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Json):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def _tell_both_conditions() -> None:
    """Give partial indexes the condition that columns.py keeps until Postgres asks, to be written on SQLite too."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if condition := index.info.get("postgresql_where"):
                index.dialect_options["postgresql"]["where"] = text(condition)


_tell_both_conditions()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render,
    # SQLite cannot alter most things in place: Alembic copies the table instead.
    render_as_batch=True,
    # Also on SQLite, where Alembic would not: session.py begins transactions itself, so DDL of a failed step is undone.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
