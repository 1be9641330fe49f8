"""`client.credits`: the organisation's budget."""

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import Transport, members, parse, path_of
from pictograph.models.credit import CreditBalance, CreditEstimate, CreditLedgerEntry, CreditUsage, Tariff


class Credits:
    """See what is left, what was spent, and what something would cost."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def balance(self) -> CreditBalance:
        """Return what is left and the latest entries."""
        return parse(CreditBalance, self._transport.get(path_of("credits", "balance")))

    def history(self, *, limit: int = 50, offset: int = 0) -> list[CreditLedgerEntry]:
        """Return one page of the ledger, newest first."""
        return self._pager(limit, offset=offset).page()

    def iter(self, *, page_size: int = 100, max_total: int | None = None) -> OffsetPager[CreditLedgerEntry]:
        """Return a pager over the whole ledger, newest first."""
        return self._pager(page_size, max_total=max_total)

    def estimate(self, operation: str, *, quantity: int = 1) -> CreditEstimate:
        """Return what `quantity` units of an operation would cost, for example `training_a10g`.

        Raises:
            ValidationError: the operation is unknown.
        """
        params = {"operation": operation, "quantity": quantity}
        return parse(CreditEstimate, self._transport.get(path_of("credits", "estimate"), params=params))

    def prices(self) -> list[Tariff]:
        """Return what work costs on this server."""
        return [parse(Tariff, item) for item in members(self._transport.get(path_of("credits", "prices")), "prices")]

    def usage(self, *, days: int = 30) -> CreditUsage:
        """Return what was spent day by day in the last `days` days, today among them, and what running work holds."""
        return parse(CreditUsage, self._transport.get(path_of("credits", "usage"), params={"days": days}))

    def _pager(
        self, page_size: int, *, offset: int = 0, max_total: int | None = None
    ) -> OffsetPager[CreditLedgerEntry]:
        return OffsetPager(
            self._transport,
            path_of("credits", "history"),
            items_key="entries",
            parse_item=lambda item: parse(CreditLedgerEntry, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
        )
