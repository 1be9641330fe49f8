"""People who sign in: sessions, links that work once, guesses that failed."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
)

from pictograph_server.storage.db.types import UtcDateTime

from .columns import id_column, metadata, organization_column

# A person who signed in, in one browser; `organization_id` is the organisation they look at.
account_sessions = Table(
    "account_sessions",
    metadata,
    id_column(),
    organization_column(),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(400), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Links that work once: to sign in (`login`), to set a new password (`password`), to confirm an address (`email`).
account_links = Table(
    "account_links",
    metadata,
    id_column(),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    # Of a link that was handed on: the id of the admin or the key that made it, and in which organisation. It holds as
    # long as they may make such links there.
    Column("made_by", String(36)),
    Column("made_in", String(36), ForeignKey("organizations.id", ondelete="CASCADE")),
    # The address that a link confirms.
    Column("email", String(320)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Failed guesses at a password, counted for an account and for an address; see services/accounts/guesses.py.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
)
