"""Credits: the budget of an organisation. Amounts are whole credits."""

from datetime import date, datetime

from pydantic import Field

from pictograph.models.common import JsonObject, WireModel


class CreditLedgerEntry(WireModel):
    """A line of the ledger. A negative `amount` is spent; `balance_after` is the balance right after it."""

    id: str
    operation: str
    amount: int
    balance_after: int | None = None
    description: str | None = None
    metadata: JsonObject | None = None
    created_at: datetime


class CreditBalance(WireModel):
    """What is left, what comes back and when, and the latest entries, newest first."""

    credits_remaining: int = 0
    credits_monthly_allowance: int = 0
    credits_reset_at: datetime | None = None
    recent_history: list[CreditLedgerEntry] = Field(default_factory=list[CreditLedgerEntry])


class CreditEstimate(WireModel):
    """What an operation would cost: `total_credits` is the larger of `minimum` and unit price times quantity."""

    operation: str
    credits_per_unit: int
    unit: str
    quantity: int
    total_credits: int
    minimum: int = 0
    sufficient: bool
    credits_remaining: int


class Tariff(WireModel):
    """What a piece of work costs: `base` credits, and `credits` for each `per` units in proportion, rounded up."""

    operation: str
    title: str
    unit: str
    base: int
    credits: int
    per: int


class DailyUsage(WireModel):
    """Credits that were spent on an operation on a day (UTC)."""

    day: date
    operation: str
    credits: int


class OpenHold(WireModel):
    """What a job set aside when it was started, and how much of that it has spent so far."""

    job_id: str
    operation: str
    amount: int
    captured: int
    created_at: datetime


class CreditUsage(WireModel):
    """The ledger's accounts, and where the credits of the last days went. Days without use are left out.

    `available` and `held` together are what has not been spent; an organisation that is free of charge spends nothing.
    """

    available: int
    held: int
    spent: int
    is_free_of_charge: bool
    days: list[DailyUsage]
    holds: list[OpenHold]
