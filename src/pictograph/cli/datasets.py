"""`pictograph datasets`: list, look, make, delete, download, import."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, get_args

import typer

from pictograph.cli.failures import FAILED
from pictograph.cli.session import Session, api_command
from pictograph.models.dataset import Dataset
from pictograph.models.dataset_import import MergeRule
from pictograph.models.dataset_import_text import ISSUES_SHOWN
from pictograph.models.image import ImageStatus
from pictograph.resources.downloading import DownloadMode, Organize
from pictograph.resources.imports import ImportProgress
from pictograph.workflows.progress import Progress, Stage, watching

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


@api_command(app, "counts")
def count_dataset(session: Session, name: Name) -> None:
    """Show how many images of a dataset have each status, and how many show each class."""
    counts = session.client.datasets.counts(name)
    if session.as_json:
        session.record(counts)
        return
    session.line(f"{counts.image_count} images, {counts.archived_image_count} in the trash", counts)
    statuses = [(status, counts.status.of(status)) for status in get_args(ImageStatus)]
    session.table(statuses, {"Status": lambda row: row[0], "Images": lambda row: row[1]})
    session.table(
        counts.classes,
        {
            "Class": lambda c: c.name,
            "Images": lambda c: c.image_count,
            "Annotations": lambda c: c.annotation_count,
            "Tagged images": lambda c: c.tagged_image_count,
        },
    )


@api_command(app, "folders")
def list_folders(
    session: Session,
    name: Name,
    parent: Annotated[str | None, typer.Option(help="Only those directly in this folder.")] = None,
) -> None:
    """List the folders of a dataset, with how many images are in each."""
    session.table(
        session.client.datasets.folders(name, parent=parent),
        {
            "Folder": lambda f: f.path,
            "Images": lambda f: f.image_count,
            "With sub-folders": lambda f: f.total_image_count,
            "Complete": lambda f: f.status.complete,
        },
    )


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
    status: Annotated[str | None, typer.Option(help="Only images of this status, e.g. complete.")] = None,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Downloads at a time.")] = 10,
    resume: Annotated[bool, typer.Option(help="Leave alone what is there already with the right bytes.")] = True,
    organize: Annotated[Organize, typer.Option(help="Keep the virtual folders, or put all files side by side.")] = (
        "folders"
    ),
) -> None:
    """Download the images and the annotations of a dataset. Run it again and it fetches what is missing."""
    report = session.client.datasets.download(
        name, output, mode=mode, status_filter=status, max_workers=workers, resume=resume, organize=organize
    )
    session.record(
        {
            "dataset_id": report.dataset_id,
            "images_downloaded": report.images_downloaded,
            "annotations_downloaded": report.annotations_downloaded,
            "images_present": report.images_present,
            "annotations_present": report.annotations_present,
            "failures": len(report.failures),
            "output_dir": output,
        }
    )
    for failure in report.failures:
        typer.echo(f"Error: {failure.kind} of {failure.filename}: {failure.reason}", err=True)
    if report.failures:
        typer.echo("Fix: run the command again; it downloads what is missing", err=True)
        raise typer.Exit(FAILED)


@api_command(app, "import")
def import_dataset(
    session: Session,
    name: Name,
    path: Annotated[Path, typer.Argument(help="Folder, .zip, .tar, .tar.gz, or a file of labels.")],
    merge: Annotated[
        MergeRule, typer.Option(help="Annotations that are there: keep people's, replace all, or add to them.")
    ] = "keep",
    format: Annotated[
        str | None, typer.Option(help="Format of the labels, else it is recognised; `images` takes none.")
    ] = None,
    labels_only: Annotated[
        bool, typer.Option("--labels-only", help="Send labels for images that are in the dataset already.")
    ] = False,
    folder: Annotated[str, typer.Option(help="Virtual folder that everything goes below.")] = "/",
    status: Annotated[
        ImageStatus | None, typer.Option(help="Status of labelled images; by default what the files say.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and do nothing else.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring a folder or archive of images and labels into a dataset, after showing what that will do."""
    imports = session.client.imports
    with _watching() as progress:
        sent = imports.send(
            name,
            path,
            merge=merge,
            format=format,
            labels_only=labels_only,
            folder_path=folder,
            image_status=status,
            progress=progress,
        )
        planned = imports.plan(sent.id, progress=progress)
    if dry_run or planned.status == "cancelled":
        session.line(str(planned.plan), planned)
        return
    if planned.status == "planned":
        session.note(str(planned.plan))
        # Only `replace` takes something away; for the rest a person is asked where there is one.
        if merge == "replace" or (sys.stdin.isatty() and not session.as_json):
            session.confirm(f"Import this into {name!r}?", yes=yes)
    with _watching() as progress:
        done = imports.start(planned.id, progress=progress)
    session.line(str(done.result), done)
    if done.result is not None and done.result.issue_count > ISSUES_SHOWN:
        session.note(f"{done.result.issue_count:,} were left out; `--json` lists more of them with the reasons")


@api_command(app, "imports")
def list_imports(
    session: Session,
    name: Annotated[str | None, typer.Argument(help="Only of this dataset.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100,
) -> None:
    """List the imports, newest first, and how they stand."""
    session.table(
        session.client.imports.list(dataset_name=name, limit=limit),
        {
            "Id": lambda each: each.id,
            "Dataset": lambda each: each.dataset_name,
            "File": lambda each: each.filename,
            "Status": lambda each: each.status,
            "%": lambda each: each.progress,
        },
    )


@api_command(app, "cancel-import")
def cancel_import(session: Session, import_id: Annotated[str, typer.Argument(help="Id of the import.")]) -> None:
    """Stop an import. What has been imported stays."""
    cancelled = session.client.imports.cancel(import_id)
    session.line(f"Cancelled the import of {cancelled.filename!r} into {cancelled.dataset_name!r}", cancelled)


@contextmanager
def _watching() -> Generator[ImportProgress]:
    """Yield what `client.imports` calls: a bar a stage where a person watches, megabytes sent, then percent."""
    with watching(None) as show:

        def progress(completed: int, total: int, stage: str) -> None:
            unit = 1_000_000 if stage == "upload" else 1
            name: Stage = "plan" if stage == "plan" else "import" if stage == "import" else "upload"
            show(Progress(name, completed // unit, max(1, total // unit), "MB" if unit > 1 else "%"))

        yield progress


def _size(dataset: Dataset) -> str:
    size = float(dataset.total_size)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
