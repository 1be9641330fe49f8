"""`pictograph login`: keep a key and an address in `~/.pictograph/config.toml`."""

from typing import Annotated

import typer


def login(
    api_key: Annotated[str | None, typer.Option(help="The key; asked for without echo when left out.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of the server.")] = None,
) -> None:
    """Store an API key, and the server it is for, readable by you alone."""
    # Loads pydantic, which the other commands that need no client start without (app.py).
    from pictograph._internal.config import write_config_file

    key = (api_key or typer.prompt("API key", hide_input=True, err=True)).strip()
    if not key:
        raise typer.BadParameter("the key is empty", param_hint="--api-key")
    if not key.startswith("pk_"):
        typer.echo("Warning: this does not look like a key; they start with pk_live_", err=True)
    path = write_config_file(api_key=key, base_url=base_url)
    typer.echo(f"Wrote {path}")
