"""`pictograph train`: start a training, follow it, stop it."""

from typing import Annotated

import typer

from pictograph.cli.options import TrainConfig, parse_config
from pictograph.cli.session import Session, api_command
from pictograph.models.training import GpuType, PipelineType, TrainingRun
from pictograph.workflows import train_pipeline

app = typer.Typer(no_args_is_help=True, help="Training runs.")

RunId = Annotated[str, typer.Argument(help="Id of the training run.")]


@api_command(app, "list")
def list_runs(
    session: Session,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List the training runs, newest first."""
    session.table(
        list(session.client.training.iter(dataset_name=dataset, max_total=limit)),
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
    gpu: Annotated[GpuType, typer.Option(help="Kind of accelerator; without it, what the machine has.")] = "a10g",
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    config: TrainConfig = None,
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
        config=parse_config(config),
        wait=wait,
        timeout=timeout,
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


@api_command(app, "status")
def status(session: Session, run_id: RunId) -> None:
    """Show how a training run stands."""
    session.record(session.client.training.get(run_id))


@api_command(app, "logs")
def logs(session: Session, run_id: RunId) -> None:
    """Print one line about a training run."""
    run = session.client.training.get(run_id)
    session.line(_status_line(run), run)


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
