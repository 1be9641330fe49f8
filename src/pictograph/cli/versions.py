"""`pictograph versions`: freeze a dataset, compare what was frozen, export it again or make it a dataset again."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.export import AnyExportFormat
from pictograph.models.version import VersionDiff

app = typer.Typer(no_args_is_help=True, help="Versions of a dataset: what it held at a moment.")

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Which = Annotated[str, typer.Argument(metavar="VERSION", help="Number, name or id of the version, or latest.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds to wait.")]


@api_command(app, "create")
def create_version(
    session: Session,
    dataset: Dataset,
    name: Annotated[str | None, typer.Option(help="What to call it, beside its number.")] = None,
    description: Annotated[str | None, typer.Option("--description", "-d", help="What it is for.")] = None,
    status: Annotated[str | None, typer.Option(help="Only images of this status, e.g. complete.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until it is ready.")] = True,
    timeout: Timeout = 1800.0,
) -> None:
    """Freeze a dataset: its images with all that is said about them."""
    session.record(
        session.client.versions.create(
            dataset, name=name, description=description, status_filter=status, wait=wait, timeout=timeout
        )
    )


@api_command(app, "list")
def list_versions(
    session: Session,
    dataset: Dataset,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100,
) -> None:
    """List the versions of a dataset, newest first."""
    session.table(
        list(session.client.versions.iter(dataset, max_total=limit)),
        {
            "Version": lambda v: v.number,
            "Name": lambda v: v.name,
            "Status": lambda v: v.status,
            "Images": lambda v: v.image_count,
            "Annotations": lambda v: v.annotation_count,
            "Only": lambda v: v.status_filter,
            "Made": lambda v: f"{v.created_at:%Y-%m-%d %H:%M}",
            "Description": lambda v: v.description,
        },
    )


@api_command(app, "get")
def get_version(session: Session, dataset: Dataset, version: Which) -> None:
    """Show one version."""
    session.record(session.client.versions.get(dataset, version))


@api_command(app, "diff")
def compare_versions(
    session: Session,
    dataset: Dataset,
    version: Which,
    since: Annotated[str | None, typer.Option(help="The version to compare with; else the one before it.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="List at most so many images of a kind.")] = 20,
) -> None:
    """Show what changed in a version since another one."""
    diff = session.client.versions.diff(dataset, version, since=since, limit=limit)
    session.line("\n".join(_lines(diff)), diff)


@api_command(app, "lineage")
def show_lineage(session: Session, dataset: Dataset, version: Which) -> None:
    """Show what was made from a version: exports, training runs, models, datasets."""
    session.record(session.client.versions.lineage(dataset, version))


@api_command(app, "name")
def name_version(
    session: Session,
    dataset: Dataset,
    version: Which,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    description: Annotated[str | None, typer.Option("--description", "-d", help="What it is for.")] = None,
) -> None:
    """Give a version a name."""
    session.record(session.client.versions.update(dataset, version, name=name, description=description))


@api_command(app, "export")
def export_version(
    session: Session,
    dataset: Dataset,
    version: Which,
    name: Annotated[str, typer.Argument(help="Name of the export.")],
    format: Annotated[AnyExportFormat, typer.Option(help="Format of the annotations.")] = "pictograph",
    include_images: Annotated[bool, typer.Option(help="Put the images into the ZIP.")] = False,
    timeout: Timeout = 300.0,
) -> None:
    """Write a version to a ZIP on the server, whatever became of the dataset since."""
    session.record(
        session.client.versions.export(
            dataset, version, name, format=format, include_images=include_images, timeout=timeout
        )
    )


@api_command(app, "restore")
def restore_version(
    session: Session,
    dataset: Dataset,
    version: Which,
    new_name: Annotated[str, typer.Argument(help="Name of the dataset to make.")],
    wait: Annotated[bool, typer.Option(help="Wait until every image is there.")] = True,
    timeout: Timeout = 3600.0,
) -> None:
    """Make a version a dataset of its own. The dataset it is of stays as it is."""
    session.record(session.client.versions.restore(dataset, version, new_name, wait=wait, timeout=timeout))


@api_command(app, "delete")
def delete_version(
    session: Session,
    dataset: Dataset,
    version: Which,
    force: Annotated[bool, typer.Option(help="Also when a model learned from it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a version with what it alone holds."""
    session.confirm(f"Delete version {version} of dataset {dataset!r}?", yes=yes)
    session.client.versions.delete(dataset, version, force=force)
    session.line(f"Deleted version {version} of dataset {dataset!r}", {"dataset": dataset, "version": version})


def _lines(diff: VersionDiff) -> list[str]:
    """Return a comparison in words: totals, classes, then images with + - ~ before them."""
    since = "nothing" if diff.since is None else f"version {diff.since}"
    lines = [
        f"{diff.dataset_name}: from {since} to version {diff.number}",
        f"  images: {diff.images_added} added, {diff.images_removed} removed, {diff.images_changed} changed, "
        f"{diff.images_unchanged} the same",
        f"  annotations: {diff.annotations_before} -> {diff.annotations_after}",
    ]
    lines += [f"  class {each.name}: {each.annotations_before} -> {each.annotations_after}" for each in diff.classes]
    for sign, images in (("+", diff.added), ("-", diff.removed), ("~", diff.changed)):
        for image in images:
            what = f" ({', '.join(image.changes)})" if image.changes else ""
            lines.append(f"{sign} {image.folder_path.rstrip('/')}/{image.filename}{what}")
    return lines
