"""Credits: the budget of an organisation. Amounts are whole credits."""

from datetime import datetime

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
