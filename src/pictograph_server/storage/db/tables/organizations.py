"""Organisations, the people in them, their keys and invites, and the log of who did what."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import id_column, metadata, organization_column, partial_index

organizations = Table(
    "organizations",
    metadata,
    id_column(),
    Column("name", String(120), nullable=False),
    Column("slug", String(120), nullable=False, unique=True),
    Column("max_users", Integer, nullable=False),
    Column("max_images", BigInteger, nullable=False),
    Column("max_storage_bytes", BigInteger, nullable=False),
    # When set, operations cost nothing but still leave their line in the ledger.
    Column("is_free_of_charge", Boolean, nullable=False, server_default=text("false")),
    Column("credits_monthly_allowance", BigInteger, nullable=False),
    Column("credits_reset_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    id_column(),
    # In lower case. Null for the owner made at the first start, until they set one.
    Column("email", String(320), unique=True),
    Column("full_name", String(200)),
    # Argon2id with its parameters and salt; null while the person comes in by links only.
    Column("password_hash", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
)

members = Table(
    "members",
    metadata,
    id_column(),
    organization_column(),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(16), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    UniqueConstraint("organization_id", "user_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    organization_column(),
    Column("name", String(100), nullable=False),
    Column("key_prefix", String(12), nullable=False),
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("rate_limit", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    # Id of the key or person that made it; the keys of a person who leaves are switched off.
    Column("created_by", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
)

invites = Table(
    "invites",
    metadata,
    id_column(),
    organization_column(),
    Column("email", String(320), nullable=False),
    Column("role", String(16), nullable=False),
    # pending, accepted, revoked, expired; a pending one past its time counts as expired before it is written down.
    Column("status", String(16), nullable=False),
    # Whoever has the link may accept: like a key, it is kept as a hash.
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("invited_by", String(36)),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    partial_index(
        "uq_invites_pending",
        ("organization_id", "email"),
        unique=True,
        sqlite_where="status = 'pending'",
        postgres_where="status = 'pending'",
    ),
)

# Who did what: written in the transaction that does it, never changed.
audit_entries = Table(
    "audit_entries",
    metadata,
    id_column(),
    organization_column(),
    # `key`, `person` or `operator`, and the id and the name they had then: the entry outlives them.
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("actor_name", String(320), nullable=False),
    # A noun and what happened to it: `member.removed`, `dataset.deleted`.
    Column("action", String(60), nullable=False),
    # The id of what it was done to, and its name for people.
    Column("subject_id", String(36), nullable=False),
    Column("subject_name", String(400), nullable=False),
    Column("details", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Ids sort by the time they were made.
    Index("ix_audit_entries_newest", "organization_id", "id"),
    # A rare action, or all that happened to one thing, among millions of others.
    Index("ix_audit_entries_action", "organization_id", "action", "id"),
    Index("ix_audit_entries_subject", "organization_id", "subject_id", "id"),
)
