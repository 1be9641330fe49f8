"""`pictograph classes`: list the classes of a dataset; rename, merge and delete them across all images."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command

app = typer.Typer(no_args_is_help=True, help="Classes of a dataset, changed across all its images.")

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Wait = Annotated[bool, typer.Option(help="Wait until it is written into every image.")]


@api_command(app, "list")
def list_classes(session: Session, dataset: Dataset) -> None:
    """List the classes of a dataset."""
    session.table(
        session.client.datasets.get(dataset).classes,
        {"Name": lambda c: c.name, "Type": lambda c: c.type, "Colour": lambda c: c.color},
    )


@api_command(app, "rename")
def rename_class(
    session: Session,
    dataset: Dataset,
    class_name: Annotated[str, typer.Argument(help="The class.")],
    new_name: Annotated[str, typer.Argument(help="What to call it.")],
    wait: Wait = True,
) -> None:
    """Give a class another name, on every image."""
    session.record(session.client.datasets.rename_class(dataset, class_name, new_name, wait=wait))


@api_command(app, "merge")
def merge_classes(
    session: Session,
    dataset: Dataset,
    class_names: Annotated[list[str], typer.Argument(help="The classes that become one.")],
    into: Annotated[str, typer.Option(help="What they become: one of them, another class, or a new name.")],
    wait: Wait = True,
) -> None:
    """Make one class of several, on every image."""
    session.record(session.client.datasets.merge_classes(dataset, class_names, into, wait=wait))


@api_command(app, "delete")
def delete_class(
    session: Session,
    dataset: Dataset,
    class_name: Annotated[str, typer.Argument(help="The class.")],
    wait: Wait = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a class with all its annotations. The history of each image still has them."""
    session.confirm(f"Delete class {class_name!r} of dataset {dataset!r} with all its annotations?", yes=yes)
    session.record(session.client.datasets.delete_class(dataset, class_name, wait=wait))


@api_command(app, "changes")
def list_changes(
    session: Session,
    dataset: Dataset,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
) -> None:
    """List what became of the classes of a dataset, the newest change first."""
    session.table(
        session.client.datasets.class_changes(dataset, limit=limit),
        {
            "When": lambda c: f"{c.created_at:%Y-%m-%d %H:%M}",
            "Who": lambda c: c.created_by_name,
            "What": lambda c: c.kind,
            "Classes": lambda c: ", ".join(c.class_names),
            "Now": lambda c: c.target,
            "Status": lambda c: c.status,
            "Images": lambda c: c.images_changed,
            "Annotations": lambda c: c.annotations_changed,
        },
    )
