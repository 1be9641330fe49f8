"""A dataset becomes labelled from class names: in one job on the server, or image by image."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from pictograph.client import Client
from pictograph.exceptions import ApiError, PaymentRequiredError
from pictograph.models.annotation import Annotation
from pictograph.models.auto_annotate import BatchClass, BatchJob, PromptResult
from pictograph.models.dataset import DatasetImage
from pictograph.workflows._rendering import as_html, as_text, describe, failure_rows
from pictograph.workflows.checks import ClassSpec, InvalidArgument, parse_classes, require_name
from pictograph.workflows.progress import Progress, ProgressCallback, watching

AnnotateMode = Literal["batch", "text"]

_PAGE = 5000
# A wait that fits a small dataset, and what a slow machine may take for each image of a big one.
_SHORTEST_WAIT_S = 1800.0
_WAIT_PER_IMAGE_S = 60.0
# Of a class on one image, asked image by image: what is usual, and what the contract allows.
_USUAL_DETECTIONS, _MOST_DETECTIONS = 50, 100
# Images whose turn it is: what people or jobs have finished, or put up for review, is left alone.
_OPEN_STATUSES = ("new", "annotate")


@dataclass(frozen=True)
class AnnotationFailure:
    """An image that could not be annotated, and why; `<batch>` stands for the job as a whole."""

    image_filename: str
    reason: str


@dataclass
class AnnotateReport:
    """What an annotation did. `seconds` is the time it took."""

    dataset_name: str
    images_attempted: int = 0
    images_processed: int = 0
    images_skipped: int = 0
    annotations_added: int = 0
    failures: list[AnnotationFailure] = field(default_factory=list[AnnotationFailure])
    job_id: str | None = None
    seconds: float = 0.0
    # Every image had its turn: the job did not end early.
    is_finished: bool = False
    # The engine and checkpoint that looked, e.g. "sam3@facebook/sam3".
    engine: str | None = None

    @property
    def images_ready(self) -> int:
        """How many images are annotated, now or before."""
        return self.images_processed + self.images_skipped

    @property
    def success(self) -> bool:
        """Nothing failed, and at least one image was annotated now or before (R2)."""
        return not self.failures and self.images_ready > 0

    def __str__(self) -> str:
        return as_text(f"Annotation of {self.dataset_name!r}: {_outcome(self)}", self.rows())

    def _repr_html_(self) -> str:
        return as_html(f"Annotation of {self.dataset_name!r}: {_outcome(self)}", self.rows())

    def rows(self) -> list[tuple[str, str]]:
        """Return (label, text) for each line of the report."""
        summary = (
            f"{self.annotations_added} on {self.images_processed} images, {self.images_skipped} images skipped "
            f"({self.seconds:.1f} s{f', {self.engine}' if self.engine else ''})"
        )
        return [("labels", summary), *failure_rows([(item.image_filename, item.reason) for item in self.failures])]


def auto_annotate_dataset(
    client: Client,
    dataset_name: str,
    classes: Sequence[ClassSpec],
    *,
    mode: AnnotateMode = "batch",
    confidence_threshold: float = 0.5,
    overwrite: bool = False,
    max_images: int | None = None,
    poll_interval: float = 5.0,
    timeout: float | None = None,
    review: bool = False,
    progress: ProgressCallback | None = None,
    annotator: str | None = None,
    model_id: str | None = None,
    exclusive: bool = False,
    max_credits: int | None = None,
    on_job: Callable[[str], None] = lambda _job_id: None,
) -> AnnotateReport:
    """Have a model look for the classes on every image that nobody has annotated, save what it finds, and report.

    Args:
        mode: "batch" is one job on the server that survives whatever happens to this program; "text" asks about one
            image after the other from here.
        overwrite: look at annotated images too. The findings replace what the image has of the same classes.
        timeout: seconds to wait for the job; by default a minute for each image, and half an hour at least.
        review: put the images up for review instead of marking them complete (mode "batch" only).
        progress: called with a `Progress` as images are done. Without it, bars are shown when a person watches.
        annotator: an engine of the server, such as "sam3"; without it the server's own.
        model_id: label with a trained model, which looks for all its classes when `classes` is empty.
        exclusive: keep an object that answers several classes once, as the class it answers best (mode "batch" only).
        max_credits: do not start a job that may cost more.
        on_job: called with the id of the batch job as soon as there is one.
    Raises:
        ValidationError: an argument cannot be used; nothing was sent.
        NotFoundError: there is no such dataset.
        PaymentRequiredError: credits ran out; what was done until then is in `error.report` (R4).
        PollTimeoutError: the job is still running.
    """
    started = time.monotonic()
    wanted = check_annotate_arguments(
        classes, mode=mode, review=review, exclusive=exclusive, may_be_empty=model_id is not None and mode == "batch"
    )
    require_name(dataset_name, "dataset_name")
    if max_images is not None and max_images < 0:
        raise InvalidArgument(f"max_images must not be negative: {max_images}", argument="max_images")
    everything = list(all_images(client, dataset_name))
    images = [image for image in everything if overwrite or _is_open(image)][:max_images]
    report = AnnotateReport(dataset_name, images_attempted=len(images), images_skipped=len(everything) - len(images))
    if not images:
        report.is_finished = True
        return report
    wait_s = timeout if timeout is not None else max(_SHORTEST_WAIT_S, _WAIT_PER_IMAGE_S * len(images))
    question = _Question(wanted, confidence_threshold, annotator, model_id)
    with watching(progress) as show:
        try:
            if mode == "batch":
                job = _Job(question, poll_interval, wait_s, review, overwrite, exclusive, max_credits, on_job)
                _annotate_in_a_job(client, report, images, job, show)
            else:
                _annotate_one_by_one(client, report, images, question, show)
        except PaymentRequiredError as error:
            error.report = report
            raise
        finally:
            report.seconds = time.monotonic() - started
    return report


def check_annotate_arguments(
    classes: Sequence[ClassSpec],
    *,
    mode: AnnotateMode = "batch",
    review: bool = False,
    exclusive: bool = False,
    may_be_empty: bool = False,
) -> list[BatchClass]:
    """Return the classes, or raise `InvalidArgument` for what cannot be annotated with."""
    if mode not in get_args(AnnotateMode):
        raise InvalidArgument(f"mode {mode!r} is unknown", argument="mode", fix="Use one of: batch, text.")
    for argument, is_wanted in (("review", review), ("exclusive", exclusive)):
        if is_wanted and mode != "batch":
            raise InvalidArgument(
                f"{argument} works with mode 'batch' only", argument=argument, fix="Leave mode at 'batch'."
            )
    return parse_classes(classes, may_be_empty=may_be_empty)


def all_images(client: Client, dataset_name: str) -> Iterator[DatasetImage]:
    """Yield every image of a dataset once, also when others are added meanwhile and push it onto the next page."""
    seen: set[str] = set()
    offset = 0
    while True:
        page = client.datasets.get(dataset_name, include_images=True, images_limit=_PAGE, images_offset=offset)
        images = page.images or []
        for image in images:
            if image.id not in seen:
                seen.add(image.id)
                yield image
        offset += len(images)
        if len(images) < _PAGE:
            return


def _is_open(image: DatasetImage) -> bool:
    return image.annotation_count == 0 and image.status in _OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class _Question:
    """What to look for, and who looks."""

    classes: Sequence[BatchClass]
    confidence_threshold: float
    annotator: str | None
    model_id: str | None


@dataclass(frozen=True, slots=True)
class _Job:
    question: _Question
    poll_interval: float
    timeout_s: float
    review: bool
    overwrite: bool
    exclusive: bool
    max_credits: int | None
    on_job: Callable[[str], None]


def _annotate_in_a_job(
    client: Client, report: AnnotateReport, images: Sequence[DatasetImage], wanted: _Job, show: ProgressCallback
) -> None:
    """Run one batch job and fill the report; only a 402 and what is not an `ApiError` is raised."""

    def on_snapshot(job: BatchJob) -> None:
        show(Progress("annotate", job.processed_images, len(images), _pace(job)))

    question = wanted.question
    try:
        job = client.auto_annotate.batch(
            report.dataset_name,
            [image.filename for image in images],
            question.classes,
            confidence_threshold=question.confidence_threshold,
            model_id=question.model_id,
            wait=False,
            image_ids=[image.id for image in images],
            review=True if wanted.review else None,
            skip_annotated=None if wanted.overwrite else True,
            annotator=question.annotator,
            exclusive=True if wanted.exclusive else None,
            max_credits=wanted.max_credits,
        )
        report.job_id = job.job_id
        wanted.on_job(job.job_id)
        job = client.auto_annotate.wait_for_batch(
            job.job_id, poll_interval=wanted.poll_interval, timeout=wanted.timeout_s, progress=on_snapshot
        )
    except PaymentRequiredError:
        raise
    except ApiError as error:
        _take_counts(report, error.response)
        report.failures.append(AnnotationFailure("<batch>", describe(error)))
        return
    report.is_finished = True
    _take_counts(report, job.model_dump())
    if job.failed_images:
        words = f"{job.failed_images} images failed"
        report.failures.append(
            AnnotationFailure("<batch>", f"{words}: {job.error_message}" if job.error_message else words)
        )


def _take_counts(report: AnnotateReport, job: object) -> None:
    """Take over what a job got done, also one that failed: its response then is the job as a dict."""
    if isinstance(job, Mapping) and "job_id" in job:
        counts = cast("Mapping[str, Any]", job)
        report.images_processed = int(counts.get("processed_images") or 0)
        report.annotations_added = int(counts.get("total_annotations_added") or 0)
        report.engine = counts.get("engine")


def _pace(job: BatchJob) -> str:
    """Return how far a job is and how fast: "12 labels, 3.1 images/s, 4 min left"."""
    words = [f"{job.total_annotations_added} labels"]
    if job.images_per_second is not None:
        words.append(f"{job.images_per_second:.3g} images/s")
    if job.eta_seconds is not None:
        words.append(
            f"{round(job.eta_seconds / 60)} min left" if job.eta_seconds >= 90 else f"{job.eta_seconds} s left"
        )
    return ", ".join(words)


def _annotate_one_by_one(
    client: Client,
    report: AnnotateReport,
    images: Sequence[DatasetImage],
    question: _Question,
    show: ProgressCallback,
) -> None:
    for completed, image in enumerate(images, start=1):
        problems: list[str] = []
        found: list[Annotation] = []
        for wanted in question.classes:
            try:
                result = _ask(client, report.dataset_name, image, wanted, question)
            except PaymentRequiredError:
                raise
            except ApiError as error:
                problems.append(f"{wanted.name}: {describe(error)}")
                continue
            report.engine = result.engine or report.engine
            if result.status == "success":
                # Named after the class, whatever words the model was asked with (R6).
                found += [annotation.model_copy(update={"name": wanted.name}) for annotation in result.annotations]
        try:
            report.annotations_added += _save(client, image, found, question.classes)
        except PaymentRequiredError:
            raise
        except ApiError as error:
            problems.append(describe(error))
        if problems:
            report.failures.append(AnnotationFailure(image.filename, "; ".join(problems)))
        else:
            report.images_processed += 1
        show(Progress("annotate", completed, len(images), image.filename))
    report.is_finished = True


def _ask(
    client: Client, dataset_name: str, image: DatasetImage, wanted: BatchClass, question: _Question
) -> PromptResult:
    """Ask for one class. A server that takes one phrase only, as the hosted one does, is asked with the first."""
    folder = (image.virtual_folder_path or "/").strip("/")
    phrases = wanted.all_prompts
    threshold = wanted.confidence_threshold
    return client.auto_annotate.text(
        dataset_name,
        f"{folder}/{image.filename}" if folder else image.filename,
        text_prompt=phrases[0] if phrases else wanted.name,
        output_type="bbox" if wanted.output_type == "bbox" else "polygon",
        confidence_threshold=question.confidence_threshold if threshold is None else threshold,
        max_detections=min(wanted.max_detections or _USUAL_DETECTIONS, _MOST_DETECTIONS),
        name=wanted.name if phrases else None,
        prompts=phrases if len(phrases) > 1 else None,
        min_area=wanted.min_area,
        annotator=question.annotator,
        model_id=question.model_id,
    )


def _save(client: Client, image: DatasetImage, found: list[Annotation], classes: Sequence[BatchClass]) -> int:
    """Save the findings of all classes at once (R7) and return how many annotations that added."""
    if not found:
        return 0
    kept: list[Annotation] = []
    if image.annotation_count:
        names = {wanted.name for wanted in classes}
        kept = [annotation for annotation in client.annotations.get(image.id) if annotation.name not in names]
    result = client.annotations.save(image.id, [*kept, *found])
    return result.new_count - result.previous_count


def _outcome(report: AnnotateReport) -> str:
    if report.success:
        return "done"
    return "failed" if report.failures else "no images"
