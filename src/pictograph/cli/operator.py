"""What an operator does on the server's machine: links for who cannot come in, and organisations."""

import json
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from pictograph.cli.up import told_when_missing

Data = Annotated[
    Path | None, typer.Option(help="The server's data folder; else PICTOGRAPH_DATA_DIR, else ./pictograph-data.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]
Address = Annotated[str | None, typer.Option("--base-url", help="Address to put into the link, if not the server's.")]


def login_link(
    email: Annotated[str | None, typer.Option(help="Of the person; by default the first owner.")] = None,
    organization: Annotated[str | None, typer.Option(help="Slug of the organisation whose first owner it is.")] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="A link to set a new password.")] = False,
    data: Data = None,
    base_url: Address = None,
) -> None:
    """Print a link with which a person signs in, once. On the server's machine; the server may be running."""
    typer.echo(
        _operator().login_link(
            data, email=email, organization=organization, new_password=new_password, base_url=base_url
        )
    )


def list_organizations(data: Data = None, as_json: AsJson = False) -> None:
    """List every organisation of a server. On the server's machine."""
    lines = _operator().list_organizations(data)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], default=str, indent=2))
        return
    for line in lines:
        typer.echo(f"{line.slug}  {line.name}  ({line.members} member{'' if line.members == 1 else 's'})")


def create_organization(
    name: Annotated[str, typer.Argument(help="Name of the organisation.")],
    email: Annotated[str | None, typer.Option(help="Of its owner: a person there is, or a new one.")] = None,
    full_name: Annotated[str | None, typer.Option(help="Name of a new owner.")] = None,
    data: Data = None,
    base_url: Address = None,
    as_json: AsJson = False,
) -> None:
    """Make an organisation, with an API key and a login link for its owner. On the server's machine."""
    made = _operator().create_organization(data, name, email=email, full_name=full_name, base_url=base_url)
    if as_json:
        typer.echo(json.dumps(made, indent=2))
        return
    typer.echo(f"Organisation {made['slug']}")
    typer.echo(f"  API key  {made['api_key']}  (shown this once)")
    typer.echo(f"  sign in  {made['login_link']}  (once, within 15 minutes)")


def limit_organization(
    slug: Annotated[str, typer.Argument(help="Slug of the organisation, as `list` shows it.")],
    seats: Annotated[int | None, typer.Option(min=1, help="Members and pending invites it may have.")] = None,
    images: Annotated[int | None, typer.Option(min=0, help="Images it may have.")] = None,
    storage_bytes: Annotated[int | None, typer.Option("--bytes", min=0, help="Bytes of images it may have.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show or change how many people, images and bytes an organisation may have. On the server's machine."""
    limits = _operator().limit_organization(data, slug, seats=seats, images=images, storage_bytes=storage_bytes)
    if as_json:
        typer.echo(json.dumps(limits, indent=2))
        return
    typer.echo(f"{limits['slug']}: {limits['seats']:,} seats, {limits['images']:,} images, {limits['bytes']:,} bytes")


def _operator() -> ModuleType:
    with told_when_missing():
        import pictograph_server.operator as operator
    return operator
