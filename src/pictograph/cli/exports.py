"""`pictograph exports`: write a dataset to a ZIP in one of the field's formats, and fetch it."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.export import AnyExportFormat, ExportStatus

app = typer.Typer(no_args_is_help=True, help="Datasets written to ZIP files in the field's formats.")

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Name = Annotated[str, typer.Argument(help="Name of the export.")]


@api_command(app, "list")
def list_exports(
    session: Session,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    status: Annotated[ExportStatus | None, typer.Option(help="Only of this status.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100,
) -> None:
    """List the exports, newest first."""
    session.table(
        list(session.client.exports.iter(dataset_name=dataset, status=status, max_total=limit)),
        {
            "Name": lambda e: e.name,
            "Dataset": lambda e: e.dataset_name,
            "Format": lambda e: e.format,
            "Status": lambda e: e.status,
            "Images": lambda e: e.image_count,
            "Annotations": lambda e: e.annotation_count,
        },
    )


@api_command(app, "formats")
def list_formats(session: Session) -> None:
    """List the formats, with what each leaves out."""
    session.table(
        session.client.exports.formats(),
        {
            "Format": lambda f: f.name,
            "Is": lambda f: f.title,
            "Holds": lambda f: ", ".join(f.holds),
            "Leaves out": lambda f: ", ".join(f.loses) or None,
        },
    )


@api_command(app, "create")
def create_export(
    session: Session,
    dataset: Dataset,
    name: Name,
    format: Annotated[AnyExportFormat, typer.Option(help="Format of the annotations.")] = "pictograph",
    include_images: Annotated[bool, typer.Option(help="Put the images into the ZIP.")] = False,
    only_class: Annotated[
        list[str] | None, typer.Option("--class", help="Only this class; may be given several times.")
    ] = None,
    status: Annotated[str | None, typer.Option(help="Only images of this status, e.g. complete.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until it is written.")] = True,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 300.0,
) -> None:
    """Write a dataset to a ZIP on the server."""
    session.record(
        session.client.exports.create(
            dataset,
            name,
            format=format,
            include_images=include_images,
            class_filter=only_class or None,
            status_filter=status,
            wait=wait,
            timeout=timeout,
        )
    )


@api_command(app, "get")
def get_export(session: Session, dataset: Dataset, name: Name) -> None:
    """Show one export."""
    session.record(session.client.exports.get(dataset, name))


@api_command(app, "download")
def download_export(
    session: Session,
    dataset: Dataset,
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="ZIP file to write.")],
) -> None:
    """Download an export."""
    path = session.client.exports.download(dataset, name, output)
    session.record({"dataset": dataset, "export": name, "output_path": path, "size_bytes": path.stat().st_size})


@api_command(app, "delete")
def delete_export(
    session: Session,
    dataset: Dataset,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete an export."""
    session.confirm(f"Delete export {name!r} of dataset {dataset!r}?", yes=yes)
    session.client.exports.delete(dataset, name)
    session.line(f"Deleted export {name!r} of dataset {dataset!r}", {"dataset": dataset, "export": name})
