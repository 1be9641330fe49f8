"""The whole way in one call: a folder of images in, a trained model out."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pictograph.client import Client
from pictograph.exceptions import ApiError, PictographError
from pictograph.models.auto_annotate import BatchClass
from pictograph.models.model import Model
from pictograph.models.training import GpuType, PipelineType, TrainingRun
from pictograph.workflows._rendering import as_html, as_text, count
from pictograph.workflows.annotate import (
    AnnotateMode,
    AnnotateReport,
    all_images,
    auto_annotate_dataset,
    check_annotate_arguments,
)
from pictograph.workflows.checks import (
    ClassSpec,
    parse_train_config,
    require_folder,
    require_gpu,
    require_name,
    require_pipeline,
)
from pictograph.workflows.labelling_check import check_labelling
from pictograph.workflows.progress import Progress, ProgressCallback, Stage, watching
from pictograph.workflows.reporting import RunReporter
from pictograph.workflows.stage_lines import StageLines
from pictograph.workflows.train import train_pipeline, wait_for_model
from pictograph.workflows.under_way import training_under_way
from pictograph.workflows.upload import UploadReport, upload_dataset_from_folder


@dataclass
class PipelineReport:
    """What each phase did.

    Attributes:
        annotate, training_run, model: None for a phase that was not reached or not asked for.
        credit_skip_reason: why the paid phases were not started, when credits were too few.
        review_pending: images that wait for a person's eyes.
        stopped_for_review: the training was not started because of them.
        seconds: how long each phase took.
        remarks: what was not done as usual: that a training was under way already.
    """

    dataset_name: str
    upload: UploadReport
    annotate: AnnotateReport | None = None
    training_run: TrainingRun | None = None
    model: Model | None = None
    credit_skip_reason: str | None = None
    review_pending: int = 0
    stopped_for_review: bool = False
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    remarks: list[str] = field(default_factory=list[str])

    @property
    def success(self) -> bool:
        """Every phase that was asked for did all that it should."""
        return (
            self.upload.success
            and (self.annotate is None or self.annotate.success)
            and self.credit_skip_reason is None
            and not self.stopped_for_review
            and (self.training_run is None or self.training_run.status == "completed")
        )

    def __str__(self) -> str:
        return as_text(self._title(), self.rows())

    def _repr_html_(self) -> str:
        return as_html(self._title(), self.rows())

    def _title(self) -> str:
        if self.success:
            outcome = "done"
        elif self.stopped_for_review:
            outcome = "waits for review"
        else:
            outcome = "done, with failures" if self.model else "stopped"
        return f"Pipeline on {self.dataset_name!r}: {outcome}"

    def rows(self) -> list[tuple[str, str]]:
        """Return (label, text) for each line of the report."""
        rows = self.upload.rows() + (self.annotate.rows() if self.annotate else [])
        if self.credit_skip_reason:
            rows.append(("credits", self.credit_skip_reason))
        if self.review_pending:
            rows.append(
                ("review", f"{count(self.review_pending, 'image')} to look at; complete them and run again to train")
            )
        if self.training_run:
            took = f" ({self.seconds['train']:.1f} s)" if "train" in self.seconds else ""
            device = f" on {self.training_run.device}" if self.training_run.device else ""
            rows.append(("training", f"{self.training_run.name} {self.training_run.status}{device}{took}"))
            if self.training_run.error_message:
                rows.append(("training", self.training_run.error_message))
        rows += [("remark", remark) for remark in self.remarks]
        if self.model:
            rows.append(("model", f"{self.model.name} ({self.model.id})"))
        return rows


def full_pipeline(
    client: Client,
    *,
    dataset_name: str,
    folder: str | Path,
    classes: Sequence[ClassSpec],
    pipeline: PipelineType,
    gpu: GpuType = "a10g",
    annotate: bool = True,
    annotate_mode: AnnotateMode = "batch",
    train: bool = True,
    upload_workers: int = 8,
    train_config: Mapping[str, Any] | None = None,
    train_timeout: float = 7200.0,
    min_credits: int | None = 1,
    review: bool = False,
    progress: ProgressCallback | None = None,
    annotator: str | None = None,
    model_id: str | None = None,
    exclusive: bool = False,
    max_credits: int | None = None,
    parent_model_id: str | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> PipelineReport:
    """Upload a folder, label it from class names, train a model on it, and report on all of it.

    Running it again goes on where it stopped: images that are there are not sent, annotated ones are not annotated
    or charged again, and what a person did is never touched. Training runs on what is complete; a training of an
    earlier call with the same settings that is still under way, on images that have not changed since, is waited for
    (`report.remarks` says so).

    Args:
        classes: what to look for and in which shape, for example `[("stop_sign", "bbox"), ("yield", "polygon")]`.
        annotate, train: leave a phase out with False.
        train_config: epochs, batch_size, learning_rate, image_size, model_type, seed.
        min_credits: do not start the paid phases with less than this; None to not look.
        review: stop after labelling, so that people can look (`report.review_pending`). Run again when they are done:
            it trains on what they completed.
        progress: called with a `Progress` as things happen. Without it, bars are shown when a person watches.
        annotator, model_id, exclusive: who labels, and whether each object gets one class (`auto_annotate_dataset`).
        max_credits: do not label if that may cost more.
        parent_model_id: the model that the training goes on from, made by the same pipeline.
        on_stage: called with a sentence whenever a stage begins or ends, for logs: `on_stage=logger.info`.
    Raises:
        FileNotFoundError: `folder` is not a folder.
        ValidationError: an argument cannot be used, here or on that server; nothing was created.
        PaymentRequiredError: credits ran out in a paid phase.
        ApiError, PollTimeoutError, NetworkError: the training or the way to it failed.

    A few images that could not be sent or annotated do not keep the others from the training; the report then is no
    success. Errors of the annotation and the training carry what was done until then in `error.report` (R4).
    """
    root = require_folder(folder)
    require_pipeline(pipeline)
    require_gpu(gpu)
    wanted = check_annotate_arguments(
        classes,
        mode=annotate_mode,
        review=review,
        exclusive=exclusive,
        may_be_empty=not annotate or (model_id is not None and annotate_mode == "batch"),
    )
    settings = parse_train_config(train_config)
    require_name(dataset_name, "dataset_name")
    if train:
        client.training.check(pipeline_type=pipeline, gpu_type=gpu, config=settings, parent_model_id=parent_model_id)
    if annotate:
        check_labelling(
            client,
            dataset_name,
            wanted,
            pipeline=pipeline,
            mode=annotate_mode,
            annotator=annotator,
            model_id=model_id,
        )
    lines = StageLines(client, dataset_name, on_stage)
    reporter = RunReporter(
        client,
        lines,
        lambda: client.pipelines.create(
            dataset_name,
            pipeline=pipeline,
            classes=wanted,
            gpu=gpu,
            train_config=settings,
            annotate=annotate,
            train=train,
            review=review,
            annotator=annotator,
            model_id=model_id,
            exclusive=exclusive,
            min_credits=min_credits,
            max_credits=max_credits,
            parent_model_id=parent_model_id,
            driver="client",
        ),
    )
    labelling = _AnnotatePhase(wanted, annotate_mode, review, annotator, model_id, exclusive, max_credits)
    with reporter.watching(), watching(progress) as show:
        return _run_phases(
            client,
            dataset_name,
            root,
            lines.listening(show),
            reporter,
            upload_workers=upload_workers,
            annotate=labelling if annotate else None,
            train=_TrainPhase(pipeline, gpu, settings, train_timeout, parent_model_id) if train else None,
            min_credits=min_credits,
        )


@dataclass(frozen=True, slots=True)
class _AnnotatePhase:
    classes: list[BatchClass]
    mode: AnnotateMode
    review: bool
    annotator: str | None
    model_id: str | None
    exclusive: bool
    max_credits: int | None


@dataclass(frozen=True, slots=True)
class _TrainPhase:
    pipeline: PipelineType
    gpu: GpuType
    config: dict[str, Any]
    timeout_s: float
    parent_model_id: str | None


def _run_phases(
    client: Client,
    dataset_name: str,
    root: Path,
    show: ProgressCallback,
    reporter: RunReporter,
    *,
    upload_workers: int,
    annotate: _AnnotatePhase | None,
    train: _TrainPhase | None,
    min_credits: int | None,
) -> PipelineReport:
    report = PipelineReport(dataset_name, upload=UploadReport(dataset_name))

    def on_file(completed: int, total: int, name: str | None) -> None:
        show(Progress("upload", completed, total, name or ""))
        reporter.sign_of_life()

    with _timed(report, "upload"):
        report.upload = upload_dataset_from_folder(
            client, dataset_name, root, max_workers=upload_workers, progress=on_file
        )
    reporter.uploaded(report.upload)
    if report.upload.images_present == 0:
        reporter.failed("No image of the folder is in the dataset")
        return report
    if annotate is None and train is None:
        reporter.completed()
        return report
    if min_credits is not None:
        remaining = client.credits.balance().credits_remaining
        if remaining < min_credits:
            report.credit_skip_reason = (
                f"Insufficient credits: {remaining} left, and at least {min_credits} asked for to go on"
            )
            reporter.waits_for_credits(report.credit_skip_reason)
            return report
    with _report_on_error(report):
        if annotate is not None:
            reporter.labelling()
            labelled = _annotate(client, report, annotate, show, reporter)
            reporter.labelled(labelled)
            if not labelled.is_finished or labelled.images_ready == 0:
                reasons = "; ".join(failure.reason for failure in labelled.failures[:3])
                reporter.failed(f"The images could not be labelled: {reasons}" if reasons else "No image was labelled")
                return report
            must_wait = annotate.review and _waits_for_review(client, report, labelled)
            report.stopped_for_review = must_wait and train is not None
        if report.stopped_for_review:
            reporter.waits_for_review()
            return report
        if train is not None:
            reporter.training()
            _train(client, report, train, show, reporter)
    reporter.completed()
    return report


def _annotate(
    client: Client, report: PipelineReport, phase: _AnnotatePhase, show: ProgressCallback, reporter: RunReporter
) -> AnnotateReport:
    with _timed(report, "annotate"):
        report.annotate = auto_annotate_dataset(
            client,
            report.dataset_name,
            phase.classes,
            mode=phase.mode,
            review=phase.review,
            progress=show,
            annotator=phase.annotator,
            model_id=phase.model_id,
            exclusive=phase.exclusive,
            max_credits=phase.max_credits,
            on_job=reporter.labelling_job,
        )
    return report.annotate


def _waits_for_review(client: Client, report: PipelineReport, labelled: AnnotateReport) -> bool:
    """Tell whether people have to look first: at images labelled just now, or because none is complete yet (R5)."""
    statuses = [image.status for image in all_images(client, report.dataset_name)]
    report.review_pending = statuses.count("review")
    return report.review_pending > 0 and (labelled.images_processed > 0 or "complete" not in statuses)


def _train(
    client: Client, report: PipelineReport, phase: _TrainPhase, show: ProgressCallback, reporter: RunReporter
) -> None:
    with _timed(report, "train"):
        try:
            if reporter.is_heard and _wait_for_earlier(client, report, phase, show, reporter):
                return
            report.training_run, report.model = train_pipeline(
                client,
                report.dataset_name,
                pipeline=phase.pipeline,
                gpu=phase.gpu,
                config=phase.config,
                timeout=phase.timeout_s,
                progress=show,
                parent_model_id=phase.parent_model_id,
                on_run=reporter.training_run,
            )
        except ApiError as error:
            report.training_run = _run_of(error)
            raise


def _wait_for_earlier(
    client: Client, report: PipelineReport, phase: _TrainPhase, show: ProgressCallback, reporter: RunReporter
) -> bool:
    """Wait for the training that an earlier call began and did not see the end of; False when there is none."""
    earlier = training_under_way(
        client,
        report.dataset_name,
        pipeline=phase.pipeline,
        gpu=phase.gpu,
        config=phase.config,
        parent_model_id=phase.parent_model_id,
    )
    if earlier is None:
        return False
    report.remarks.append(
        f"Training run {earlier.name} was under way already, on the same images with the same settings: "
        "it was waited for, and no other was started"
    )
    reporter.training_run(earlier.id)
    report.training_run, report.model = wait_for_model(client, earlier.id, timeout=phase.timeout_s, show=show)
    return True


def _run_of(error: ApiError) -> TrainingRun | None:
    """Return the run that a failed wait speaks of; None when the error is about something else."""
    try:
        return TrainingRun.model_validate(error.response)
    except ValueError:
        return None


@contextmanager
def _timed(report: PipelineReport, stage: Stage) -> Generator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        report.seconds[stage] = time.monotonic() - started


@contextmanager
def _report_on_error(report: PipelineReport) -> Generator[None]:
    """Attach what was done so far to an error on its way to the caller (R4)."""
    try:
        yield
    except PictographError as error:
        if isinstance(error.report, AnnotateReport):
            report.annotate = error.report
        error.report = report
        raise
