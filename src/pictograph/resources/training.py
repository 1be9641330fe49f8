"""`client.training`: what can be trained and what it costs, training runs, and what each left to look at."""

import builtins
from collections.abc import Callable, Iterator
from typing import Any

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import DEVELOPER, Transport, member, members, parse, path_of
from pictograph._http.waiting import follow_events, snapshots, wait_for
from pictograph.exceptions import ApiError
from pictograph.models.training import (
    GpuType,
    Pipeline,
    PipelineType,
    TrainingEpoch,
    TrainingEstimate,
    TrainingMessage,
    TrainingRun,
    TrainingSplits,
    TrainingStatus,
)

_LIST = f"{DEVELOPER}/training/"


class Training:
    """Start, follow and stop training runs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        dataset_name: str,
        export_name: str,
        *,
        pipeline_type: PipelineType,
        name: str,
        config: dict[str, Any] | None = None,
        gpu_type: GpuType = "a10g",
        wait: bool = True,
        poll_interval: float = 5.0,
        timeout: float = 7200.0,
        parent_model_id: str | None = None,
    ) -> TrainingRun:
        """Train on a completed export and return the run: completed with `wait`, else as it stands.

        Args:
            parent_model_id: a model of the same pipeline to go on from: fine-tuning, or more epochs. Classes may
                differ; what the run is not told of the network (its variant, the image size) is the model's.
        Raises:
            ValidationError: the export is not completed, a setting is not one the pipeline takes, or another network
                made the parent.
            NotFoundError, ConflictError: there is no such parent, or its own training has not ended well.
            PaymentRequiredError: there are not enough credits; nothing was started.
            ApiError, PollTimeoutError: see `wait_for_completion`.
        """
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "export_name": export_name,
            "pipeline_type": pipeline_type,
            "name": name,
            "gpu_type": gpu_type,
            "config": config or {},
        }
        if parent_model_id is not None:
            body["parent_model_id"] = parent_model_id
        run = _run(self._transport.post(_LIST, json=body))
        return self.wait_for_completion(run.id, poll_interval=poll_interval, timeout=timeout) if wait else run

    def pipelines(self) -> builtins.list[Pipeline]:
        """Return the pipelines of the server: whether each can run there, and its settings as a JSON schema."""
        answer = self._transport.get(path_of("training", "pipelines"))
        return [parse(Pipeline, item) for item in members(answer, "pipelines")]

    def estimate(
        self,
        *,
        pipeline_type: PipelineType,
        gpu_type: GpuType = "a10g",
        config: dict[str, Any] | None = None,
        dataset_name: str | None = None,
        export_name: str | None = None,
        images: int | None = None,
    ) -> TrainingEstimate:
        """Return the most that a run would cost, without starting it: so much is held, the unused part comes back.

        Args:
            dataset_name, export_name: count the images of an export, or the complete ones of a dataset.
            images: how many to count with instead.
        Raises:
            ValidationError: see `check`; or nothing says how many images there are.
        """
        given = {"dataset_name": dataset_name, "export_name": export_name, "images": images}
        body = {"pipeline_type": pipeline_type, "gpu_type": gpu_type, "config": config or {}}
        body |= {key: value for key, value in given.items() if value is not None}
        return parse(
            TrainingEstimate, member(self._transport.post(path_of("training", "estimate"), json=body), "estimate")
        )

    def check(
        self,
        *,
        pipeline_type: PipelineType,
        gpu_type: GpuType = "a10g",
        config: dict[str, Any] | None = None,
        parent_model_id: str | None = None,
    ) -> None:
        """Ask whether the server could train so, before any work is done. A server that cannot be asked passes.

        Raises:
            ValidationError: the pipeline is not to be had there, a setting is not one it takes, or another network
                made the parent.
            NotFoundError, ConflictError: there is no such parent, or its own training has not ended well.
        """
        body: dict[str, Any] = {"pipeline_type": pipeline_type, "gpu_type": gpu_type, "config": config or {}}
        if parent_model_id is not None:
            body["parent_model_id"] = parent_model_id
        try:
            self._transport.post(path_of("training", "check"), json=body)
        except ApiError as error:
            is_about_the_parent = error.code == "model_not_found"
            if error.status_code not in (404, 405) or is_about_the_parent:
                raise

    def list(
        self,
        *,
        dataset_name: str | None = None,
        status: TrainingStatus | None = None,
        limit: int = 50,
        offset: int = 0,
        pipeline_type: PipelineType | None = None,
    ) -> builtins.list[TrainingRun]:
        """Return one page of runs, newest first."""
        return self._pager(dataset_name, status, limit, offset=offset, pipeline_type=pipeline_type).page()

    def iter(
        self,
        *,
        dataset_name: str | None = None,
        status: TrainingStatus | None = None,
        page_size: int = 50,
        max_total: int | None = None,
        pipeline_type: PipelineType | None = None,
    ) -> OffsetPager[TrainingRun]:
        """Return a pager over all runs."""
        return self._pager(dataset_name, status, page_size, max_total=max_total, pipeline_type=pipeline_type)

    def get(self, run_id: str) -> TrainingRun:
        """Return a run."""
        return _run(self._transport.get(path_of("training", run_id)))

    def history(self, run_id: str) -> builtins.list[TrainingEpoch]:
        """Return every epoch so far: losses, figures, learning rate, images a second, time left."""
        answer = self._transport.get(path_of("training", run_id, "history"))
        return [parse(TrainingEpoch, item) for item in members(answer, "epochs")]

    def splits(self, run_id: str) -> TrainingSplits:
        """Return which images the run learned from and which it was measured on.

        Raises:
            NotFoundError: it has not looked at its data yet.
        """
        return parse(TrainingSplits, member(self._transport.get(path_of("training", run_id, "splits")), "splits"))

    def cancel(self, run_id: str) -> TrainingRun:
        """Stop a run and return it. Credits it did not use come back.

        Raises:
            ValidationError: the run has ended already.
        """
        return _run(self._transport.post(path_of("training", run_id, "cancel")))

    def wait_for_completion(
        self,
        run_id: str,
        *,
        poll_interval: float = 5.0,
        timeout: float = 7200.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[TrainingRun], None] | None = None,
    ) -> TrainingRun:
        """Return the run once it is completed. `progress` gets every snapshot.

        Raises:
            ApiError: the run failed or was cancelled; `response` is the run as a dict.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get(run_id),
            what=f"Training run {run_id}",
            status_of=lambda run: run.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda run: run.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, path_of("training", run_id), _run),
        )

    def follow(self, run_id: str) -> Iterator[TrainingRun | TrainingEpoch | TrainingMessage]:
        """Yield what happens to a run as it happens, from its beginning until it has ended.

        Every epoch and message comes once, the run itself whenever it changes; a connection that breaks is made again.

        Raises:
            NotFoundError: there is no such run.
            NetworkError, ServerError: the server stayed away for a minute.
        """
        for event in follow_events(self._transport, path_of("training", run_id)):
            if event.kind == "snapshot":
                yield _run(event.data)
            elif event.kind == "epoch":
                yield parse(TrainingEpoch, event.data)
            elif event.kind == "message":
                yield parse(TrainingMessage, event.data)

    def _pager(
        self,
        dataset_name: str | None,
        status: str | None,
        page_size: int,
        *,
        offset: int = 0,
        max_total: int | None = None,
        pipeline_type: PipelineType | None = None,
    ) -> OffsetPager[TrainingRun]:
        return OffsetPager(
            self._transport,
            _LIST,
            items_key="training_runs",
            parse_item=lambda item: parse(TrainingRun, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
            params={"dataset_name": dataset_name, "status": status, "pipeline_type": pipeline_type},
        )


def _run(document: object) -> TrainingRun:
    return parse(TrainingRun, member(document, "training_run"))
