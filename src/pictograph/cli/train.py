"""`pictograph train`: what can be trained, what it costs, start a training, follow it, stop it."""

from collections.abc import Callable
from typing import Annotated

import typer

from pictograph.cli.options import TrainConfig, TrainSettings, parse_settings
from pictograph.cli.session import Session, api_command
from pictograph.cli.train_settings import settings_of
from pictograph.models.training import GpuType, Pipeline, PipelineType, TrainingEpoch, TrainingRun, TrainingStatus
from pictograph.workflows import train_pipeline
from pictograph.workflows.checks import parse_train_config

app = typer.Typer(no_args_is_help=True, help="Training runs.")

RunId = Annotated[str, typer.Argument(help="Id of the training run.")]
Gpu = Annotated[GpuType, typer.Option(help="Kind of accelerator; without it, what the machine has.")]


@api_command(app, "pipelines")
def pipelines(
    session: Session,
    name: Annotated[PipelineType | None, typer.Argument(help="Show the settings of this one.")] = None,
) -> None:
    """List what can be trained, or the settings of one pipeline."""
    found = session.client.training.pipelines()
    if name is None:
        session.table(
            found,
            {
                "Name": lambda p: p.name,
                "Task": lambda p: p.task.replace("_", " "),
                "Learns from": lambda p: ", ".join(p.learns_from),
                "Runs here": _runs_here,
            },
        )
        return
    for pipeline in found:
        if pipeline.name == name:
            session.table(
                settings_of(pipeline),
                {
                    "Setting": lambda s: s.name,
                    "Takes": lambda s: s.takes,
                    "Default": lambda s: s.default,
                    "Does": lambda s: s.description,
                },
            )
            return
    raise typer.BadParameter(f"this server has {', '.join(each.name for each in found)}", param_hint="NAME")


@api_command(app, "list")
def list_runs(
    session: Session,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    status: Annotated[TrainingStatus | None, typer.Option(help="Only of this status.")] = None,
    pipeline: Annotated[PipelineType | None, typer.Option(help="Only of this pipeline.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List the training runs, newest first."""
    found = session.client.training.iter(dataset_name=dataset, status=status, pipeline_type=pipeline, max_total=limit)
    session.table(
        list(found),
        {
            "Name": lambda r: r.name,
            "Id": lambda r: r.id,
            "Pipeline": lambda r: r.pipeline_type,
            "Status": lambda r: r.status,
            "Progress": lambda r: f"{r.progress} %",
            "Device": lambda r: r.device,
            "Model": lambda r: r.model_id,
        },
    )


@api_command(app, "start")
def start(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    pipeline: Annotated[PipelineType, typer.Option("--pipeline", "-p", help="What to train.")],
    gpu: Gpu = "a10g",
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    config: TrainConfig = None,
    settings: TrainSettings = None,
    parent_model: Annotated[
        str | None, typer.Option(help="Id of a model to go on from, made by the same pipeline.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait until it has ended.")] = True,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 7200.0,
) -> None:
    """Train a model on the complete images of a dataset."""
    run, _ = train_pipeline(
        session.client,
        dataset,
        pipeline=pipeline,
        gpu=gpu,
        name=name,
        config=parse_settings(config, settings),
        wait=wait,
        timeout=timeout,
        parent_model_id=parent_model,
    )
    session.record(
        {
            "run_id": run.id,
            "status": run.status,
            "progress": run.progress,
            "device": run.device,
            "model_id": run.model_id,
        }
    )


@api_command(app, "estimate")
def estimate(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    pipeline: Annotated[PipelineType, typer.Option("--pipeline", "-p", help="What to train.")],
    gpu: Gpu = "a10g",
    config: TrainConfig = None,
    settings: TrainSettings = None,
) -> None:
    """Show what training on the complete images of a dataset costs at most. Nothing is started."""
    given = parse_train_config(parse_settings(config, settings))
    session.record(
        session.client.training.estimate(pipeline_type=pipeline, gpu_type=gpu, config=given, dataset_name=dataset)
    )


@api_command(app, "history")
def history(session: Session, run_id: RunId) -> None:
    """List the epochs of a training run: losses, figures, pace."""
    epochs = session.client.training.history(run_id)
    figures = list(dict.fromkeys(name for epoch in epochs for name in epoch.metrics if "/" not in name))
    session.table(
        epochs,
        {
            "Epoch": lambda e: e.epoch,
            "Loss": lambda e: _number(e.losses.get("loss")),
            **{name: _figure(name) for name in figures[:4]},
            "Learning rate": lambda e: _number(e.learning_rate),
            "Images/s": lambda e: _number(e.images_per_second),
            "Seconds": lambda e: f"{e.seconds:.0f}",
        },
    )


@api_command(app, "splits")
def splits(session: Session, run_id: RunId) -> None:
    """Print which image a training run learned from and which it was measured on, as JSON."""
    session.json(session.client.training.splits(run_id))


@api_command(app, "status")
def status(session: Session, run_id: RunId) -> None:
    """Show how a training run stands."""
    session.record(session.client.training.get(run_id))


@api_command(app, "logs")
def logs(
    session: Session,
    run_id: RunId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Every epoch and message until it has ended.")] = False,
) -> None:
    """Print one line about a training run, or with --follow what happens to it."""
    if not follow:
        run = session.client.training.get(run_id)
        session.line(_status_line(run), run)
        return
    run = None
    for news in session.client.training.follow(run_id):
        if isinstance(news, TrainingRun):
            if run is None or news.status != run.status:
                session.line(_status_line(news), news)
            run = news
        elif isinstance(news, TrainingEpoch):
            session.line(_epoch_line(news), news)
        else:
            session.line(news.message, news)


@api_command(app, "cancel")
def cancel(
    session: Session, run_id: RunId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Stop a training run."""
    session.confirm(f"Stop training run {run_id}?", yes=yes)
    session.record(session.client.training.cancel(run_id))


def _status_line(run: TrainingRun) -> str:
    epochs = f", epoch {run.current_epoch}/{run.total_epochs}" if run.total_epochs else ""
    left = f", {run.eta_seconds} s left" if run.eta_seconds is not None else ""
    device = f", on {run.device}" if run.device else ""
    error = f": {run.error_message}" if run.error_message else ""
    return f"{run.name}: {run.status}, {run.progress} %{epochs}{left}{device}{error}"


def _epoch_line(epoch: TrainingEpoch) -> str:
    figures = {**epoch.losses, **{name: value for name, value in epoch.metrics.items() if "/" not in name}}
    left = f", {epoch.eta_seconds} s left" if epoch.eta_seconds is not None else ""
    return f"epoch {epoch.epoch}: {', '.join(f'{name} {value:.4g}' for name, value in figures.items())}{left}"


def _runs_here(pipeline: Pipeline) -> str:
    return "yes" if pipeline.is_available else f"no: {pipeline.why_not}"


def _figure(name: str) -> Callable[[TrainingEpoch], str | None]:
    return lambda epoch: _number(epoch.metrics.get(name))


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.4g}"
