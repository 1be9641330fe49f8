"""Imports of folders and archives, and from other services."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import id_column, metadata, organization_column

# A folder or archive on its way into a dataset: parts arrive, a plan is made of them, then they are imported.
imports = Table(
    "imports",
    metadata,
    id_column(),
    organization_column(),
    # None until it starts where the dataset is to be made, and once the dataset is deleted.
    Column("dataset_id", String(36), ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
    Column("dataset_name", String(200), nullable=False),
    Column("filename", String(400), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("part_bytes", Integer, nullable=False),
    # What the client knows its files by: an upload that was cut short goes on under the same one.
    Column("fingerprint", String(64), nullable=False),
    # The merge rule and the like, as asked for.
    Column("options", Json, nullable=False),
    # uploading, planning, planned, importing, completed, failed, cancelled
    Column("status", String(16), nullable=False),
    # The job that makes the plan, then the one that imports.
    Column("job_id", String(36), index=True),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    # Images settled: the next attempt goes on behind them.
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("plan", Json),
    Column("result", Json),
    Column("error_message", Text),
    # Who imports, as provenance names them (R11).
    Column("maker", String(60), nullable=False),
    Column("maker_name", String(320), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Index("ix_imports_newest", "organization_id", "created_at", "id"),
)

import_parts = Table(
    "import_parts",
    metadata,
    Column("import_id", String(36), ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    # From 0.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
)

# Imports from other services. Their API keys are in no table: see services/connectors/keyring.py.
connector_imports = Table(
    "connector_imports",
    metadata,
    id_column(),  # also the id of the job that does it
    organization_column(),
    Column("provider", String(20), nullable=False),
    # processing, completed, error, cancelled
    Column("status", String(16), nullable=False),
    # Name of the dataset it is at.
    Column("current_dataset", String(200), nullable=False, server_default=text("''")),
    Column("error_message", Text),
    # Who imports, as provenance names them (R11), and their role and name.
    Column("actor", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)

connector_import_datasets = Table(
    "connector_import_datasets",
    metadata,
    Column("import_id", String(36), ForeignKey("connector_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # The other service's id, name and address of it, and the version asked for.
    Column("remote_id", String(200), nullable=False),
    Column("remote_name", String(400), nullable=False),
    Column("remote_slug", String(400), nullable=False),
    Column("version", Integer),
    # No key: the progress of an import still names a dataset that was deleted since.
    Column("dataset_id", String(36), nullable=False, index=True),
    Column("dataset_name", String(200), nullable=False),
    # pending, processing, completed, error
    Column("status", String(16), nullable=False),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("imported", Integer, nullable=False, server_default=text("0")),
    # Of the imported ones, those that were there before.
    Column("skipped", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    # Why, for the first of those that failed: name -> reason.
    Column("failures", Json, nullable=False),
    Column("error_message", Text),
)

# A job asks the server that was given an API key to seal it for this one process (services/connectors/keyring.py).
connector_key_requests = Table(
    "connector_key_requests",
    metadata,
    Column("import_id", String(36), ForeignKey("connector_imports.id", ondelete="CASCADE"), primary_key=True),
    # The job's half of the exchange; who can read the table can do nothing with it.
    Column("question", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
)
