"""The task `annotate`: the images of a batch in order, each saved, counted and paid for in one transaction (R13).

Killed at any instruction, it goes on with the images still pending: none is annotated or charged twice.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation
from pictograph_server.engines.annotators.base import Annotator, Detection
from pictograph_server.engines.annotators.shapes import detections_to_annotations
from pictograph_server.engines.errors import EngineError
from pictograph_server.errors import ServiceError
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.feed import MAX_GROUP, ReadImage, open_feed
from pictograph_server.services.auto_annotation.findings import findings_of
from pictograph_server.services.auto_annotation.repository import BatchRecord, ImageResult
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.credits import prices
from pictograph_server.services.credits import service as credits
from pictograph_server.services.images import service as images
from pictograph_server.storage.db.types import now

# (the operator's choice, the device or None for the best) -> a loaded network.
OpenAnnotator = Callable[[str, str | None], Annotator]

# A group takes about this long, so that progress moves, a cancel is heard, and little is lost to a kill.
_GROUP_SECONDS = 1.0
# A network that fails so often in a row is broken; the images are not.
_MAX_FAILURES_IN_A_ROW = 10
_EVENT_INTERVAL_S = 2.0


class EveryImageFailed(ServiceError):
    code = "every_image_failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is kept of each class on one image, or why there is nothing."""

    read: ReadImage
    kept: Mapping[str, Sequence[Detection]] = field(default_factory=dict[str, Sequence[Detection]])
    reason: str | None = None


def annotate(run: JobRun, platform: Platform, open_annotator: OpenAnnotator) -> None:
    """Do what is left of the batch `run.job_id`.

    Raises:
        UnknownClasses, EngineUnavailable: nothing was annotated; the words reach the person who asked.
        EveryImageFailed: not one image could be done.
    """
    with platform.db.read() as conn:
        batch = repository.find(conn, run.organization_id, run.job_id)
    if batch is None or batch.status not in ("pending", "running"):
        raise JobCancelled
    plan = BatchPlan.model_validate(batch.request)
    annotator = open_annotator(platform.settings.annotator, platform.settings.device)
    annotator.check_prompts(plan.prompts)
    with run.transaction(checkpoint="opened", value=annotator.name) as conn:
        repository.start(conn, batch.id, engine=annotator.name)
    _Progress(run, batch).say(f"{annotator.name} on {annotator.device}")
    with open_feed(platform, batch) as feed:
        _work(run, batch, plan, annotator, feed.next_group)
    with platform.db.read() as conn:
        final = repository.find(conn, run.organization_id, batch.id)
        if final is not None and final.failed_images and not final.processed_images:
            raise EveryImageFailed(
                f"None of the {final.failed_images} images could be annotated",
                why="; ".join(reason for _, reason in repository.failure_reasons(conn, batch.id, limit=3)),
            )


def _work(
    run: JobRun,
    batch: BatchRecord,
    plan: BatchPlan,
    annotator: Annotator,
    next_group: Callable[[int], Sequence[ReadImage]],
) -> None:
    progress = _Progress(run, batch)
    failures_in_a_row = 0
    size = 1
    while group := next_group(size):
        run.raise_if_cancelled()
        started = time.monotonic()
        findings = _find(annotator, plan, group)
        failures_in_a_row = _count_failures(findings, failures_in_a_row)
        run.raise_if_cancelled()
        settled = _save(run, batch, plan, annotator.name, findings)
        progress.settled(settled)
        size = _next_size(size, time.monotonic() - started)


def _find(annotator: Annotator, plan: BatchPlan, group: Sequence[ReadImage]) -> list[Finding]:
    readable = [read for read in group if read.pixels is not None]
    found = {read.image.id: Finding(read, reason=read.reason) for read in group if read.pixels is None}
    try:
        answers = _ask(annotator, plan, readable)
        found |= {
            read.image.id: Finding(read, findings_of(plan, detections, (read.image.width, read.image.height)))
            for read, detections in zip(readable, answers, strict=True)
        }
    except EngineError:
        raise
    # Out of memory, or an image the network chokes on: alone, the others go through and the one has its reason.
    except (RuntimeError, MemoryError, ValueError, ArithmeticError) as error:
        if len(readable) == 1:
            return [Finding(readable[0], reason=f"{readable[0].image.filename!r}: the model failed: {error}")]
        for read in readable:
            found |= {finding.read.image.id: finding for finding in _find(annotator, plan, [read])}
    return [found[read.image.id] for read in group]


def _ask(annotator: Annotator, plan: BatchPlan, group: Sequence[ReadImage]) -> list[list[Detection]]:
    pixels = [read.pixels for read in group if read.pixels is not None]
    if not pixels:
        return []
    return annotator.text(pixels, plan.prompts, threshold=plan.asked_threshold, max_detections=plan.asked_detections)


def _count_failures(findings: Sequence[Finding], in_a_row: int) -> int:
    for finding in findings:
        if finding.read.pixels is not None:
            in_a_row = in_a_row + 1 if finding.reason is not None else 0
        if in_a_row >= _MAX_FAILURES_IN_A_ROW:
            raise RuntimeError(f"the annotator failed on {in_a_row} images in a row, last on {finding.reason}")
    return in_a_row


def _save(run: JobRun, batch: BatchRecord, plan: BatchPlan, engine: str, findings: Sequence[Finding]) -> int:
    """Commit a group: annotations, states, counters and credits, or none of them. Return how many are settled."""
    prepared = [(finding, _annotations_of(finding, plan, engine)) for finding in findings]
    reached = findings[-1].read.position + 1
    with run.transaction(checkpoint=f"images:{reached}", progress=reached / batch.total_images) as conn:
        current = repository.lock(conn, batch.organization_id, batch.id)
        if current is None or current.status != "running":
            raise JobCancelled
        pending = repository.claim_pending(conn, batch.id, [finding.read.image.id for finding in findings])
        skipped = _annotated_meanwhile(conn, batch, pending) if plan.skip_annotated else set[str]()
        repository.drop(conn, batch.id, skipped)
        results = [
            _save_image(conn, finding, found, plan, engine=engine, job_id=batch.id)
            for finding, found in prepared
            if finding.read.image.id in pending - skipped
        ]
        repository.record_results(conn, batch.id, results)
        done = sum(result.reason is None for result in results)
        _pay(conn, batch.id, done_before=current.processed_images, done=done)
    return current.processed_images + current.failed_images + len(results)


def _annotated_meanwhile(conn: Connection, batch: BatchRecord, image_ids: Collection[str]) -> set[str]:
    found = images.get_many(conn, batch.organization_id, list(image_ids))
    return {image.id for image in found if image.annotation_count > 0}


def _pay(conn: Connection, batch_id: str, *, done_before: int, done: int) -> None:
    amount = _cost(done_before + done) - _cost(done_before)
    if amount:
        # The count names the step: a repeated one would ask for the same credits again, and gets none.
        credits.capture(conn, job_id=batch_id, step=f"images-{done_before + done}", amount=amount)


def _cost(done: int) -> int:
    return prices.batch_cost(done, trained_model=False) if done else 0


def _save_image(
    conn: Connection,
    finding: Finding,
    found: Mapping[str, Sequence[Annotation]],
    plan: BatchPlan,
    *,
    engine: str,
    job_id: str,
) -> ImageResult:
    image = finding.read.image
    if finding.reason is not None:
        return ImageResult(image.id, reason=finding.reason)
    tags = [wanted for wanted in plan.classes if wanted.output_type == "tag"]
    if tags:
        confidences = {wanted.name: kept[0].confidence for wanted in tags if (kept := finding.kept.get(wanted.name))}
        repository.set_auto_tags(conn, image.id, confidences, asked=[wanted.name for wanted in tags])
    moment = now().isoformat()
    wanted_of = {wanted.name: wanted for wanted in plan.classes}
    added = annotations.save_from_job(
        conn,
        organization_id=image.organization_id,
        image_id=image.id,
        annotations=[annotation for each in found.values() for annotation in each],
        provenance={
            annotation.id: Provenance(
                made_by=engine,
                made_at=moment,
                prompt=", ".join(wanted_of[name].prompts),
                threshold=plan.threshold_of(wanted_of[name]),
                confidence=annotation.confidence,
                job_id=job_id,
            )
            for name, each in found.items()
            for annotation in each
        },
        replace_classes=[wanted.name for wanted in plan.classes if wanted.output_type != "tag"],
        review=plan.review,
    )
    return ImageResult(image.id, annotations_added=added)


def _annotations_of(finding: Finding, plan: BatchPlan, engine: str) -> dict[str, list[Annotation]]:
    """Return class name -> annotations; outside the transaction, for tracing outlines takes a while."""
    return {
        wanted.name: detections_to_annotations(
            finding.kept.get(wanted.name, ()),
            class_name=wanted.name,
            output_type=wanted.output_type,
            created_by=engine,
        )
        for wanted in plan.classes
        if wanted.output_type != "tag"
    }


def _next_size(size: int, elapsed_s: float) -> int:
    if elapsed_s < _GROUP_SECONDS / 2:
        return min(MAX_GROUP, size * 2)
    return max(1, size // 2) if elapsed_s > _GROUP_SECONDS else size


class _Progress:
    """Tells the people watching how far the batch is and how long it will still take."""

    def __init__(self, run: JobRun, batch: BatchRecord) -> None:
        self._run = run
        self._total = max(1, batch.total_images)
        self._first = batch.processed_images + batch.failed_images
        self._started = time.monotonic()
        self._told_at = 0.0

    def say(self, message: str) -> None:
        self._run.event("engine", {"message": message})

    def settled(self, count: int) -> None:
        elapsed = time.monotonic() - self._started
        left_s = elapsed / max(1, count - self._first) * (self._total - count)
        self._run.report(min(1.0, count / self._total), f"{count} of {self._total} images")
        if time.monotonic() - self._told_at >= _EVENT_INTERVAL_S or count >= self._total:
            self._told_at = time.monotonic()
            self._run.event("progress", {"done": count, "total": self._total, "eta_seconds": round(left_s)})
