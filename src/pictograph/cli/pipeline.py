"""`pictograph pipeline`: a folder of images in, a trained model out."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.failures import FAILED
from pictograph.cli.options import Annotator, Classes, TrainConfig, TrainSettings, parse_classes, parse_settings
from pictograph.cli.session import Session, api_command
from pictograph.exceptions import PictographError
from pictograph.models.training import GpuType, PipelineType
from pictograph.workflows import full_pipeline
from pictograph.workflows.annotate import AnnotateMode
from pictograph.workflows.progress import is_terminal

app = typer.Typer(no_args_is_help=True, help="The whole way from a folder to a model.")


@app.callback()
def _group() -> None:
    """The whole way from a folder to a model."""


@api_command(app, "run")
def run(
    session: Session,
    folder: Annotated[Path, typer.Argument(help="Folder with the images; its sub-folders are kept.")],
    classes: Classes,
    dataset: Annotated[str | None, typer.Option(help="Name of the dataset; else the folder's name.")] = None,
    pipeline: Annotated[PipelineType, typer.Option("--pipeline", "-p", help="What to train.")] = "yolox",
    gpu: Annotated[GpuType, typer.Option(help="Kind of accelerator; without it, what the machine has.")] = "a10g",
    config: TrainConfig = None,
    settings: TrainSettings = None,
    review: Annotated[bool, typer.Option(help="Stop after labelling, so that people can correct the labels.")] = False,
    annotate: Annotated[bool, typer.Option(help="Label the images.")] = True,
    mode: Annotated[AnnotateMode, typer.Option(help="One labelling job, or a request for each image.")] = "batch",
    train: Annotated[bool, typer.Option(help="Train a model.")] = True,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Uploads at a time.")] = 8,
    train_timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the training.")] = 7200.0,
    min_credits: Annotated[int, typer.Option(min=0, help="Do not start with fewer credits.")] = 1,
    annotator: Annotator = None,
    max_credits: Annotated[int | None, typer.Option(min=0, help="Do not label if that may cost more.")] = None,
    parent_model: Annotated[
        str | None, typer.Option(help="Id of a model to go on from, made by the same pipeline.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Download the model (ONNX) to this file.")
    ] = None,
) -> None:
    """Upload a folder, label it, train a model. Run it again and it goes on where it stopped.

    Ends with 0 only when all that was asked for is done; stopped for a review is 1.
    """
    try:
        report = full_pipeline(
            session.client,
            dataset_name=dataset or folder.expanduser().resolve().name,
            folder=folder,
            classes=parse_classes(classes),
            pipeline=pipeline,
            gpu=gpu,
            annotate=annotate,
            annotate_mode=mode,
            train=train,
            upload_workers=workers,
            train_config=parse_settings(config, settings),
            train_timeout=train_timeout,
            min_credits=min_credits,
            review=review,
            annotator=annotator,
            max_credits=max_credits,
            parent_model_id=parent_model,
            # Where bars are drawn, they say it all.
            on_stage=None if is_terminal() else session.note,
        )
    except PictographError as failure:
        session.failed_after(failure)
        raise
    session.report(report, success=report.success)
    if output is not None and report.model is not None:
        session.note(f"Model written to {session.client.models.download(report.model.id, output)}")
    if not report.success:
        raise typer.Exit(FAILED)
