"""The organisation's budget: append-only double entry with holds (R12).

A job holds what it may cost when it is enqueued, captures what each finished shard did cost, and returns the rest
when it ends, however it ends. Every entry has a unique key, so repeating any of them changes nothing.
"""

import calendar
import hashlib
from datetime import datetime

from sqlalchemy import Connection

from pictograph.models.credit import CreditBalance, CreditEstimate, CreditLedgerEntry
from pictograph_server.errors import PaymentRequired
from pictograph_server.services.credits import repository
from pictograph_server.services.credits.prices import price
from pictograph_server.services.credits.repository import Kind
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import now

BILLING_PAGE = "/settings?tab=billing"
_RECENT = 20
_UNIQUE_KEY_LENGTH = 200


class InsufficientCredits(PaymentRequired):
    code = "insufficient_credits"

    def __init__(self, operation: str, *, required: int, remaining: int) -> None:
        super().__init__(
            f"Not enough credits for {operation}",
            why=f"it costs {required} and {remaining} are left",
            fix="Wait for the running jobs to return what they do not use, or raise the organisation's allowance.",
            details={
                "error": "insufficient_credits",
                "required": required,
                "remaining": remaining,
                "upgrade_url": BILLING_PAGE,
            },
        )


def hold(conn: Connection, organization_id: str, *, job_id: str, operation: str, amount: int, description: str) -> None:
    """Set `amount` aside for a job. A job holds once; a free organisation holds 0.

    Raises:
        InsufficientCredits: less than `amount` is available; nothing was written.
    """
    _check_amount(amount)
    budget = _renewed(conn, organization_id)
    if repository.hold_of(conn, job_id) is not None:
        return
    payable = 0 if budget.is_free_of_charge else amount
    _require_available(conn, organization_id, operation, payable)
    repository.insert_hold(conn, organization_id, job_id=job_id, operation=operation, amount=payable)
    repository.post(
        conn,
        organization_id,
        kind="hold",
        operation=operation,
        postings={"available": -payable, "held": payable},
        unique_key=f"hold:{job_id}",
        description=description,
        metadata={"job_id": job_id, "price": amount},
    )


def capture(conn: Connection, *, job_id: str, step: str, amount: int) -> None:
    """Spend `amount` of what the job holds, once for each `step`, and never more than is still held."""
    _check_amount(amount)
    held = repository.hold_of(conn, job_id)
    unique_key = _unique_key("capture", job_id, step)
    if held is None or held.is_released or repository.has_transaction(conn, unique_key):
        return
    spent = min(amount, held.remaining)
    repository.budget(conn, held.organization_id, lock=True)
    repository.add_captured(conn, held.id, spent)
    repository.post(
        conn,
        held.organization_id,
        kind="capture",
        operation=held.operation,
        postings={"held": -spent, "spent": spent},
        unique_key=unique_key,
        description=None,
        metadata={"job_id": job_id, "step": step, "price": amount},
    )


def release(conn: Connection, *, job_id: str) -> None:
    """Return what the job did not use. Called again, or for a job that held nothing, it does nothing."""
    held = repository.hold_of(conn, job_id)
    if held is None or held.is_released:
        return
    repository.budget(conn, held.organization_id, lock=True)
    repository.set_released(conn, held.id)
    if held.remaining == 0:
        return
    repository.post(
        conn,
        held.organization_id,
        kind="release",
        operation=refund_operation(held.operation),
        postings={"held": -held.remaining, "available": held.remaining},
        unique_key=f"release:{job_id}",
        description="Unused part returned",
        metadata={"job_id": job_id},
    )


def charge(
    conn: Connection, organization_id: str, *, operation: str, amount: int, unique_key: str, description: str
) -> None:
    """Spend `amount` at once; a second charge of the organisation with the same `unique_key` does nothing.

    Raises:
        InsufficientCredits: less than `amount` is available; nothing was written.
    """
    _check_amount(amount)
    budget = _renewed(conn, organization_id)
    key = _unique_key("charge", organization_id, unique_key)
    if repository.has_transaction(conn, key):
        return
    payable = 0 if budget.is_free_of_charge else amount
    _require_available(conn, organization_id, operation, payable)
    repository.post(
        conn,
        organization_id,
        kind="charge",
        operation=operation,
        postings={"available": -payable, "spent": payable},
        unique_key=key,
        description=description,
        metadata={"price": amount},
    )


def renew_if_due(conn: Connection, organization_id: str) -> None:
    """Top the organisation up to its allowance when its month is over; the first month begins at once."""
    _renewed(conn, organization_id)


def is_renewal_due(conn: Connection, organization_id: str) -> bool:
    return repository.budget(conn, organization_id).reset_at <= now()


def remaining(conn: Connection, organization_id: str) -> int:
    """Return the credits to show. While some are only held, or nothing is charged, it is never 0: clients stop at 0."""
    balances = repository.balances(conn, organization_id)
    is_spent = balances["held"] == 0 and not repository.budget(conn, organization_id).is_free_of_charge
    return max(balances["available"], 0 if is_spent else 1)


def can_pay(conn: Connection, organization_id: str, amount: int) -> bool:
    """Return whether a hold or charge of `amount` would go through now."""
    is_free = repository.budget(conn, organization_id).is_free_of_charge
    return is_free or repository.balances(conn, organization_id)["available"] >= amount


def balance(conn: Connection, organization_id: str) -> CreditBalance:
    budget = repository.budget(conn, organization_id)
    return CreditBalance(
        credits_remaining=remaining(conn, organization_id),
        credits_monthly_allowance=budget.monthly_allowance,
        credits_reset_at=budget.reset_at,
        recent_history=history(conn, organization_id, limit=_RECENT, offset=0),
    )


def history(conn: Connection, organization_id: str, *, limit: int, offset: int) -> list[CreditLedgerEntry]:
    """Return the ledger's lines, newest first."""
    return [
        CreditLedgerEntry(
            id=entry.id,
            operation=entry.operation,
            amount=entry.amount,
            balance_after=entry.balance_after,
            description=entry.description,
            metadata=dict(entry.metadata),
            created_at=entry.created_at,
        )
        for entry in repository.entries(conn, organization_id, limit=limit, offset=offset)
    ]


def estimate(
    conn: Connection, prices: Prices, organization_id: str, *, operation: str, quantity: int
) -> CreditEstimate:
    """Return what an operation would cost; `UnknownOperation` (400) names those there are."""
    tariff = price(prices, operation)
    total = tariff.total(quantity)
    is_free = repository.budget(conn, organization_id).is_free_of_charge
    credits_remaining = remaining(conn, organization_id)
    return CreditEstimate(
        operation=operation,
        credits_per_unit=tariff.per_unit,
        unit=tariff.unit,
        quantity=quantity,
        total_credits=total,
        minimum=tariff.minimum,
        sufficient=is_free or credits_remaining >= total,
        credits_remaining=credits_remaining,
    )


def next_month(moment: datetime) -> datetime:
    """Return the same time a month later, on that month's last day when it is shorter."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def refund_operation(operation: str) -> str:
    """`training_a10g` is returned as `training_refund_a10g`, everything else with `_refund` behind it."""
    if operation.startswith("training_"):
        return "training_refund_" + operation.removeprefix("training_")
    return f"{operation}_refund"


def _renewed(conn: Connection, organization_id: str) -> repository.Budget:
    budget = repository.budget(conn, organization_id, lock=True)
    moment = now()
    if budget.reset_at > moment:
        return budget
    next_reset = budget.reset_at
    while next_reset <= moment:
        next_reset = next_month(next_reset)
    balances = repository.balances(conn, organization_id)
    # Topped up, not added to: what is left of last month does not pile up, and nothing is taken away.
    missing = max(0, budget.monthly_allowance - balances["available"] - balances["held"])
    repository.set_reset_at(conn, organization_id, next_reset)
    repository.post(
        conn,
        organization_id,
        kind="grant",
        operation="monthly_allowance",
        postings={"granted": -missing, "available": missing},
        unique_key=f"grant:{organization_id}:{budget.reset_at:%Y-%m-%dT%H:%M:%S.%f}",
        description="Monthly allowance",
        metadata={},
    )
    return repository.Budget(budget.monthly_allowance, next_reset, budget.is_free_of_charge)


def _require_available(conn: Connection, organization_id: str, operation: str, amount: int) -> None:
    available = repository.balances(conn, organization_id)["available"]
    if available < amount:
        raise InsufficientCredits(operation, required=amount, remaining=available)


def _unique_key(kind: Kind, owner: str, name: str) -> str:
    key = f"{kind}:{owner}:{name}"
    if len(key) <= _UNIQUE_KEY_LENGTH:
        return key
    return f"{kind}:{owner}:sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def _check_amount(amount: int) -> None:
    if amount < 0:
        raise ValueError(f"an amount of credits is 0 or more, not {amount}")
