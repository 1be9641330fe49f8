"""`pictograph formats`: labels from one format to another on this machine; no server is asked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pictograph.cli.failures import WRONG_USAGE
from pictograph.cli.session import Session, api_command

if TYPE_CHECKING:
    from pictograph.formats import Conversion, ReadReport

app = typer.Typer(no_args_is_help=True, help="Labels in the field's formats: look at them, convert them. Offline.")

Source = Annotated[Path, typer.Argument(help="Folder, archive (.zip, .tar, .tar.gz) or document with labels.")]
SourceFormat = Annotated[
    str | None, typer.Option("--from", help="Format of the source; else it is told from the files.")
]


@api_command(app, "list")
def list_formats(session: Session) -> None:
    """List the formats there are and what each can hold."""
    formats = _formats()
    session.table(
        [{"name": each.name, "title": each.title, "holds": sorted(each.holds)} for each in formats.FORMATS.values()],
        {"Name": lambda f: f["name"], "What": lambda f: f["title"], "Holds": lambda f: ", ".join(f["holds"])},
    )


@api_command(app, "inspect")
def inspect(session: Session, source: Source, source_format: SourceFormat = None) -> None:
    """Say what a folder or archive holds: format, images, classes, and what cannot be read."""
    formats = _formats()
    with formats.open_labels(source, format=source_format) as labels:
        counts: dict[str, int] = dict.fromkeys(labels.class_names, 0)
        images, files = 0, set[str]()
        for image, annotations in labels:
            images += 1
            files |= {image.file} if image.file else set()
            for name in (*(each.name for each in annotations), *image.tags):
                counts[name] = counts.get(name, 0) + 1
        unlabelled = len(labels.unlabelled(files))
    if session.as_json:
        session.json(
            {
                "format": labels.format.name,
                "images": images,
                "images_there": len(files),
                "unlabelled_images": unlabelled,
                "classes": counts,
                "remarks": labels.remarks,
                **labels.report.as_dict(),
            }
        )
        return
    typer.echo(f"{labels.format.title}\n{images} images with labels, {len(files)} of them here, {unlabelled} without")
    session.table(list(counts.items()), {"Class": lambda row: row[0], "Labels": lambda row: row[1]})
    for remark in labels.remarks:
        typer.echo(remark)
    _tell_left_out(labels.report)


@api_command(app, "convert")
def convert(
    session: Session,
    source: Source,
    target: Annotated[Path, typer.Argument(help="ZIP to write, by its ending, else a new folder.")],
    to: Annotated[str, typer.Option(help="Format to write; `pictograph formats list` has them.")],
    source_format: SourceFormat = None,
    images: Annotated[
        bool | None, typer.Option("--images/--no-images", help="Take the images along; else when all are there.")
    ] = None,
    only_class: Annotated[
        list[str] | None, typer.Option("--class", help="Only this class; may be given several times.")
    ] = None,
) -> None:
    """Write labels in another format, and say what it cannot hold."""
    result = _formats().convert(
        source, target, to=to, source_format=source_format, include_images=images, class_filter=only_class or None
    )
    if session.as_json:
        session.json(result.as_dict())
    else:
        _tell(result)


def _tell(result: "Conversion") -> None:
    with_images = "" if result.has_images else ", without the images"
    typer.echo(
        f"{result.source_format} -> {result.target_format}: {result.written.images} images, "
        f"{result.written.annotations} annotations{with_images}; wrote {result.path}"
    )
    if lost := +result.written.lost:
        typer.echo(f"What {result.target_format} cannot hold:")
        for loss, count in lost.most_common():
            typer.echo(f"  {count} {loss.value}")
    if result.unlabelled_images:
        typer.echo(f"{result.unlabelled_images} images have no labels and were left out")
    _tell_left_out(result.read)


def _tell_left_out(report: "ReadReport") -> None:
    if skipped := +report.skipped:
        typer.echo("Left out while reading:")
        for what, count in skipped.most_common():
            typer.echo(f"  {count} {what.value}")
    for problem in report.problems:
        typer.echo(f"Problem: {problem}", err=True)
    if report.problem_count > len(report.problems):
        typer.echo(f"Problem: and {report.problem_count - len(report.problems)} more", err=True)


def _formats():  # noqa: ANN202  # the module
    """Return `pictograph.formats`, or end with what to install where numpy is missing."""
    try:
        from pictograph import formats

        assert formats.FORMATS  # which loads what is needed
    except ModuleNotFoundError as missing:
        typer.echo(
            f"Error: labels in files cannot be read here: {missing.name} is not installed\n"
            "Fix: pip install 'pictograph[server]'; in a clone, pip install '.[all]'",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE) from None
    return formats
