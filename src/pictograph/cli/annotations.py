"""`pictograph annotations`: read, replace and delete what a dataset says about an image."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from pydantic import ValidationError as InvalidAnnotation

from pictograph.cli.images import ImageId
from pictograph.cli.session import Session, api_command
from pictograph.models.annotation import Annotation

app = typer.Typer(no_args_is_help=True, help="Annotations of an image.")


@api_command(app, "get")
def get_annotations(
    session: Session,
    image_id: ImageId,
    version: Annotated[int | None, typer.Option(min=0, help="As they were at this version.")] = None,
) -> None:
    """Print the annotations of an image, as JSON."""
    resource = session.client.annotations
    session.json(resource.get(image_id) if version is None else resource.at_version(image_id, version).annotations)


@api_command(app, "history")
def list_history(
    session: Session,
    image_id: ImageId,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="At most so many.")] = 20,
) -> None:
    """List what the annotations of an image were: who saved what when."""
    session.table(
        session.client.annotations.history(image_id, limit=limit),
        {
            "Version": lambda v: f"{v.version} (current)" if v.is_current else v.version,
            "When": lambda v: f"{v.saved_at:%Y-%m-%d %H:%M:%S}",
            "Who": lambda v: v.saved_by_name or v.saved_by,
            "Annotations": lambda v: v.annotation_count,
            "Added": lambda v: v.added,
            "Changed": lambda v: v.changed,
            "Removed": lambda v: v.removed,
            "Note": lambda v: v.note,
        },
    )


@api_command(app, "restore")
def restore_annotations(
    session: Session, image_id: ImageId, version: Annotated[int, typer.Argument(min=0, help="Of the history.")]
) -> None:
    """Make the annotations of an image what they were at a version. What they are now stays in the history."""
    session.record(session.client.annotations.restore(image_id, version))


@api_command(app, "save")
def save_annotations(
    session: Session,
    image_id: ImageId,
    file: Annotated[
        Path, typer.Option("--file", "-f", help="A JSON list of annotations.", exists=True, dir_okay=False)
    ],
) -> None:
    """Replace the annotations of an image with those in a file."""
    session.record(session.client.annotations.save(image_id, _read(file)))


@api_command(app, "delete")
def delete_annotations(
    session: Session, image_id: ImageId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Delete every annotation of an image."""
    session.confirm(f"Delete every annotation of image {image_id}?", yes=yes)
    session.record(session.client.annotations.delete(image_id))


def _read(file: Path) -> list[Annotation]:
    try:
        document = json.loads(file.read_bytes())
    except ValueError as bad:
        raise typer.BadParameter(f"{file} is not JSON: {bad}", param_hint="--file") from None
    if not isinstance(document, list):
        raise typer.BadParameter(f"{file} must hold a JSON list of annotations", param_hint="--file")
    try:
        return TypeAdapter(list[Annotation]).validate_python(document)
    except InvalidAnnotation as invalid:
        first = invalid.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise typer.BadParameter(f"{file}: annotation {place}: {first['msg']}", param_hint="--file") from None
