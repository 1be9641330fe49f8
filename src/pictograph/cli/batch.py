"""`pictograph batch`: one change to many images, to what matches a filter, to a folder, or to the trash."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.filters import parse_filter
from pictograph.cli.session import Session, api_command
from pictograph.models.batch import (
    ArchiveChange,
    BatchResult,
    BulkChange,
    CopyChange,
    DeleteChange,
    DuplicateHandling,
    MatchingChange,
    MoveChange,
    RestoreChange,
    StatusChange,
)
from pictograph.models.image import ImageStatus

app = typer.Typer(no_args_is_help=True, help="Many images at once: move, copy, update, delete; folders and the trash.")

# So many failures are named for a person; `--json` has them all.
_SHOWN = 10

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of images.")]
IdsFrom = Annotated[Path | None, typer.Option("--from", help="File with one id a line; - reads them from stdin.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="FIELD=VALUE", help="All that match, as class_name=stop; may be given again."),
]
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
    where: Where = None,
    folder: Folder = "/",
    taken: Taken = None,
) -> None:
    """Give images another folder."""
    if where:
        change = MoveChange(target_folder_path=folder, duplicate_handling=taken or "skip")
        _change_matching(session, dataset, ids, ids_from, where, change, f"moved to {folder}")
        return
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
    where: Where = None,
    folder: Annotated[str | None, typer.Option("--folder", "-f", help="Folder they come to; / without it.")] = None,
    to: Annotated[
        str | None, typer.Option(help="Another dataset; there the folders are kept without --folder.")
    ] = None,
    taken: Taken = None,
    annotations: WithAnnotations = False,
) -> None:
    """Copy images, within their dataset or to another."""
    if where:
        change = CopyChange(
            target_dataset_name=to,
            target_folder_path=folder if to else folder or "/",
            duplicate_handling=taken or "rename",
            copy_annotations=annotations,
        )
        _change_matching(session, dataset, ids, ids_from, where, change, "copied")
        return
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
    where: Where = None,
    status: Annotated[ImageStatus | None, typer.Option(help="What the images become.")] = None,
    display_name: Annotated[str | None, typer.Option(help="What people call them; '' takes it away.")] = None,
) -> None:
    """Set the status or the display name of images."""
    if status is None and display_name is None:
        raise typer.BadParameter("say what to set: --status or --display-name")
    if where:
        if status is None or display_name is not None:
            raise typer.BadParameter("what matches is given a --status, and no --display-name")
        _change_matching(session, dataset, ids, ids_from, where, StatusChange(status=status), "updated")
        return
    result = session.client.batch.update(dataset, _ids(ids, ids_from), status=status, display_name=display_name)
    _show(session, result, "updated")


@api_command(app, "delete")
def delete(
    session: Session,
    dataset: Dataset,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    where: Where = None,
    permanent: Permanent = False,
    yes: Yes = False,
) -> None:
    """Take images to the trash, or delete them for good."""
    if where:
        if permanent:
            session.confirm(f"Delete what matches in dataset {dataset!r} for good?", yes=yes)
        change = DeleteChange() if permanent else ArchiveChange()
        done = "deleted" if permanent else "moved to the trash"
        _change_matching(session, dataset, ids, ids_from, where, change, done)
        return
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
    where: Where = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is in the trash.")] = False,
    taken: Taken = None,
) -> None:
    """Take images out of the trash, back into the folders they came from."""
    handling = taken or "rename"
    if everything:
        if ids or ids_from or where:
            raise typer.BadParameter("name images, or take everything with --all")
        _show_change(session, session.client.batch.restore_all(dataset, duplicate_handling=handling), "restored")
        return
    if where:
        change = RestoreChange(duplicate_handling=handling)
        _change_matching(session, dataset, ids, ids_from, [*where, "archived=true"], change, "restored")
        return
    result = session.client.batch.restore(dataset, _ids(ids, ids_from), duplicate_handling=handling)
    _show(session, result, "restored")


@api_command(app, "empty-trash")
def empty_trash(session: Session, dataset: Dataset, yes: Yes = False) -> None:
    """Delete for good what is in a dataset's trash."""
    session.confirm(f"Delete for good what is in the trash of dataset {dataset!r}?", yes=yes)
    _show_change(session, session.client.batch.empty_trash(dataset), "deleted")


def _change_matching(
    session: Session,
    dataset: str,
    ids: list[str] | None,
    ids_from: Path | None,
    where: list[str],
    change: MatchingChange,
    what: str,
) -> None:
    if ids or ids_from:
        raise typer.BadParameter("name images by their ids, or say what matches with --where, not both")
    done = session.client.batch.change_matching(dataset, change, where=parse_filter(where))
    _show_change(session, done, what)


def _ids(ids: list[str] | None, ids_from: Path | None) -> list[str]:
    if (ids_from is None) == (not ids):
        raise typer.BadParameter("name images by their ids, give a file of ids with --from, or filter with --where")
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
