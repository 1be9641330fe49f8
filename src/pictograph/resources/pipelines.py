"""`client.pipelines`: runs of the whole way from images to a model that the server drives, and watches for you."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pictograph._http.pagination import CursorPager
from pictograph._http.transport import DEVELOPER, Transport, member, parse, path_of
from pictograph._http.waiting import follow_events, snapshots, wait_for
from pictograph.models.auto_annotate import BatchClass
from pictograph.models.pipeline import (
    LabellingReport,
    PipelineDriver,
    PipelineQuote,
    PipelineRun,
    PipelineStage,
    PipelineStatus,
    PipelineUpload,
    ReportedOutcome,
)
from pictograph.models.training import GpuType, PipelineType

_LIST = f"{DEVELOPER}/pipelines/"


class Pipelines:
    """Start, follow, correct, stop and repeat pipeline runs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        dataset_name: str,
        *,
        pipeline: PipelineType,
        classes: Sequence[BatchClass] = (),
        gpu: GpuType = "a10g",
        train_config: dict[str, Any] | None = None,
        annotate: bool = True,
        train: bool = True,
        review: bool = False,
        confidence_threshold: float = 0.5,
        annotator: str | None = None,
        model_id: str | None = None,
        exclusive: bool = False,
        min_credits: int | None = 1,
        max_credits: int | None = None,
        parent_model_id: str | None = None,
        name: str | None = None,
        description: str | None = None,
        driver: PipelineDriver = "server",
    ) -> PipelineRun:
        """Begin a run and return it: it waits for its images. Upload them into the dataset, then `continue_`.

        The arguments are those of `full_pipeline`, which does all of it from here. The dataset is made when there is
        none. `driver="client"` is for programs that do the work themselves and `report` it.

        Raises:
            ValidationError, NotFoundError, ConflictError: it could not run so; nothing was made.
        """
        given: dict[str, Any] = {
            "dataset_name": dataset_name,
            "pipeline": pipeline,
            "classes": [each.model_dump(exclude_none=True) for each in classes],
            "gpu": gpu,
            "train_config": train_config or {},
            "annotate": annotate,
            "train": train,
            "review": review,
            "confidence_threshold": confidence_threshold,
            "annotator": annotator,
            "model_id": model_id,
            "exclusive": exclusive,
            "min_credits": min_credits,
            "max_credits": max_credits,
            "parent_model_id": parent_model_id,
            "name": name,
            "description": description,
            "driver": driver,
        }
        return _run(self._transport.post(_LIST, json=given))

    def quote(
        self,
        images: int,
        *,
        pipeline: PipelineType,
        classes: Sequence[BatchClass] = (),
        dataset_name: str = "quote",
        gpu: GpuType = "a10g",
        train_config: dict[str, Any] | None = None,
        annotate: bool = True,
        train: bool = True,
        annotator: str | None = None,
        model_id: str | None = None,
    ) -> PipelineQuote:
        """Return the most that a run would cost for so many images. Nothing is started.

        Raises:
            ValidationError, NotFoundError, ConflictError: it could not run so.
        """
        given = {
            "images": images,
            "dataset_name": dataset_name,
            "pipeline": pipeline,
            "classes": [each.model_dump(exclude_none=True) for each in classes],
            "gpu": gpu,
            "train_config": train_config or {},
            "annotate": annotate,
            "train": train,
            "annotator": annotator,
            "model_id": model_id,
        }
        return parse(PipelineQuote, member(self._transport.post(path_of("pipelines", "quote"), json=given), "quote"))

    def list(
        self, *, dataset_name: str | None = None, status: PipelineStatus | None = None, limit: int = 50
    ) -> builtins.list[PipelineRun]:
        """Return the newest runs, in short."""
        return self.iter(dataset_name=dataset_name, status=status, page_size=limit).page()[0]

    def iter(
        self,
        *,
        dataset_name: str | None = None,
        status: PipelineStatus | None = None,
        page_size: int = 50,
        max_total: int | None = None,
    ) -> CursorPager[PipelineRun]:
        """Return a pager over all runs, newest first."""
        return CursorPager(
            self._transport,
            _LIST,
            items_key="pipeline_runs",
            parse_item=lambda item: parse(PipelineRun, item),
            page_size=page_size,
            max_total=max_total,
            params={"dataset_name": dataset_name, "status": status},
        )

    def get(self, run_id: str) -> PipelineRun:
        """Return a run with the figures of every stage."""
        return _run(self._transport.get(path_of("pipelines", run_id)))

    def update(self, run_id: str, *, name: str | None = None, description: str | None = None) -> PipelineRun:
        """Give a run another name or description."""
        given = {"name": name, "description": description}
        changes = {key: value for key, value in given.items() if value is not None}
        return _run(self._transport.patch(path_of("pipelines", run_id), json=changes))

    def continue_(self, run_id: str, *, upload: PipelineUpload | None = None, accept_rest: bool = False) -> PipelineRun:
        """Say that the images are there, or that people have looked long enough, and return the run.

        Args:
            upload: what became of the files, to be kept with the run and shown.
            accept_rest: what still waits for review becomes complete as it is; without it, the training is on what
                people completed.
        Raises:
            ConflictError: it waits for neither, or the dataset has no images.
        """
        body = {"upload": None if upload is None else upload.model_dump(), "accept_rest": accept_rest}
        return self._post(run_id, "continue", body)

    def cancel(self, run_id: str) -> PipelineRun:
        """Stop a run and the job it waits for. What is labelled stays; credits that were not used come back.

        Raises:
            ConflictError: it has ended.
        """
        return self._post(run_id, "cancel")

    def resume(self, run_id: str) -> PipelineRun:
        """Go on from where a run is, after a failure, a cancel, a review, or for want of credits.

        Raises:
            ConflictError: it is running, or completed.
        """
        return self._post(run_id, "resume")

    def rerun(self, run_id: str) -> PipelineRun:
        """Begin a new run with the same settings. With images in the dataset, it goes on at once."""
        return self._post(run_id, "rerun")

    def report(
        self,
        run_id: str,
        *,
        stage: PipelineStage | None = None,
        upload: PipelineUpload | None = None,
        labelling: LabellingReport | None = None,
        job_id: str | None = None,
        training_run_id: str | None = None,
        outcome: ReportedOutcome | None = None,
        credit_skip_reason: str | None = None,
        error_message: str | None = None,
    ) -> PipelineRun:
        """Say what a program has done of a run with `driver="client"`; without anything, that it is alive.

        Raises:
            ConflictError: the server drives the run, or it was cancelled.
        """
        given: dict[str, Any] = {
            "stage": stage,
            "upload": None if upload is None else upload.model_dump(),
            "labelling": None if labelling is None else labelling.model_dump(),
            "job_id": job_id,
            "training_run_id": training_run_id,
            "outcome": outcome,
            "credit_skip_reason": credit_skip_reason,
            "error_message": error_message,
        }
        return self._post(run_id, "report", {key: value for key, value in given.items() if value is not None})

    def wait(
        self,
        run_id: str,
        *,
        poll_interval: float = 5.0,
        timeout: float = 7200.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[PipelineRun], None] | None = None,
    ) -> PipelineRun:
        """Return the run once it is completed, or waits for somebody (`waiting_for`). `progress` gets every snapshot.

        Raises:
            ApiError: it failed or was cancelled; `response` is the run as a dict.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get(run_id),
            what=f"Pipeline run {run_id}",
            status_of=lambda run: run.status,
            done=frozenset({"completed", "waiting"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda run: run.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, path_of("pipelines", run_id), _run),
        )

    def follow(self, run_id: str) -> Iterator[PipelineRun]:
        """Yield the run whenever it changes, until it has ended; a connection that breaks is made again.

        Raises:
            NotFoundError: there is no such run.
            NetworkError, ServerError: the server stayed away for a minute.
        """
        for event in follow_events(self._transport, path_of("pipelines", run_id)):
            if event.kind == "snapshot":
                yield _run(event.data)

    def _post(self, run_id: str, what: str, body: dict[str, Any] | None = None) -> PipelineRun:
        return _run(self._transport.post(path_of("pipelines", run_id, what), json=body))


def _run(document: object) -> PipelineRun:
    return parse(PipelineRun, member(document, "pipeline_run"))
