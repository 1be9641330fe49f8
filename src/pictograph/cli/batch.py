"""`pictograph batch`: one change to many images, to a folder, or to what is in the trash."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.batch import BatchResult, BulkChange, DuplicateHandling
from pictograph.models.image import ImageStatus

app = typer.Typer(no_args_is_help=True, help="Many images at once: move, copy, update, delete; folders and the trash.")

# So many failures are named for a person; `--json` has them all.
_SHOWN = 10

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of images.")]
IdsFrom = Annotated[Path | None, typer.Option("--from", help="File with one id a line; - reads them from stdin.")]
Folder = Annotated[str, typer.Option("--folder", "-f", help="Folder they come to.")]
Taken = Annotated[
    DuplicateHandling | None,
    typer.Option("--taken", help="Where a name is taken: rename, skip, or overwrite, which moves to the trash."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Permanent = Annotated[bool, typer.Option("--permanent", help="Delete for good instead of moving to the trash.")]
WithAnnotations = Annotated[bool, typer.Option("--annotations", help="Copy annotations, tags and status too.")]


@api_command(app, "move")
def move(
    session: Session,
    dataset: Dataset,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    folder: Folder = "/",
    taken: Taken = None,
) -> None:
    """Give images another folder."""
    result = session.client.batch.move(
        dataset, _ids(ids, ids_from), target_folder_path=folder, duplicate_handling=taken
    )
    _show(session, result, f"moved to {folder}")


@api_command(app, "copy")
def copy(
    session: Session,
    dataset: Dataset,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    folder: Annotated[str | None, typer.Option("--folder", "-f", help="Folder they come to; / without it.")] = None,
    to: Annotated[
        str | None, typer.Option(help="Another dataset; there the folders are kept without --folder.")
    ] = None,
    taken: Taken = None,
    annotations: WithAnnotations = False,
) -> None:
    """Copy images, within their dataset or to another."""
    wanted, handling = _ids(ids, ids_from), taken or "rename"
    if to is None:
        result = session.client.batch.copy(
            dataset,
            wanted,
            target_folder_path=folder or "/",
            duplicate_handling=handling,
            copy_annotations=annotations,
        )
    else:
        result = session.client.batch.copy_to_dataset(
            dataset, wanted, to, target_folder_path=folder, duplicate_handling=handling, copy_annotations=annotations
        )
    _show(session, result, "copied")


@api_command(app, "update")
def update(
    session: Session,
    dataset: Dataset,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    status: Annotated[ImageStatus | None, typer.Option(help="What the images become.")] = None,
    display_name: Annotated[str | None, typer.Option(help="What people call them; '' takes it away.")] = None,
) -> None:
    """Set the status or the display name of images."""
    if status is None and display_name is None:
        raise typer.BadParameter("say what to set: --status or --display-name")
    result = session.client.batch.update(dataset, _ids(ids, ids_from), status=status, display_name=display_name)
    _show(session, result, "updated")


@api_command(app, "delete")
def delete(
    session: Session,
    dataset: Dataset,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    permanent: Permanent = False,
    yes: Yes = False,
) -> None:
    """Take images to the trash, or delete them for good."""
    wanted = _ids(ids, ids_from)
    if permanent:
        session.confirm(f"Delete {len(wanted)} images of dataset {dataset!r} for good?", yes=yes)
    result = session.client.batch.delete(dataset, wanted, permanent=permanent)
    _show(session, result, "deleted" if permanent else "moved to the trash")


@api_command(app, "move-folder")
def move_folder(
    session: Session,
    dataset: Dataset,
    folder: Annotated[str, typer.Argument(help="The folder as it is.")],
    target: Annotated[str, typer.Argument(help="The whole path that it gets.")],
    taken: Taken = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 1800.0,
) -> None:
    """Move or rename a folder with all that is below it."""
    change = session.client.batch.move_folder(
        dataset, folder, target, duplicate_handling=taken or "skip", timeout=timeout
    )
    _show_change(session, change, f"moved to {target}")


@api_command(app, "delete-folder")
def delete_folder(
    session: Session,
    dataset: Dataset,
    folder: Annotated[str, typer.Argument(help="The folder.")],
    permanent: Permanent = False,
    yes: Yes = False,
) -> None:
    """Take all images in a folder and below it to the trash, or delete them for good."""
    if permanent:
        session.confirm(f"Delete all images of dataset {dataset!r} in {folder!r} and below for good?", yes=yes)
    change = session.client.batch.delete_folder(dataset, folder, permanent=permanent)
    _show_change(session, change, "deleted" if permanent else "moved to the trash")


@api_command(app, "trash")
def trash(
    session: Session,
    dataset: Dataset,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100,
) -> None:
    """List the images in a dataset's trash."""
    found = list(session.client.batch.trash(dataset, page_size=min(limit, 1000), max_total=limit))
    session.table(
        found,
        {
            "File": lambda i: i.filename,
            "Folder": lambda i: i.virtual_folder_path,
            "Id": lambda i: i.id,
            "Status": lambda i: i.status,
            "Annotations": lambda i: i.annotation_count,
        },
    )


@api_command(app, "restore")
def restore(
    session: Session,
    dataset: Dataset,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is in the trash.")] = False,
    taken: Taken = None,
) -> None:
    """Take images out of the trash, back into the folders they came from."""
    handling = taken or "rename"
    if everything:
        if ids or ids_from:
            raise typer.BadParameter("name images, or take everything with --all")
        _show_change(session, session.client.batch.restore_all(dataset, duplicate_handling=handling), "restored")
        return
    result = session.client.batch.restore(dataset, _ids(ids, ids_from), duplicate_handling=handling)
    _show(session, result, "restored")


@api_command(app, "empty-trash")
def empty_trash(session: Session, dataset: Dataset, yes: Yes = False) -> None:
    """Delete for good what is in a dataset's trash."""
    session.confirm(f"Delete for good what is in the trash of dataset {dataset!r}?", yes=yes)
    _show_change(session, session.client.batch.empty_trash(dataset), "deleted")


def _ids(ids: list[str] | None, ids_from: Path | None) -> list[str]:
    if (ids_from is None) == (not ids):
        raise typer.BadParameter("name images by their ids, or give a file of ids with --from")
    if ids:
        return ids
    try:
        text = sys.stdin.read() if str(ids_from) == "-" else Path(str(ids_from)).expanduser().read_text()
    except OSError as unreadable:
        raise typer.BadParameter(f"{ids_from} cannot be read: {unreadable.strerror}", param_hint="--from") from None
    found = text.split()
    if not found:
        raise typer.BadParameter(f"there is no id in {ids_from}", param_hint="--from")
    return found


def _show(session: Session, result: BatchResult, what: str) -> None:
    session.line(f"{result.processed} images {what}", result)
    for failure in result.failed[:_SHOWN]:
        session.note(f"{failure.id}: {failure.reason}")
    if len(result.failed) > _SHOWN:
        session.note(f"and {len(result.failed) - _SHOWN} more; --json lists them all")
    if not result.success:
        raise typer.Exit(1)


def _show_change(session: Session, change: BulkChange, what: str) -> None:
    session.line(f"{change.processed} images {what}", change)
    for failure in change.failed[:_SHOWN]:
        session.note(f"{failure.id}: {failure.reason}")
    if change.failed_count > _SHOWN:
        session.note(f"and {change.failed_count - _SHOWN} more")
    if not change.success:
        raise typer.Exit(1)
