"""`pictograph api-keys`: what programs authenticate with."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.api_key import ApiKeyRole

app = typer.Typer(no_args_is_help=True, help="API keys: what programs authenticate with.")

KeyId = Annotated[str, typer.Argument(help="Id of the key, as `list` shows it; not the key itself.")]
RateLimit = Annotated[int | None, typer.Option(min=1, help="Requests in a sliding hour.")]


@api_command(app, "list")
def list_keys(session: Session) -> None:
    """List the keys, newest first, without their secrets."""
    session.table(
        session.client.api_keys.list(),
        {
            "Name": lambda k: k.name,
            "Begins": lambda k: k.key_prefix,
            "Role": lambda k: k.role,
            "State": lambda k: _state(k.is_active, k.expires_at),
            "An hour": lambda k: k.rate_limit,
            "Last used": lambda k: f"{k.last_used_at:%Y-%m-%d %H:%M}" if k.last_used_at else None,
            "Expires": lambda k: f"{k.expires_at:%Y-%m-%d %H:%M}" if k.expires_at else None,
            "Id": lambda k: k.id,
        },
    )


@api_command(app, "create")
def create_key(
    session: Session,
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    role: Annotated[ApiKeyRole, typer.Option(help="What it may do; never more than your own key.")] = "member",
    rate_limit: RateLimit = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; without it, it stays.")] = None,
) -> None:
    """Make a key and print it. It cannot be shown again."""
    organization_id = session.client.organizations.me().id
    expires_at = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    made = session.client.api_keys.create(
        organization_id, name, role=role, rate_limit=rate_limit, expires_at=expires_at
    )
    session.note("Keep it: the server cannot show it again.")
    session.line(made.api_key, made)


@api_command(app, "get")
def get_key(session: Session, key_id: KeyId) -> None:
    """Show one key, without its secret."""
    session.record(session.client.api_keys.get(key_id))


@api_command(app, "update")
def update_key(
    session: Session,
    key_id: KeyId,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    rate_limit: RateLimit = None,
    active: Annotated[bool | None, typer.Option("--on/--off", help="Switch it on or off.")] = None,
) -> None:
    """Rename a key, limit it, or switch it on or off."""
    if name is None and rate_limit is None and active is None:
        raise typer.BadParameter("Nothing to change: give --name, --rate-limit, --on or --off.")
    session.record(session.client.api_keys.update(key_id, name=name, rate_limit=rate_limit, is_active=active))


@api_command(app, "delete")
def delete_key(
    session: Session, key_id: KeyId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Delete a key. What is sent with it is refused within seconds."""
    session.confirm(f"Delete API key {key_id}?", yes=yes)
    session.client.api_keys.delete(key_id)
    session.line(f"Deleted API key {key_id}", {"key_id": key_id})


def _state(is_active: bool, expires_at: datetime | None) -> str:
    if expires_at is not None and expires_at <= datetime.now(UTC):
        return "expired"
    return "on" if is_active else "off"
