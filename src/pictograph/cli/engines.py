"""`pictograph engines`: which annotators there are, and their weights, fetched with a bar."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pictograph.cli.failures import FAILED, WRONG_USAGE

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.checkpoints.catalogue import KnownAnnotator, Repository
    from pictograph_server.engines.errors import EngineError

app = typer.Typer(no_args_is_help=True, help="Engines: what labels and trains on this machine.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]


@app.command("list")
def list_engines(as_json: AsJson = False) -> None:
    """List the annotators: what each can do, its licence, and whether its weights are here."""
    states = _annotators("availability").survey()
    if as_json:
        from pydantic_core import to_json

        typer.echo(to_json(states, indent=2).decode())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from pictograph.cli.doctor_report import gigabytes

    table = Table("Name", "Can be asked with", "Licence", "Weights", box=box.SIMPLE_HEAD, pad_edge=False)
    for each in states:
        size = gigabytes(each.download_bytes)
        weights = "here" if each.is_here else f"{size} to fetch" if each.is_available else "not to be had, see doctor"
        table.add_row(each.name, ", ".join(sorted(each.capabilities)), each.license, weights)
    Console().print(table)


@app.command("pull")
def pull(
    name: Annotated[str, typer.Argument(help="sam3, grounded-sam2 or owlv2.")],
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to put them into, for a machine without the hub; else the hub's cache here."),
    ] = None,
) -> None:
    """Fetch the weights of an annotator. What is here already is kept; run it again and it goes on."""
    catalogue = _annotators("checkpoints.catalogue")
    known: KnownAnnotator | None = catalogue.known_annotator(name)
    if known is None or not known.repositories:
        pullable = ", ".join(each.name for each in catalogue.KNOWN if each.repositories)
        why = "it ships with the platform" if known is not None else "there is no such annotator"
        typer.echo(f"Error: {name!r} has no weights to fetch: {why}\nFix: Name one of {pullable}", err=True)
        raise typer.Exit(WRONG_USAGE)
    hub, download = _annotators("checkpoints.hub"), _annotators("checkpoints.download")
    from pictograph_server.engines.errors import EngineError

    wanted = known.all_repositories
    folders = {each: _folder(to, each, alone=len(wanted) == 1) for each in wanted}
    if known.is_licensed_separately:
        typer.echo(f"{known.title} comes under its own terms ({known.license}): read them on the hub's page.", err=True)
    try:
        for each, refusal in zip(wanted, hub.ask_hub_for([each.id for each in wanted]), strict=True):
            if refusal is not None:
                raise refusal.error
            download.check_room(each, folders[each])
        for each in wanted:
            with _bar(each.id) as on_bytes:
                place: Path = download.download(each, folders[each], on_bytes=on_bytes)
            typer.echo(f"{each.id} is in {place}")
    except EngineError as error:
        _give_up(error)
    if to is not None:
        typer.echo(f"Use it: PICTOGRAPH_ANNOTATOR={to.absolute()} pictograph up")


def _folder(to: Path | None, repository: Repository, *, alone: bool) -> Path | None:
    if to is None or alone:
        return to
    return to / repository.short_name


@contextmanager
def _bar(title: str) -> Generator[Callable[[int, int], None]]:
    """Draw how far it is, on stderr; a pipe gets a line at the start and no bar."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    if not console.is_terminal:
        typer.echo(f"Fetching {title} …", err=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda here, total: progress.update(task, completed=here, total=total)


def _give_up(error: EngineError) -> NoReturn:
    text = f"Error: {error.what}: {error.why}" if error.why else f"Error: {error.what}"
    typer.echo(f"{text}\nFix: {error.fix}" if error.fix else text, err=True)
    raise typer.Exit(FAILED)


def _annotators(module: str) -> ModuleType:
    """Return a module of the server's annotators, which need the extra `sam3` to be of any use."""
    from importlib import import_module

    try:
        return import_module(f"pictograph_server.engines.annotators.{module}")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in {"pictograph", "pictograph_server"}:
            raise
        typer.echo(
            f"Error: the engines cannot be looked at: {missing.name} is not installed\n"
            "Fix: pip install 'pictograph[sam3]'",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE) from None
