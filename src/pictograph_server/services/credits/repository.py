"""Rows of the ledger: transactions with their postings, the balances they add up to, and holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, Select, String, cast, func, insert, literal_column, select, update

from pictograph_server.storage.db.tables import (
    credit_balances,
    credit_holds,
    ledger_postings,
    ledger_transactions,
    organizations,
)
from pictograph_server.storage.db.types import new_id, now

# `granted` is where credits come from, and therefore negative: the four of an organisation sum to zero.
Account = Literal["granted", "available", "held", "spent"]
ACCOUNTS: tuple[Account, ...] = ("granted", "available", "held", "spent")
Kind = Literal["grant", "hold", "capture", "release", "charge"]


@dataclass(frozen=True)
class Budget:
    """What an organisation is granted each month, and when next."""

    monthly_allowance: int
    reset_at: datetime
    is_free_of_charge: bool


@dataclass(frozen=True)
class Hold:
    id: str
    organization_id: str
    operation: str
    amount: int
    captured: int
    is_released: bool

    @property
    def remaining(self) -> int:
        return 0 if self.is_released else self.amount - self.captured


@dataclass(frozen=True)
class Entry:
    """A line as people see it: `amount` is what it changed in the available credits."""

    id: str
    operation: str
    amount: int
    balance_after: int
    description: str | None
    metadata: Mapping[str, object]
    created_at: datetime


def budget(conn: Connection, organization_id: str, *, lock: bool = False) -> Budget:
    """Return the budget. `lock` keeps others from changing this organisation's credits until the transaction ends."""
    query = select(
        organizations.c.credits_monthly_allowance,
        organizations.c.credits_reset_at,
        organizations.c.is_free_of_charge,
    ).where(organizations.c.id == organization_id)
    # SQLite needs no row lock (a write transaction is alone) and SQLAlchemy leaves the words out there.
    row = conn.execute(query.with_for_update() if lock else query).one()
    return Budget(monthly_allowance=row[0], reset_at=row[1], is_free_of_charge=row[2])


def set_reset_at(conn: Connection, organization_id: str, reset_at: datetime) -> None:
    query = update(organizations).where(organizations.c.id == organization_id)
    conn.execute(query.values(credits_reset_at=reset_at))


def balances(conn: Connection, organization_id: str) -> dict[Account, int]:
    query = select(credit_balances.c.account, credit_balances.c.balance)
    rows = conn.execute(query.where(credit_balances.c.organization_id == organization_id))
    return dict.fromkeys(ACCOUNTS, 0) | {row.account: row.balance for row in rows}


def has_transaction(conn: Connection, unique_key: str) -> bool:
    query = select(ledger_transactions.c.id).where(ledger_transactions.c.unique_key == unique_key)
    return conn.execute(query).first() is not None


def post(
    conn: Connection,
    organization_id: str,
    *,
    kind: Kind,
    operation: str,
    postings: Mapping[Account, int],
    unique_key: str,
    description: str | None,
    metadata: Mapping[str, object],
) -> None:
    """Append one transaction and move the balances with it."""
    assert sum(postings.values()) == 0, f"{kind} {operation} is not balanced: {postings}"
    after = balances(conn, organization_id)
    for account, amount in postings.items():
        after[account] += amount
        _add_to_balance(conn, organization_id, account, amount)
    transaction_id = new_id()
    conn.execute(
        insert(ledger_transactions).values(
            id=transaction_id,
            organization_id=organization_id,
            kind=kind,
            operation=operation,
            description=description,
            metadata=dict(metadata),
            unique_key=unique_key,
            available_after=after["available"],
            created_at=now(),
        )
    )
    conn.execute(
        insert(ledger_postings),
        [
            {
                "id": new_id(),
                "transaction_id": transaction_id,
                "organization_id": organization_id,
                "account": account,
                "amount": amount,
            }
            for account, amount in postings.items()
        ],
    )


def entries(conn: Connection, organization_id: str, *, limit: int, offset: int) -> Sequence[Entry]:
    """Return the lines of an organisation, newest first, without captures: those move nothing a person could spend."""
    newest_first = (ledger_transactions.c.created_at.desc(), ledger_transactions.c.id.desc())
    query = _entry_query(organization_id).order_by(*newest_first).limit(limit).offset(offset)
    return [
        Entry(
            id=row.id,
            operation=row.operation,
            amount=int(row.amount),
            balance_after=row.available_after,
            description=row.description,
            metadata=row.metadata,
            created_at=row.created_at,
        )
        for row in conn.execute(query)
    ]


def spent_by_day(conn: Connection, organization_id: str, *, since: datetime) -> list[tuple[str, str, int]]:
    """Return day (`2026-01-31`, UTC), operation and the credits spent, oldest first."""
    moment = ledger_transactions.c.created_at
    is_postgres = conn.dialect.name == "postgresql"
    day = func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD") if is_postgres else cast(func.date(moment), String)
    spent = func.sum(ledger_postings.c.amount)
    # By its number: the same expression twice has two sets of parameters, which Postgres takes for two expressions.
    query = (
        select(day.label("day"), ledger_transactions.c.operation, spent.label("spent"))
        .join(ledger_postings, ledger_postings.c.transaction_id == ledger_transactions.c.id)
        .where(
            ledger_transactions.c.organization_id == organization_id,
            ledger_transactions.c.created_at >= since,
            ledger_postings.c.account == "spent",
            ledger_postings.c.amount != 0,
        )
        .group_by(literal_column("1"), ledger_transactions.c.operation)
        .order_by(literal_column("1"), ledger_transactions.c.operation)
    )
    return [(str(row.day), str(row.operation), int(row.spent)) for row in conn.execute(query)]


def open_holds(conn: Connection, organization_id: str, *, limit: int) -> Sequence[Row[*tuple[object, ...]]]:
    """Return the holds that still set credits aside, newest first."""
    query = select(credit_holds).where(
        credit_holds.c.organization_id == organization_id,
        credit_holds.c.released_at.is_(None),
        credit_holds.c.amount > credit_holds.c.captured,
    )
    return conn.execute(query.order_by(credit_holds.c.created_at.desc(), credit_holds.c.id.desc()).limit(limit)).all()


def hold_of(conn: Connection, job_id: str) -> Hold | None:
    query = select(credit_holds).where(credit_holds.c.job_id == job_id).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return Hold(
        id=row.id,
        organization_id=row.organization_id,
        operation=row.operation,
        amount=row.amount,
        captured=row.captured,
        is_released=row.released_at is not None,
    )


def insert_hold(conn: Connection, organization_id: str, *, job_id: str, operation: str, amount: int) -> None:
    conn.execute(
        insert(credit_holds).values(
            id=new_id(),
            organization_id=organization_id,
            job_id=job_id,
            operation=operation,
            amount=amount,
            captured=0,
            created_at=now(),
        )
    )


def add_captured(conn: Connection, hold_id: str, amount: int) -> None:
    query = update(credit_holds).where(credit_holds.c.id == hold_id)
    conn.execute(query.values(captured=credit_holds.c.captured + amount))


def set_released(conn: Connection, hold_id: str) -> None:
    conn.execute(update(credit_holds).where(credit_holds.c.id == hold_id).values(released_at=now()))


def _entry_query(organization_id: str) -> Select[*tuple[object, ...]]:
    moved = (
        select(func.coalesce(func.sum(ledger_postings.c.amount), 0))
        .where(
            ledger_postings.c.transaction_id == ledger_transactions.c.id,
            ledger_postings.c.account == "available",
        )
        .scalar_subquery()
    )
    return select(ledger_transactions, moved.label("amount")).where(
        ledger_transactions.c.organization_id == organization_id, ledger_transactions.c.kind != "capture"
    )


def _add_to_balance(conn: Connection, organization_id: str, account: Account, amount: int) -> None:
    query = update(credit_balances).where(
        credit_balances.c.organization_id == organization_id, credit_balances.c.account == account
    )
    if conn.execute(query.values(balance=credit_balances.c.balance + amount)).rowcount == 0:
        conn.execute(insert(credit_balances).values(organization_id=organization_id, account=account, balance=amount))
