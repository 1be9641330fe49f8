"""`pictograph auto-annotate`: label a dataset or one image with SAM 3 from words, boxes or clicks."""

from typing import Annotated

import typer

from pictograph.cli.failures import FAILED
from pictograph.cli.options import Classes, parse_classes
from pictograph.cli.session import Session, api_command
from pictograph.workflows import auto_annotate_dataset
from pictograph.workflows.annotate import AnnotateMode

app = typer.Typer(no_args_is_help=True, help="Label images with SAM 3: from class names, a box, or a click.")

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Filename = Annotated[str, typer.Argument(help="Image file name, or folder/name.")]
JobId = Annotated[str, typer.Argument(help="Id of the batch job.")]
Threshold = Annotated[float, typer.Option(min=0, max=1, help="Least confidence of what is kept.")]


@api_command(app, "run")
def run(
    session: Session,
    dataset: Dataset,
    classes: Classes,
    mode: Annotated[AnnotateMode, typer.Option(help="One job for all images, or a request for each.")] = "batch",
    threshold: Threshold = 0.5,
    overwrite: Annotated[bool, typer.Option(help="Also images that are annotated already.")] = False,
    max_images: Annotated[int | None, typer.Option(min=1, help="At most so many images.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the job.")] = 1800.0,
) -> None:
    """Label the images of a dataset. What is annotated already is left alone."""
    report = auto_annotate_dataset(
        session.client,
        dataset,
        parse_classes(classes),
        mode=mode,
        confidence_threshold=threshold,
        overwrite=overwrite,
        max_images=max_images,
        timeout=timeout,
    )
    session.report(report, success=report.success)
    if not report.success:
        raise typer.Exit(FAILED)


@api_command(app, "text")
def text(session: Session, dataset: Dataset, filename: Filename, prompt: str, threshold: Threshold = 0.3) -> None:
    """Find what a phrase names in one image. Nothing is saved."""
    session.record(
        session.client.auto_annotate.text(dataset, filename, text_prompt=prompt, confidence_threshold=threshold)
    )


@api_command(app, "box")
def box(
    session: Session,
    dataset: Dataset,
    filename: Filename,
    x: float,
    y: float,
    w: float,
    h: float,
    name: Annotated[str, typer.Option(help="Class of what is found.")],
    threshold: Threshold = 0.5,
) -> None:
    """Find everything like what is inside a box (top-left corner and size, pixels). Nothing is saved."""
    session.record(
        session.client.auto_annotate.box(
            dataset, filename, box={"x": x, "y": y, "w": w, "h": h}, name=name, confidence_threshold=threshold
        )
    )


@api_command(app, "point")
def point(
    session: Session,
    dataset: Dataset,
    filename: Filename,
    x: int,
    y: int,
    name: Annotated[str, typer.Option(help="Class of what is found.")] = "object",
    threshold: Threshold = 0.75,
) -> None:
    """Outline the object at a point (pixels). Nothing is saved."""
    session.record(
        session.client.auto_annotate.point(dataset, filename, x=x, y=y, name=name, score_threshold=threshold)
    )


@api_command(app, "status")
def status(session: Session, job_id: JobId) -> None:
    """Show how a batch job stands."""
    session.record(session.client.auto_annotate.get_batch(job_id))


@api_command(app, "wait")
def wait(
    session: Session,
    job_id: JobId,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 1800.0,
) -> None:
    """Wait for a batch job to end."""
    session.record(session.client.auto_annotate.wait_for_batch(job_id, timeout=timeout))


@api_command(app, "cancel")
def cancel(session: Session, job_id: JobId) -> None:
    """Stop a batch job. What it has labelled stays."""
    session.record(session.client.auto_annotate.cancel_batch(job_id))
