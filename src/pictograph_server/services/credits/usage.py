"""Where an organisation's credits went: what was spent day by day on what, and what running work still holds."""

from datetime import date, timedelta

from sqlalchemy import Connection

from pictograph.models.credit import CreditUsage, DailyUsage, OpenHold, Tariff
from pictograph_server.services.credits import prices as price_list
from pictograph_server.services.credits import repository
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import now

_HOLDS_SHOWN = 100


def usage(conn: Connection, organization_id: str, *, days: int) -> CreditUsage:
    """Return the use of the last `days` days, today's among them, oldest first."""
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    balances = repository.balances(conn, organization_id)
    return CreditUsage(
        available=balances["available"],
        held=balances["held"],
        spent=balances["spent"],
        is_free_of_charge=repository.budget(conn, organization_id).is_free_of_charge,
        days=[
            DailyUsage(day=date.fromisoformat(day), operation=operation, credits=credits)
            for day, operation, credits in repository.spent_by_day(
                conn, organization_id, since=midnight - timedelta(days=days - 1)
            )
        ],
        holds=[
            OpenHold(
                job_id=row.job_id,
                operation=row.operation,
                amount=row.amount,
                captured=row.captured,
                created_at=row.created_at,
            )
            for row in repository.open_holds(conn, organization_id, limit=_HOLDS_SHOWN)
        ],
    )


def tariffs(prices: Prices) -> list[Tariff]:
    """Return what work costs here, for people who decide on it."""
    return [
        Tariff(
            operation=each.operation,
            title=each.title,
            unit=each.unit,
            base=each.base,
            credits=each.credits,
            per=each.per,
        )
        for each in price_list.tariffs(prices)
    ]
