"""`pictograph pipelines`: runs that the server drives, whoever started them: start, watch, stop, go on, repeat."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.failures import FAILED
from pictograph.cli.options import Annotator, Classes, TrainConfig, TrainSettings, parse_settings
from pictograph.cli.options import parse_classes as read_classes
from pictograph.cli.session import Session, api_command
from pictograph.models.pipeline import PipelineRun, PipelineStatus, PipelineUpload, UploadProblem
from pictograph.models.training import GpuType, PipelineType
from pictograph.workflows import UploadReport, upload_dataset_from_folder
from pictograph.workflows.checks import parse_classes, parse_train_config, require_folder

app = typer.Typer(no_args_is_help=True, help="Pipeline runs: watch, stop, resume, repeat.")

RunId = Annotated[str, typer.Argument(help="Id of the pipeline run.")]


@api_command(app, "list")
def list_runs(
    session: Session,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    status: Annotated[PipelineStatus | None, typer.Option(help="Only those.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List the pipeline runs, newest first."""
    session.table(
        list(session.client.pipelines.iter(dataset_name=dataset, status=status, max_total=limit)),
        {
            "Name": lambda r: r.name,
            "Id": lambda r: r.id,
            "Dataset": lambda r: r.dataset_name,
            "Status": lambda r: f"waits for {r.waiting_for}" if r.waiting_for else r.status,
            "Stage": lambda r: r.stage,
            "Model": lambda r: r.model_id,
        },
    )


@api_command(app, "start")
def start(
    session: Session,
    folder: Annotated[Path, typer.Argument(help="Folder with the images; its sub-folders are kept.")],
    classes: Classes,
    dataset: Annotated[str | None, typer.Option(help="Name of the dataset; else the folder's name.")] = None,
    pipeline: Annotated[PipelineType, typer.Option("--pipeline", "-p", help="What to train.")] = "yolox",
    gpu: Annotated[GpuType, typer.Option(help="Kind of accelerator; without it, what the machine has.")] = "a10g",
    config: TrainConfig = None,
    settings: TrainSettings = None,
    review: Annotated[bool, typer.Option(help="Wait after labelling, so that people can correct the labels.")] = False,
    train: Annotated[bool, typer.Option(help="Train a model.")] = True,
    annotator: Annotator = None,
    max_credits: Annotated[int | None, typer.Option(min=0, help="Do not label if that may cost more.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
) -> None:
    """Upload a folder, and leave the rest to the server: this command ends when the files are there."""
    require_folder(folder)
    client = session.client
    run = client.pipelines.create(
        dataset or folder.expanduser().resolve().name,
        pipeline=pipeline,
        classes=parse_classes(read_classes(classes)),
        gpu=gpu,
        train_config=parse_train_config(parse_settings(config, settings)),
        review=review,
        train=train,
        annotator=annotator,
        max_credits=max_credits,
        name=name,
    )
    report = upload_dataset_from_folder(client, run.dataset_name, folder)
    if not report.success:
        session.note(str(report))
    session.record(_brief(client.pipelines.continue_(run.id, upload=_figures(report))))


@api_command(app, "status")
def status(session: Session, run_id: RunId) -> None:
    """Show how a pipeline run stands."""
    session.record(_brief(session.client.pipelines.get(run_id)))


@api_command(app, "follow")
def follow(session: Session, run_id: RunId) -> None:
    """Print a line whenever a stage changes, until the run has ended. Ends with 0 only when it is completed."""
    said = ""
    for run in session.client.pipelines.follow(run_id):
        words = _line(run)
        if words != said:
            session.line(words, run)
            said = words
        if run.status in ("failed", "cancelled"):
            raise typer.Exit(FAILED)


@api_command(app, "continue")
def continue_(
    session: Session,
    run_id: RunId,
    accept_rest: Annotated[
        bool, typer.Option(help="What still waits for review is good as it is, and is trained on too.")
    ] = False,
) -> None:
    """Say that the images are there, or that people have looked long enough."""
    session.record(_brief(session.client.pipelines.continue_(run_id, accept_rest=accept_rest)))


@api_command(app, "cancel")
def cancel(
    session: Session, run_id: RunId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Stop a pipeline run and the job it waits for."""
    session.confirm(f"Stop pipeline run {run_id}?", yes=yes)
    session.record(_brief(session.client.pipelines.cancel(run_id)))


@api_command(app, "resume")
def resume(session: Session, run_id: RunId) -> None:
    """Go on from where a run is, after a failure, a cancel, or for want of credits."""
    session.record(_brief(session.client.pipelines.resume(run_id)))


@api_command(app, "rerun")
def rerun(session: Session, run_id: RunId) -> None:
    """Begin a new run with the same settings."""
    session.record(_brief(session.client.pipelines.rerun(run_id)))


def _figures(report: UploadReport) -> PipelineUpload:
    problems = [UploadProblem(path=str(each.path)[:2000], reason=each.reason[:2000]) for each in report.failures[:1000]]
    return PipelineUpload(
        uploaded=report.images_uploaded, skipped=report.images_skipped, failed=len(report.failures), failures=problems
    )


def _brief(run: PipelineRun) -> dict[str, object]:
    return {
        "run_id": run.id,
        "name": run.name,
        "dataset_name": run.dataset_name,
        "status": run.status,
        "stage": run.stage,
        "waiting_for": run.waiting_for,
        "labelled": f"{run.annotate.labelled} of {run.annotate.total}",
        "review": f"{run.review.waiting} to look at",
        "training": f"epoch {run.train.epoch} of {run.train.epochs or '?'}",
        "model_id": run.model_id,
        "error_message": run.error_message or run.credit_skip_reason,
    }


def _line(run: PipelineRun) -> str:
    words = {
        "upload": f"{run.upload.images} images, {run.upload.preparing} being prepared",
        "annotate": f"{run.annotate.labelled} of {run.annotate.total} images labelled",
        "review": f"{run.review.waiting} images to look at",
        "train": f"epoch {run.train.epoch} of {run.train.epochs}" if run.train.epoch else "the training begins",
        "done": f"model {run.model_id}" if run.model_id else "done",
    }
    waits = f", waits for {run.waiting_for}" if run.waiting_for else ""
    problem = run.error_message or run.credit_skip_reason
    return f"{run.stage}: {words[run.stage]} ({run.status}{waits})" + (f": {problem}" if problem else "")
