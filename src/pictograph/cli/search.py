"""`pictograph search`: images like one, images with tags, near copies."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command

app = typer.Typer(no_args_is_help=True, help="Find images by what they look like and what they are tagged with.")


@api_command(app, "similar")
def search_similar(
    session: Session,
    image_id: Annotated[str, typer.Argument(help="Id of the image.")],
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least similarity; near copies have 0.9.")] = 0.6,
    folder: Annotated[
        str | None, typer.Option("--folder", "-f", help="Look in this folder, / for everywhere; else in the image's.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="At most so many.")] = 50,
) -> None:
    """List images of the same dataset that look like one, the most alike first."""
    session.table(
        session.client.search.by_similarity(image_id, threshold=threshold, limit=limit, folder_path=folder),
        {
            "File": lambda i: i.filename,
            "Folder": lambda i: i.virtual_folder_path,
            "Id": lambda i: i.id,
            "Status": lambda i: i.status,
            "Similarity": lambda i: f"{i.similarity:.3f}",
        },
    )


@api_command(app, "tags")
def search_tags(
    session: Session,
    objects: Annotated[list[str] | None, typer.Option("--object", help="Shows this; may be repeated.")] = None,
    scenes: Annotated[list[str] | None, typer.Option("--scene", help="Is such a scene; may be repeated.")] = None,
    attributes: Annotated[list[str] | None, typer.Option("--attribute", help="Is like this; may be repeated.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only in this dataset.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="At most so many.")] = 50,
) -> None:
    """List images that carry every one of the tags."""
    if not (objects or scenes or attributes):
        raise typer.BadParameter("name a tag with --object, --scene or --attribute")
    session.table(
        session.client.search.by_tag(
            objects=objects, scenes=scenes, attributes=attributes, dataset_name=dataset, limit=limit
        ),
        {
            "File": lambda i: i.filename,
            "Folder": lambda i: i.virtual_folder_path,
            "Id": lambda i: i.id,
            "Status": lambda i: i.status,
        },
    )


@api_command(app, "duplicates")
def find_duplicates(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    max_distance: Annotated[int, typer.Option(min=0, max=8, help="Bits of 64 that hashes may differ in.")] = 4,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="At most so many groups.")] = 100,
) -> None:
    """List groups of near copies in a dataset, the largest groups first."""
    found = session.client.search.duplicates(dataset, max_distance=max_distance, limit=limit)
    if session.as_json:
        session.record(found)
        return
    session.line(f"{found.group_count} groups among {found.images_searched} of {found.image_count} images", found)
    rows = [(number, group, image) for number, group in enumerate(found.groups, start=1) for image in group.images]
    session.table(
        rows,
        {
            "Group": lambda row: row[0],
            "Same bytes": lambda row: "yes" if row[1].is_exact else "no",
            "File": lambda row: row[2].filename,
            "Folder": lambda row: row[2].virtual_folder_path,
            "Id": lambda row: row[2].id,
        },
    )
