"""`pictograph up`: the whole platform on this machine, in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.failures import WRONG_USAGE


def up(
    data: Annotated[Path, typer.Option(help="Folder for the database and the images.")] = Path("./pictograph-data"),
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Start the platform here: API, jobs and data folder, nothing else needed. Ctrl-C stops it."""
    try:
        from pictograph_server.up import run
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in {"pictograph", "pictograph_server"}:
            raise
        typer.echo(
            f"Error: the platform cannot start: {missing.name} is not installed\n"
            "Fix: pip install 'pictograph[server,sam3,train]'",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE) from None
    run(data=data, host=host, port=port)
