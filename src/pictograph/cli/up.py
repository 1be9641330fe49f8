"""`pictograph up`, `serve` and `worker`: the platform on this machine. The only commands that load the server."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from pictograph.cli.failures import WRONG_USAGE

Host = Annotated[str | None, typer.Option(help="Address to listen on, else 127.0.0.1; 0.0.0.0 lets other machines in.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on, else 8000; 0 takes a free one.")]


def up(
    data: Annotated[
        Path | None, typer.Option(help="Folder of the database and the images, else ./pictograph-data.")
    ] = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Start the platform here: API, jobs and data folder, nothing else needed. Ctrl-C stops it."""
    _server().run(data, host, port)


def serve(host: Host = None, port: Port = None) -> None:
    """Start the API alone; workers that share its database run the jobs."""
    _server().serve(host, port)


def worker() -> None:
    """Run jobs alone, for servers that share a database. Any number may run."""
    _server().worker()


def _server() -> ModuleType:
    with told_when_missing():
        import pictograph_server.up as server
    return server


@contextmanager
def told_when_missing() -> Generator[None]:
    """Say how the server is installed, where it is not."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in {"pictograph", "pictograph_server"}:
            raise
        typer.echo(
            f"Error: the platform cannot start: {missing.name} is not installed\n"
            "Fix: pip install 'pictograph[server,sam3,train]'; in a clone, pip install '.[all]'",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE) from None
