"""The organisation's credits: what is left, what happened, what something would cost (contract §6.7)."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from pictograph.models.credit import CreditBalance, CreditEstimate, CreditLedgerEntry, CreditUsage, Tariff
from pictograph_server.auth import Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits import usage

router = APIRouter(prefix="/api/v1/developer/credits", tags=["credits"])


class LedgerPage(BaseModel):
    """Lines of the ledger, newest first."""

    entries: list[CreditLedgerEntry]
    limit: int
    offset: int


class PriceList(BaseModel):
    prices: list[Tariff]


@router.get("/balance")
def get_balance(actor: Viewer, platform: PlatformDep) -> CreditBalance:
    renew_if_due(platform, actor.organization_id)
    with platform.db.read() as conn:
        return credits.balance(conn, actor.organization_id)


@router.get("/history")
def get_history(
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Offset = 0,
) -> LedgerPage:
    renew_if_due(platform, actor.organization_id)
    with platform.db.read() as conn:
        entries = credits.history(conn, actor.organization_id, limit=limit, offset=offset)
    return LedgerPage(entries=entries, limit=limit, offset=offset)


@router.get("/estimate")
def get_estimate(
    actor: Viewer,
    platform: PlatformDep,
    operation: str,
    quantity: Annotated[int, Query(ge=0, le=1_000_000_000)] = 1,
) -> CreditEstimate:
    renew_if_due(platform, actor.organization_id)
    with platform.db.read() as conn:
        return credits.estimate(
            conn, platform.settings.prices, actor.organization_id, operation=operation, quantity=quantity
        )


@router.get("/usage")
def get_usage(actor: Viewer, platform: PlatformDep, days: Annotated[int, Query(ge=1, le=366)] = 30) -> CreditUsage:
    """What was spent day by day, and what running work holds."""
    renew_if_due(platform, actor.organization_id)
    with platform.db.read() as conn:
        return usage.usage(conn, actor.organization_id, days=days)


@router.get("/prices")
def list_prices(actor: Viewer, platform: PlatformDep) -> PriceList:
    """What work costs here."""
    del actor
    return PriceList(prices=usage.tariffs(platform.settings.prices))


def renew_if_due(platform: Platform, organization_id: str) -> None:
    """Begin the organisation's month if its time has come, before what it has left is told."""
    # Reading must not queue behind a writer, so the write transaction is opened only once a month.
    with platform.db.read() as conn:
        is_due = credits.is_renewal_due(conn, organization_id)
    if is_due:
        with platform.db.write() as conn:
            credits.renew_if_due(conn, organization_id)
