"""`pictograph images`: list, upload, download, review, archive or delete."""

import re
from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.image import ImageStatus
from pictograph.models.listing import ImageSort

app = typer.Typer(no_args_is_help=True, help="Images of a dataset.")

ImageId = Annotated[str, typer.Argument(help="Id of the image.")]


@api_command(app, "list")
def list_images(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100,
    status: Annotated[str | None, typer.Option(help="Of this status, or in_progress: annotate or review.")] = None,
    class_name: Annotated[str | None, typer.Option("--class", help="Annotated or tagged with this class.")] = None,
    folder: Annotated[str | None, typer.Option("--folder", "-f", help="In this folder and below it.")] = None,
    recursive: Annotated[bool, typer.Option(help="Also what is below the folder.")] = True,
    source: Annotated[
        str | None, typer.Option(help="With an annotation by people, machine, an engine (sam3) or model:ID.")
    ] = None,
    min_confidence: Annotated[float | None, typer.Option(min=0, max=1, help="Of the least confident one.")] = None,
    max_confidence: Annotated[float | None, typer.Option(min=0, max=1, help="Of the least confident one.")] = None,
    text: Annotated[str | None, typer.Option(help="A part of the file's name.")] = None,
    tag: Annotated[str | None, typer.Option(help="Tagged with this.")] = None,
    annotated: Annotated[bool | None, typer.Option("--annotated/--not-annotated", help="Or the others.")] = None,
    min_annotations: Annotated[int | None, typer.Option(min=0, help="With at least so many annotations.")] = None,
    max_annotations: Annotated[int | None, typer.Option(min=0, help="With at most so many annotations.")] = None,
    size: Annotated[str | None, typer.Option(help="Of this size in pixels, 640x480.")] = None,
    min_aspect: Annotated[float | None, typer.Option(min=0, help="Width divided by height, at least.")] = None,
    max_aspect: Annotated[float | None, typer.Option(min=0, help="Width divided by height, less than.")] = None,
    archived: Annotated[bool, typer.Option(help="Those in the trash.")] = False,
    sort: Annotated[ImageSort, typer.Option(help="What comes first.")] = "newest",
) -> None:
    """List the images of a dataset, narrowed by what is given."""
    if size is not None and re.fullmatch(r"\d{1,9}x\d{1,9}", size) is None:
        raise typer.BadParameter(f"{size!r} is no size; write WIDTHxHEIGHT, as 640x480", param_hint="--size")
    found = session.client.images.list(
        dataset,
        sort=sort,
        limit=limit,
        status=status,
        class_name=class_name,
        folder_path=folder,
        recursive=recursive,
        source=source,
        min_confidence=min_confidence,
        max_confidence=max_confidence,
        text=text,
        tag=tag,
        annotated=annotated,
        min_annotations=min_annotations,
        max_annotations=max_annotations,
        size=size,
        min_aspect=min_aspect,
        max_aspect=max_aspect,
        archived=archived,
    )
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


@api_command(app, "upload")
def upload_image(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    file: Annotated[Path, typer.Argument(help="The image.")],
    folder: Annotated[str, typer.Option("--folder", "-f", help="Folder inside the dataset.")] = "/",
) -> None:
    """Upload one image. For a folder of them see `pictograph datasets import`."""
    if file.expanduser().is_dir():
        raise typer.BadParameter(
            f"{file} is a folder; `pictograph datasets import {dataset} {file}` uploads what is in it",
            param_hint="FILE",
        )
    dataset_id = session.client.datasets.get(dataset).id
    session.record(session.client.images.upload(dataset_id, file, folder_path=folder))


@api_command(app, "download")
def download_image(
    session: Session,
    image_id: ImageId,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
) -> None:
    """Download the bytes of an image as they were uploaded."""
    path = session.client.images.download(image_id, output)
    session.record({"image_id": image_id, "output_path": path})


@api_command(app, "status")
def set_status(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    status: Annotated[ImageStatus, typer.Argument(help="What the images become.")],
    image_ids: Annotated[list[str] | None, typer.Argument(help="Ids of images.")] = None,
    all_in: Annotated[ImageStatus | None, typer.Option(help="Take all images that have this status now.")] = None,
) -> None:
    """Set the status of images: `complete` ones are trained on, `review` ones wait for people."""
    if (all_in is None) == (not image_ids):
        raise typer.BadParameter("name images by their ids, or take all with --all-in STATUS")
    ids = image_ids or [image.id for image in session.client.images.iter(dataset, status=all_in)]
    # The server takes 10,000 at a time.
    results = [
        session.client.batch.update(dataset, ids[start : start + 10_000], status=status)
        for start in range(0, len(ids), 10_000)
    ]
    failed = [failure for result in results for failure in result.failed]
    changed = sum(result.processed for result in results)
    session.line(
        f"{changed} images are {status} now" + (f", {len(failed)} were not found" if failed else ""),
        {"changed": changed, "failed": [failure.id for failure in failed]},
    )
    if failed:
        raise typer.Exit(1)


@api_command(app, "delete")
def delete_image(
    session: Session,
    image_id: ImageId,
    permanent: Annotated[bool, typer.Option(help="Delete it for good instead of archiving it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Archive an image, or delete it for good."""
    verb = "Delete" if permanent else "Archive"
    session.confirm(f"{verb} image {image_id}?", yes=yes)
    session.client.images.delete(image_id, permanent=permanent)
    session.line(f"{verb}d image {image_id}", {"image_id": image_id, "permanent": permanent})
