"""A labelled dataset becomes a model: freeze it as an export, train on that, fetch the model."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pictograph.client import Client
from pictograph.exceptions import ConflictError
from pictograph.models.export import Export
from pictograph.models.model import Model
from pictograph.models.training import GpuType, PipelineType, TrainingRun
from pictograph.workflows.checks import parse_train_config, require_gpu, require_name, require_pipeline
from pictograph.workflows.progress import Progress, ProgressCallback, watching

_MOST_NAME_TRIES = 20
_SHORTEST_EXPORT_WAIT_S = 300.0


def train_pipeline(
    client: Client,
    dataset_name: str,
    *,
    pipeline: PipelineType,
    gpu: GpuType = "a10g",
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    export_name: str | None = None,
    class_filter: list[str] | None = None,
    status_filter: str = "complete",
    wait: bool = True,
    poll_interval: float = 5.0,
    timeout: float = 7200.0,
    progress: ProgressCallback | None = None,
    parent_model_id: str | None = None,
    on_run: Callable[[str], None] = lambda _run_id: None,
) -> tuple[TrainingRun, Model | None]:
    """Train a pipeline on the dataset's complete images and return the run, and the model once there is one.

    Args:
        gpu: the kind of accelerator to ask for; the run's record says which one was used.
        config: epochs, batch_size, learning_rate, image_size … (`client.training.pipelines()` has them all); what is
            missing the pipeline chooses.
        class_filter, status_filter: what of the dataset to train on; "all" for images of every status.
        wait: with False, return as soon as the run has started; the model is then None.
        timeout: seconds to wait for the training; the export before it may take as long.
        progress: called with a `Progress` in percent. Without it, bars are shown when a person watches.
        parent_model_id: a model of the same pipeline to go on from.
        on_run: called with the id of the training run as soon as there is one.
    Raises:
        ValidationError: an argument cannot be used, here or on that server; nothing was made.
        NotFoundError, ConflictError: there is no such parent, or its own training has not ended well.
        PaymentRequiredError: there are not enough credits; nothing was started.
        ApiError: the export or the run failed; `response` is the one that did.
        PollTimeoutError: it is still running.
    """
    require_pipeline(pipeline)
    require_gpu(gpu)
    settings = parse_train_config(config)
    require_name(dataset_name, "dataset_name")
    client.training.check(pipeline_type=pipeline, gpu_type=gpu, config=settings, parent_model_id=parent_model_id)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    with watching(progress) as show:
        export = create_export(client, dataset_name, export_name, f"{pipeline}-{stamp}", class_filter, status_filter)
        client.exports.wait_for_completion(
            dataset_name,
            export.name,
            timeout=max(timeout, _SHORTEST_EXPORT_WAIT_S),
            progress=lambda snapshot: show(_export_progress(snapshot)),
        )
        run = client.training.create(
            dataset_name,
            export.name,
            pipeline_type=pipeline,
            name=name or f"{pipeline}-run-{stamp}",
            config=settings,
            gpu_type=gpu,
            wait=False,
            parent_model_id=parent_model_id,
        )
        on_run(run.id)
        show(_run_progress(run))
        if not wait:
            return run, None
        return wait_for_model(client, run.id, poll_interval=poll_interval, timeout=timeout, show=show)


def wait_for_model(
    client: Client, run_id: str, *, poll_interval: float = 5.0, timeout: float, show: ProgressCallback
) -> tuple[TrainingRun, Model | None]:
    """Wait for a training run and return it, and its model.

    Raises:
        ApiError, PollTimeoutError: see `client.training.wait_for_completion`.
    """
    run = client.training.wait_for_completion(
        run_id,
        poll_interval=poll_interval,
        timeout=timeout,
        progress=lambda snapshot: show(_run_progress(snapshot)),
    )
    return run, client.models.get(run.model_id) if run.model_id is not None else None


def create_export(
    client: Client,
    dataset_name: str,
    given_name: str | None,
    made_up_name: str,
    class_filter: list[str] | None,
    status_filter: str,
    *,
    include_images: bool = True,
) -> Export:
    """Start the export. A made-up name that is taken (two runs in one second) gets a number."""
    number = 1
    while True:
        name = given_name or (made_up_name if number == 1 else f"{made_up_name}-{number}")
        try:
            return client.exports.create(
                dataset_name,
                name,
                format="pictograph",
                include_images=include_images,
                class_filter=class_filter,
                status_filter=status_filter,
                wait=False,
            )
        except ConflictError:
            if given_name is not None or number == _MOST_NAME_TRIES:
                raise
        number += 1


def _export_progress(export: Export) -> Progress:
    return Progress("export", 100 if export.status == "completed" else 0, 100, export.status)


def _run_progress(run: TrainingRun) -> Progress:
    words = [run.status]
    if run.current_epoch and run.total_epochs:
        words = [f"epoch {run.current_epoch} of {run.total_epochs}"]
    if run.status == "running" and run.eta_seconds is not None:
        words.append(f"{time.strftime('%H:%M:%S', time.gmtime(run.eta_seconds))} left")
    return Progress("train", run.progress, 100, ", ".join(words))
