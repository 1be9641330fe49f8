"""Requests that may come twice."""

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
)

from pictograph_server.storage.db.types import UtcDateTime

from .columns import metadata

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("organization_id", String(36), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("method", String(8), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    # Null while the first execution is still running.
    Column("status_code", Integer),
    Column("content_type", String(100)),
    Column("body", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    # A runner that died leaves the key claimed; past this moment somebody else may execute.
    Column("claimed_until", UtcDateTime, nullable=False),
)
