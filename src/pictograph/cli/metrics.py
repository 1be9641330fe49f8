"""`pictograph metrics`: what labels are worth, before anything is trained on them."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pictograph.cli.failures import WRONG_USAGE
from pictograph.cli.session import Session, api_command
from pictograph.models.comparison import HISTOGRAM_STEPS, Comparison
from pictograph.models.comparison_text import HEADINGS, class_rows, title, worst_rows

app = typer.Typer(no_args_is_help=True, help="Measure labels: people, machines and files against each other.")

SourceName = Annotated[
    str,
    typer.Argument(
        help="A folder, ZIP or JSON with labels, or dataset:NAME. With --dataset: people, machine, an engine, "
        "model:ID, batch:ID or dataset:NAME."
    ),
]
DatasetName = Annotated[str | None, typer.Option("--dataset", "-d", help="Measure inside this dataset of the server.")]
ClassNames = Annotated[str | None, typer.Option("--classes", "-c", help="Only these, with commas between.")]
Iou = Annotated[float, typer.Option(min=0.01, max=1, help="Least overlap of a match.")]
_BAR = 40
# Columns a terminal needs for the intervals of precision and recall; `print(comparison)` and --json always have them.
_WIDE = 105


@api_command(app, "compare")
def compare(
    session: Session,
    reference: SourceName,
    other: SourceName,
    dataset: DatasetName = None,
    classes: ClassNames = None,
    iou: Iou = 0.5,
    worst: Annotated[int, typer.Option(min=0, max=1000, help="List so many of the worst images.")] = 10,
    review: Annotated[int, typer.Option(min=0, max=5000, help="List so many images to review first.")] = 10,
) -> None:
    """Measure OTHER against REFERENCE, class by class. Files are compared here, without a server."""
    class_names = [name.strip() for name in classes.split(",")] if classes else None
    if dataset is None and reference.startswith("dataset:") and other.startswith("dataset:"):
        dataset = reference.removeprefix("dataset:")
    if dataset is not None:
        comparison = session.client.datasets.compare(
            dataset,
            reference=reference,
            other=other,
            class_names=class_names,
            iou=iou,
            worst_limit=worst,
            review_limit=review,
        )
    else:
        comparison = _compare_files(reference, other, class_names, iou, worst, review)
    if session.as_json:
        session.json(comparison)
    else:
        _print(comparison, worst)


@api_command(app, "review-order")
def review_order(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    other: Annotated[str, typer.Option(help="Whose labels: machine, an engine, model:ID or batch:ID.")] = "machine",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=5000, help="At most so many.")] = 100,
) -> None:
    """List the images that people have not looked at, the most doubtful first."""
    comparison = session.client.datasets.compare(dataset, other=other, worst_limit=0, review_limit=limit)
    session.table(
        comparison.review,
        {
            "Image": lambda entry: entry.path,
            "Labels": lambda entry: entry.label_count,
            "Least confidence": lambda entry: _confidence(entry.least_confidence),
        },
    )
    if not comparison.review:
        session.note(f"People have looked at every image that {other} has labelled")


def _compare_files(
    reference: str, other: str, class_names: list[str] | None, iou: float, worst: int, review: int
) -> Comparison:
    for name in (reference, other):
        if name.startswith("dataset:"):
            raise typer.BadParameter(
                f"{name} is on the server and the other labels are in files. Download it first: "
                f"pictograph datasets download {name.removeprefix('dataset:')} --mode annotations_only"
            )
    try:
        return _measured(reference, other, class_names, iou, worst, review)
    except ModuleNotFoundError as missing:
        typer.echo(
            f"Error: labels in files cannot be measured here: {missing.name} is not installed\n"
            "Fix: pip install 'pictograph[server]'; in a clone, pip install '.[all]'",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE) from None


def _measured(
    reference: str, other: str, class_names: list[str] | None, iou: float, worst: int, review: int
) -> Comparison:
    from pictograph.metrics.agreement import compare
    from pictograph.metrics.label_files import pair_up, read_both

    there, said = read_both(Path(reference), Path(other))
    paired = pair_up(there, said)
    comparison = compare(
        paired.pairs,
        reference=reference,
        other=other,
        iou=iou,
        class_names=class_names,
        unreviewed=paired.unreviewed,
        worst=worst,
    )
    notes = [] if paired.pairs else ["Nothing was compared: no image of one is in the other by folder and name"]
    if paired.not_searched and paired.pairs:
        notes.append(f"{paired.not_searched} images of {reference} are not in {other} and were left out")
    return comparison.model_copy(
        update={
            "images_not_searched": paired.not_searched,
            "images_not_covered": len(paired.unreviewed),
            "review": comparison.review[:review],
            "notes": notes,
        }
    )


def _print(comparison: Comparison, worst: int) -> None:
    console = Console()
    console.print(title(comparison), markup=False, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(HEADINGS[0], overflow="fold", min_width=8)
    for heading in HEADINGS[1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in class_rows(comparison, with_intervals=console.width >= _WIDE):
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    _print_histogram(console, comparison)
    if comparison.worst_images:
        console.print("[bold]Worst images[/bold]")
        for path, problems in worst_rows(comparison, worst):
            console.print(f"  {escape(path)}: {escape(problems)}", highlight=False)
    if comparison.review:
        console.print("[bold]Review first[/bold]")
        for entry in comparison.review:
            least = "nothing found" if entry.least_confidence is None else f"least {entry.least_confidence:.2f}"
            console.print(f"  {escape(entry.path)}: {least}", highlight=False)
    for note in comparison.notes:
        console.print(f"note: {escape(note)}", highlight=False, style="yellow")


def _print_histogram(console: Console, comparison: Comparison) -> None:
    """Draw a bar for each tenth of confidence: what is right, then what is not."""
    counts = comparison.total.histogram
    most = max(map(sum, zip(counts.matched, counts.unmatched, strict=True)))
    if not most:
        return
    console.print("[bold]Confidence[/bold]  right ████  wrong ░░░░")
    for step, (right, wrong) in enumerate(zip(counts.matched, counts.unmatched, strict=True)):
        if right or wrong:
            bar = "█" * round(_BAR * right / most) + "░" * round(_BAR * wrong / most)
            low, high = step / HISTOGRAM_STEPS, (step + 1) / HISTOGRAM_STEPS
            console.print(f"  {low:.1f}-{high:.1f}  {bar} {right} and {wrong}", highlight=False)


def _confidence(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
