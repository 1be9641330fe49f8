"""Credits: append-only double entry (R12)."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import id_column, metadata, organization_column

ledger_transactions = Table(
    "ledger_transactions",
    metadata,
    id_column(),
    organization_column(),
    # grant, hold, capture, release, charge. People see all but captures, which move nothing they could spend.
    Column("kind", String(16), nullable=False),
    Column("operation", String(80), nullable=False),
    Column("description", String(500)),
    Column("metadata", Json, nullable=False),
    # What makes a charge happen once: `hold:<job>`, `capture:<job>:<step>`, `release:<job>`.
    Column("unique_key", String(200), nullable=False, unique=True),
    # The organisation's available credits right after; what a person sees as `balance_after`.
    Column("available_after", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_ledger_transactions_newest", "organization_id", "created_at", "id"),
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    id_column(),
    Column(
        "transaction_id",
        String(36),
        ForeignKey("ledger_transactions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    organization_column(),
    # granted (negative: where credits come from), available, held, spent. They sum to zero in every transaction.
    Column("account", String(16), nullable=False),
    Column("amount", BigInteger, nullable=False),
)

credit_balances = Table(
    "credit_balances",
    metadata,
    Column("organization_id", String(36), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Column("account", String(16), primary_key=True),
    Column("balance", BigInteger, nullable=False),
)

credit_holds = Table(
    "credit_holds",
    metadata,
    id_column(),
    organization_column(),
    Column("job_id", String(36), nullable=False, unique=True),
    Column("operation", String(80), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False, server_default=text("0")),
    Column("released_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)
