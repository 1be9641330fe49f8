"""`pictograph datasets`: list, look, make, delete, download."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.failures import FAILED
from pictograph.cli.session import Session, api_command
from pictograph.models.dataset import Dataset
from pictograph.resources.datasets import DownloadMode

app = typer.Typer(no_args_is_help=True, help="Datasets: images and the classes they are annotated with.")

Name = Annotated[str, typer.Argument(help="Name of the dataset.")]


@api_command(app, "list")
def list_datasets(
    session: Session, limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100
) -> None:
    """List the datasets, newest first."""
    datasets = list(session.client.datasets.iter(max_total=limit))
    session.table(
        datasets,
        {
            "Name": lambda d: d.name,
            "Id": lambda d: d.id,
            "Images": lambda d: d.image_count,
            "Complete": lambda d: d.completed_image_count,
            "Size": _size,
        },
    )


@api_command(app, "get")
def get_dataset(
    session: Session,
    name: Name,
    include_images: Annotated[bool, typer.Option("--include-images", "-I", help="With the images.")] = False,
    images_limit: Annotated[int, typer.Option(min=1, help="At most so many images.")] = 100,
) -> None:
    """Show one dataset."""
    session.record(session.client.datasets.get(name, include_images=include_images, images_limit=images_limit))


@api_command(app, "create")
def create_dataset(
    session: Session,
    name: Name,
    description: Annotated[str | None, typer.Option("--description", "-d", help="What it is for.")] = None,
) -> None:
    """Make an empty dataset."""
    session.record(session.client.projects.create(name, description=description))


@api_command(app, "delete")
def delete_dataset(
    session: Session, name: Name, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Delete a dataset with its images, annotations and exports."""
    session.confirm(f"Delete dataset {name!r} with everything in it?", yes=yes)
    deleted = session.client.projects.delete(name)
    session.line(f"Deleted dataset {name!r}", deleted or {"name": name})


@api_command(app, "download")
def download_dataset(
    session: Session,
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = Path("./dataset"),
    mode: Annotated[DownloadMode, typer.Option(help="What to write.")] = "full",
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Downloads at a time.")] = 10,
) -> None:
    """Download the images and the annotations of a dataset."""
    report = session.client.datasets.download(name, output, mode=mode, max_workers=workers)
    session.record(
        {
            "dataset_id": report.dataset_id,
            "images_downloaded": report.images_downloaded,
            "annotations_downloaded": report.annotations_downloaded,
            "failures": len(report.failures),
            "output_dir": output,
        }
    )
    for failure in report.failures:
        typer.echo(f"Error: {failure.kind} of {failure.filename}: {failure.reason}", err=True)
    if report.failures:
        typer.echo("Fix: run the command again; it downloads what is missing", err=True)
        raise typer.Exit(FAILED)


def _size(dataset: Dataset) -> str:
    size = float(dataset.total_size)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
