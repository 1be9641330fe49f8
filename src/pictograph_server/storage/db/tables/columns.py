"""What the tables share: naming, and the columns that most of them have."""

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    MetaData,
    String,
    event,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def organization_column() -> Column[str]:
    return Column(
        "organization_id", String(36), ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False, index=True
    )


def dataset_column(*, index: bool = False) -> Column[str]:
    return Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False, index=index)


def path_type(length: int) -> String:
    """Return the type of names that are sorted and cut by prefix: by their bytes on Postgres too, as on SQLite."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def partial_index(
    name: str, columns: tuple[str, ...], *, unique: bool = False, sqlite_where: str, postgres_where: str
) -> Index:
    """Return an index of the rows that fulfil a condition, which each database writes its way."""
    # `info` tells Alembic, which writes migrations for both databases on SQLite (migrations/env.py).
    info = {"postgresql_where": postgres_where}
    index = Index(name, *columns, unique=unique, sqlite_where=text(sqlite_where), info=info)

    # Said when it is created: the keyword postgresql_where would load Postgres' dialect and its drivers at once, a
    # twentieth of what a server on SQLite loads to start.
    def tell_postgres(index: Index, connection: Connection, **_: object) -> None:
        if connection.dialect.name == "postgresql":
            index.dialect_options["postgresql"]["where"] = text(postgres_where)

    event.listen(index, "before_create", tell_postgres)
    return index
