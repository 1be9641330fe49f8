"""`pictograph images`: list, upload, download, archive or delete."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command

app = typer.Typer(no_args_is_help=True, help="Images of a dataset.")

ImageId = Annotated[str, typer.Argument(help="Id of the image.")]


@api_command(app, "list")
def list_images(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 100,
) -> None:
    """List the images of a dataset."""
    found = session.client.datasets.get(dataset, include_images=True, images_limit=limit)
    session.table(
        found.images or [],
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
    """Upload one image. For a folder of them see `pictograph pipeline run`."""
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
