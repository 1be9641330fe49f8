"""`pictograph credits`: what is left, where it went, what something would cost."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command

app = typer.Typer(no_args_is_help=True, help="Credits: the budget of the organisation.")


@api_command(app, "balance")
def balance(session: Session) -> None:
    """Print what is left."""
    left = session.client.credits.balance()
    resets = f", back to that on {left.credits_reset_at:%Y-%m-%d}" if left.credits_reset_at else ""
    session.line(f"{left.credits_remaining} credits left of {left.credits_monthly_allowance} a month{resets}", left)


@api_command(app, "history")
def history(
    session: Session,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="At most so many.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many of the newest.")] = 0,
) -> None:
    """List the entries of the ledger, newest first."""
    session.table(
        session.client.credits.history(limit=limit, offset=offset),
        {
            "When": lambda e: f"{e.created_at:%Y-%m-%d %H:%M}",
            "Operation": lambda e: e.operation,
            "Amount": lambda e: e.amount,
            "Balance": lambda e: e.balance_after,
            "Description": lambda e: e.description,
        },
    )


@api_command(app, "prices")
def prices(session: Session) -> None:
    """List what work costs on this server."""
    session.table(
        session.client.credits.prices(),
        {
            "Work": lambda t: t.title,
            "Operation": lambda t: t.operation,
            "Base": lambda t: t.base,
            "Credits": lambda t: t.credits,
            "For each": lambda t: t.unit if t.per == 1 else f"{t.per} {t.unit}s",
        },
    )


@api_command(app, "usage")
def usage(
    session: Session,
    days: Annotated[int, typer.Option(min=1, max=366, help="Of so many days.")] = 30,
) -> None:
    """List what was spent day by day on what."""
    found = session.client.credits.usage(days=days)
    if session.as_json:
        session.json(found)
        return
    session.table(
        found.days,
        {"Day": lambda d: f"{d.day}", "Operation": lambda d: d.operation, "Credits": lambda d: d.credits},
    )
    session.note(f"{found.available} available, {found.held} held by running work, {found.spent} spent")


@api_command(app, "estimate")
def estimate(
    session: Session,
    operation: Annotated[str, typer.Argument(help="E.g. training_a10g or sam3_auto_annotation.")],
    quantity: Annotated[int, typer.Option("--quantity", "-q", min=1, help="Units, e.g. minutes.")] = 1,
) -> None:
    """Print what an operation would cost."""
    session.record(session.client.credits.estimate(operation, quantity=quantity))
