"""A training that is under way already is waited for, not started and paid for a second time."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pictograph.client import Client
from pictograph.exceptions import ApiError
from pictograph.models.training import GpuType, PipelineType, TrainingRun
from pictograph.workflows.train import create_export

LIVE = ("pending", "queued", "running")
_FREEZING_TIMEOUT_S = 1800.0


def training_under_way(
    client: Client,
    dataset_name: str,
    *,
    pipeline: PipelineType,
    gpu: GpuType,
    config: dict[str, Any],
    parent_model_id: str | None,
) -> TrainingRun | None:
    """Return the run of an earlier pipeline run that learns, with the same settings, from what is complete now.

    The server itself says whether it is the same: an export of what has not changed is of the version there is.

    Raises:
        ApiError, PollTimeoutError, NetworkError: it could not be found out.
    """
    wanted = (pipeline, gpu, config, parent_model_id)
    live = list(_live_runs(client, dataset_name, wanted))
    if not live:
        return None
    version_id = _version_of_now(client, dataset_name, pipeline)
    for run in live:
        # It may have failed, or been cancelled, while the dataset was looked at.
        if version_id is not None and run.dataset_version_id == version_id:
            current = client.training.get(run.id)
            if current.status in (*LIVE, "completed"):
                return current
    return None


def _live_runs(
    client: Client, dataset_name: str, wanted: tuple[PipelineType, GpuType, dict[str, Any], str | None]
) -> Iterator[TrainingRun]:
    """Yield them newest first. A server that keeps no list of pipeline runs has none."""
    try:
        runs = client.pipelines.list(dataset_name=dataset_name)
    except ApiError as error:
        if error.status_code not in (404, 405):
            raise
        return
    for each in runs:
        asked = each.settings
        settings = (asked.pipeline, asked.gpu, asked.train_config, asked.parent_model_id)
        if each.train.run_id is not None and each.train.status in LIVE and settings == wanted:
            yield client.training.get(each.train.run_id)


def _version_of_now(client: Client, dataset_name: str, pipeline: PipelineType) -> str | None:
    """Return the id of the version that a training would learn from. The export that tells it is small and goes."""
    name = f"{pipeline}-{datetime.now(UTC):%Y%m%d-%H%M%S}-check"
    export = create_export(client, dataset_name, None, name, None, "complete", include_images=False)
    try:
        export = client.exports.wait_for_completion(dataset_name, export.name, timeout=_FREEZING_TIMEOUT_S)
    finally:
        # Who may make exports may not be allowed to delete them; it then stays, and harms nobody.
        with suppress(ApiError):
            client.exports.delete(dataset_name, export.name)
    return export.dataset_version_id
