"""`pictograph auto-annotate`: label a dataset or one image from words, examples, boxes or clicks."""

from typing import Annotated

import typer

from pictograph.cli.failures import FAILED
from pictograph.cli.options import Annotator, Classes, TrainedModel, parse_classes
from pictograph.cli.session import Session, api_command
from pictograph.models.auto_annotate import BatchOutputType
from pictograph.workflows import auto_annotate_dataset
from pictograph.workflows.annotate import AnnotateMode

app = typer.Typer(no_args_is_help=True, help="Label images: from class names, an example, a box, or a click.")

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]
Filename = Annotated[str, typer.Argument(help="Image file name, folder/name, or id.")]
JobId = Annotated[str, typer.Argument(help="Id of the batch job.")]
Threshold = Annotated[float, typer.Option(min=0, max=1, help="Least confidence of what is kept.")]
Overwrite = Annotated[bool, typer.Option(help="Also images that are annotated already.")]
MaxCredits = Annotated[int | None, typer.Option(min=0, help="Do not start what may cost more.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds to wait for the job.")]


@api_command(app, "run")
def run(
    session: Session,
    dataset: Dataset,
    classes: Classes = "",
    mode: Annotated[AnnotateMode, typer.Option(help="One job for all images, or a request for each.")] = "batch",
    threshold: Threshold = 0.5,
    overwrite: Overwrite = False,
    max_images: Annotated[int | None, typer.Option(min=1, help="At most so many images.")] = None,
    timeout: Timeout = 1800.0,
    annotator: Annotator = None,
    model: TrainedModel = None,
    exclusive: Annotated[bool, typer.Option(help="Keep an object that answers several classes once.")] = False,
    review: Annotated[bool, typer.Option(help="Put the images up for review.")] = False,
    max_credits: MaxCredits = None,
) -> None:
    """Label the images of a dataset. What is annotated already is left alone.

    A trained model (`--model`) looks for all its classes when none are named.
    """
    report = auto_annotate_dataset(
        session.client,
        dataset,
        parse_classes(classes) if classes else [],
        mode=mode,
        confidence_threshold=threshold,
        overwrite=overwrite,
        max_images=max_images,
        timeout=timeout,
        review=review,
        annotator=annotator,
        model_id=model,
        exclusive=exclusive,
        max_credits=max_credits,
    )
    session.report(report, success=report.success)
    if not report.success:
        raise typer.Exit(FAILED)


@api_command(app, "estimate")
def estimate(
    session: Session,
    dataset: Dataset,
    classes: Classes = "",
    overwrite: Overwrite = False,
    annotator: Annotator = None,
    model: TrainedModel = None,
) -> None:
    """Show what labelling a dataset would do and cost at most. Nothing is started."""
    session.record(
        session.client.auto_annotate.estimate(
            dataset,
            classes=parse_classes(classes) if classes else [],
            skip_annotated=None if overwrite else True,
            annotator=annotator,
            model_id=model,
        )
    )


@api_command(app, "similar")
def similar(
    session: Session,
    dataset: Dataset,
    filename: Filename,
    x: float,
    y: float,
    w: float,
    h: float,
    name: Annotated[str, typer.Option(help="Class of what is found.")],
    unlike: Annotated[
        list[str] | None, typer.Option(help="A box x,y,w,h of what it shall not find; may be given several times.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="Words that narrow it down.")] = None,
    output_type: Annotated[BatchOutputType, typer.Option("--type", help="What to save.")] = "polygon",
    threshold: Threshold = 0.5,
    skip_annotated: Annotated[bool, typer.Option(help="Leave images alone that are annotated already.")] = False,
    annotator: Annotator = None,
    review: Annotated[bool, typer.Option(help="Put the images up for review.")] = False,
    max_credits: MaxCredits = None,
    timeout: Timeout = 1800.0,
) -> None:
    """Find what is like a box (top-left corner and size, pixels) of one image on all of a dataset, and save it."""
    session.record(
        session.client.auto_annotate.similar(
            dataset,
            filename,
            {"x": x, "y": y, "w": w, "h": h},
            name=name,
            negative_boxes=[_parse_box(text) for text in unlike] if unlike else None,
            prompt=prompt,
            output_type=output_type,
            confidence_threshold=threshold,
            skip_annotated=True if skip_annotated else None,
            annotator=annotator,
            review=True if review else None,
            max_credits=max_credits,
            timeout=timeout,
        )
    )


@api_command(app, "text")
def text(
    session: Session,
    dataset: Dataset,
    filename: Filename,
    prompt: str,
    threshold: Threshold = 0.3,
    annotator: Annotator = None,
    model: TrainedModel = None,
) -> None:
    """Find what a phrase names in one image. Nothing is saved."""
    session.record(
        session.client.auto_annotate.text(
            dataset,
            filename,
            text_prompt=prompt,
            confidence_threshold=threshold,
            annotator=annotator,
            model_id=model,
        )
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
    annotator: Annotator = None,
) -> None:
    """Cut out the object inside a box (top-left corner and size, pixels). Nothing is saved."""
    session.record(
        session.client.auto_annotate.box(
            dataset,
            filename,
            box={"x": x, "y": y, "w": w, "h": h},
            name=name,
            confidence_threshold=threshold,
            annotator=annotator,
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
    annotator: Annotator = None,
) -> None:
    """Outline the object at a point (pixels). Nothing is saved."""
    session.record(
        session.client.auto_annotate.point(
            dataset, filename, x=x, y=y, name=name, score_threshold=threshold, annotator=annotator
        )
    )


@api_command(app, "status")
def status(session: Session, job_id: JobId) -> None:
    """Show how a batch job stands."""
    session.record(session.client.auto_annotate.get_batch(job_id))


@api_command(app, "wait")
def wait(
    session: Session,
    job_id: JobId,
    timeout: Timeout = 1800.0,
) -> None:
    """Wait for a batch job to end."""
    session.record(session.client.auto_annotate.wait_for_batch(job_id, timeout=timeout))


@api_command(app, "cancel")
def cancel(session: Session, job_id: JobId) -> None:
    """Stop a batch job. What it has labelled stays."""
    session.record(session.client.auto_annotate.cancel_batch(job_id))


@api_command(app, "accept")
def accept(
    session: Session,
    job_id: JobId,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least confidence of what is taken.")] = 0.0,
) -> None:
    """Write the proposals of a batch job into its dataset. Images that people have decided on stay as they are."""
    session.record(session.client.auto_annotate.accept(job_id, confidence_threshold=threshold))


def _parse_box(text: str) -> dict[str, float]:
    try:
        x, y, w, h = map(float, text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no box; write x,y,w,h in pixels, e.g. 10,20,64,48") from None
    return {"x": x, "y": y, "w": w, "h": h}
