"""`pictograph connectors`: datasets of V7 and Roboflow brought here."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.connector import ConnectorProvider, RemoteDataset

app = typer.Typer(no_args_is_help=True, help="Import datasets from V7 and Roboflow.")

Provider = Annotated[ConnectorProvider, typer.Argument(help="The other service.")]
# From the environment or asked for, a key is in no list of processes and no history of the shell.
Key = Annotated[
    str | None,
    typer.Option("--key", envvar="PICTOGRAPH_CONNECTOR_KEY", help="API key of the other service; else asked for."),
]
ImportId = Annotated[str, typer.Argument(help="Id of the import.")]


@api_command(app, "list")
def list_datasets(session: Session, provider: Provider, key: Key = None) -> None:
    """List the datasets that a key of the other service opens."""
    session.table(
        _opened(session, provider, key or _asked(session, provider)),
        {"Id": lambda d: d.id, "Name": lambda d: d.name, "Images": lambda d: d.image_count},
    )


@api_command(app, "import")
def import_datasets(
    session: Session,
    provider: Provider,
    names: Annotated[list[str] | None, typer.Argument(help="Ids or names of datasets there.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that the key opens.")] = False,
    version: Annotated[int | None, typer.Option(min=0, help="A version of it, instead of what it is now.")] = None,
    key: Key = None,
    wait: Annotated[bool, typer.Option(help="Wait until it is done.")] = True,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 3600.0,
) -> None:
    """Import datasets with what is drawn on them. Run it again and it goes on where it stopped."""
    if everything == bool(names):
        raise typer.BadParameter("name datasets, or take all with --all")
    key = key or _asked(session, provider)
    opened = _opened(session, provider, key)
    wanted = opened if everything else [_named(name, opened) for name in names or ()]
    chosen = [each.model_copy(update={"version": version}) for each in wanted]
    session.record(session.client.connectors.import_(provider, key, chosen, wait=wait, timeout=timeout))


@api_command(app, "status")
def show_import(session: Session, import_id: ImportId) -> None:
    """Show how an import stands."""
    session.record(session.client.connectors.get_import(import_id))


@api_command(app, "cancel")
def cancel_import(session: Session, import_id: ImportId) -> None:
    """Stop an import. The images it has brought stay."""
    session.record(session.client.connectors.cancel_import(import_id))


def _opened(session: Session, provider: ConnectorProvider, key: str) -> list[RemoteDataset]:
    found = session.client.connectors.validate(provider, key)
    if not found.valid:
        raise typer.BadParameter(f"{found.error or 'the key was not accepted'}", param_hint="the other service's key")
    session.note(f"Workspace {found.workspace}")
    return found.datasets


def _named(name: str, opened: list[RemoteDataset]) -> RemoteDataset:
    found = [each for each in opened if name in (each.id, each.slug, each.name)]
    if len(found) != 1:
        there = ", ".join(each.id for each in opened) or "none"
        what = f"{len(found)} datasets are called {name!r}" if found else f"there is no dataset {name!r}"
        raise typer.BadParameter(f"{what}; there are {there}")
    return found[0]


def _asked(session: Session, provider: ConnectorProvider) -> str:
    if session.as_json:
        raise typer.BadParameter("nobody is there to type it: set PICTOGRAPH_CONNECTOR_KEY", param_hint="--key")
    return str(typer.prompt(f"API key of {provider}", hide_input=True, err=True))
