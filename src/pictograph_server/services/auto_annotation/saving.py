"""A group of findings becomes annotations, states, counters and credits, in one transaction or not at all (R13)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation
from pictograph_server.engines.annotators.base import Detection
from pictograph_server.engines.annotators.shapes import detections_to_annotations
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.services.annotations.documents import to_document
from pictograph_server.services.annotations.from_job import job_finding, save_findings
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.auto_annotation import confidences, proposals, repository
from pictograph_server.services.auto_annotation.feed import ReadImage
from pictograph_server.services.auto_annotation.findings import findings_of
from pictograph_server.services.auto_annotation.payment import cost_of
from pictograph_server.services.auto_annotation.proposals_repository import Proposed
from pictograph_server.services.auto_annotation.repository import BatchRecord, ImageResult, Shard
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.credits import service as credits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import now


@dataclass(frozen=True, slots=True)
class Finding:
    """What the network found on one image, or why there is nothing. Without the pixels: it may wait for a while."""

    position: int
    image: ImageRecord
    size_wh: tuple[int, int]
    detections: Sequence[Detection] = ()
    reason: str | None = None


def finding_of(read: ReadImage, detections: Sequence[Detection] = (), *, reason: str | None = None) -> Finding:
    size_wh = (read.image.width, read.image.height)
    if read.pixels is not None:
        size_wh = (int(read.pixels.shape[1]), int(read.pixels.shape[0]))
    return Finding(read.position, read.image, size_wh, detections, reason or read.reason)


@dataclass(frozen=True, slots=True)
class Traced:
    """A finding as it will be saved: what is drawn, where each of it comes from, and the confidence of each tag."""

    finding: Finding
    annotations: Sequence[Annotation]
    provenance: Mapping[str, Provenance]
    tags: Mapping[str, float]

    @property
    def findings(self) -> Sequence[tuple[str, float]]:
        """Return class and confidence of each thing found."""
        return [*((each.name, each.confidence) for each in self.annotations), *self.tags.items()]


class Saver:
    """Saves groups of one shard, one after the other; the threads that detect do not wait for it."""

    def __init__(self, run: JobRun, shard: Shard, plan: BatchPlan, engine: str, prices: Prices) -> None:
        self._run = run
        self._shard = shard
        self._plan = plan
        self._engine = engine
        self._prices = prices

    def save(self, findings: Sequence[Finding]) -> BatchRecord:
        """Commit a group, and return the batch as it is then.

        Raises:
            JobCancelled: the batch has ended or is gone; nothing was saved.
        """
        # Outlines take a while: outside the transaction.
        traced = [self._traced(finding) for finding in findings]
        reached = findings[-1].position + 1
        shard = self._shard
        progress = (reached - shard.first_position) / (shard.end_position - shard.first_position)
        with self._run.transaction(checkpoint=f"images:{reached}", progress=progress) as conn:
            batch = locked_batch(conn, self._run.organization_id, shard.batch_id)
            pending = repository.claim_pending(conn, batch.id, [each.image.id for each in findings])
            skipped = _annotated_meanwhile(conn, batch, pending) if self._plan.skip_annotated else set[str]()
            repository.drop(conn, batch.id, skipped)
            results = self._save(conn, batch, [each for each in traced if _id(each) in pending - skipped])
            done = {result.image_id for result in results if result.reason is None}
            found = confidences.count([each.findings for each in traced if _id(each) in done])
            repository.record_results(conn, batch, results, moment=now(), found=found)
            self._pay(conn, batch, len(done))
            saved = repository.find(conn, batch.organization_id, batch.id)
        assert saved is not None
        return saved

    def _traced(self, finding: Finding) -> Traced:
        try:
            return self._trace(finding)
        # A mask that no outline can be drawn of is that image's failure, not the shard's.
        except (RuntimeError, MemoryError, ValueError, ArithmeticError) as error:
            reason = f"{finding.image.filename!r}: what was found could not be outlined: {error}"
            return Traced(replace(finding, reason=reason), (), {}, {})

    def _trace(self, finding: Finding) -> Traced:
        annotations: list[Annotation] = []
        provenance: dict[str, Provenance] = {}
        tags: dict[str, float] = {}
        moment = now().isoformat()
        found = findings_of(self._plan, finding.detections, finding.size_wh)
        for wanted in self._plan.classes:
            kept = found[wanted.name]
            if wanted.output_type == "tag":
                tags |= {wanted.name: max(each.confidence for each in kept)} if kept else {}
                continue
            for detection in kept:
                drawn = detections_to_annotations(
                    [detection], class_name=wanted.name, output_type=wanted.output_type, created_by=self._engine
                )
                annotations += drawn
                origin = Provenance(
                    made_by=self._engine,
                    made_at=moment,
                    prompt=detection.prompt,
                    threshold=self._plan.threshold_of(wanted),
                    confidence=detection.confidence,
                    job_id=self._shard.batch_id,
                )
                provenance |= {annotation.id: origin for annotation in drawn}
        return Traced(finding, annotations, provenance, tags)

    def _save(self, conn: Connection, batch: BatchRecord, group: Sequence[Traced]) -> list[ImageResult]:
        found = [each for each in group if each.finding.reason is None]
        if self._plan.destination == "proposals":
            added = self._propose(conn, batch, found)
        else:
            added = self._annotate(conn, batch, found)
        failed = [ImageResult(_id(each), reason=each.finding.reason) for each in group if each.finding.reason]
        # An image that is gone by now is neither done nor paid for.
        return failed + [ImageResult(image_id, annotations_added=count) for image_id, count in added.items()]

    def _propose(self, conn: Connection, batch: BatchRecord, found: Sequence[Traced]) -> dict[str, int]:
        group = [Proposed(_id(each), [to_document(one) for one in each.annotations], each.tags) for each in found]
        proposals.save_many(conn, batch.id, group)
        return {_id(each): len(each.annotations) for each in found}

    def _annotate(self, conn: Connection, batch: BatchRecord, found: Sequence[Traced]) -> dict[str, int]:
        plan = self._plan
        added = save_findings(
            conn,
            batch.organization_id,
            batch.dataset_id,
            [job_finding(_id(each), each.annotations, each.provenance) for each in found],
            replace_classes=[wanted.name for wanted in plan.classes if wanted.output_type != "tag"],
            review=plan.review,
        )
        tags = [wanted.name for wanted in plan.classes if wanted.output_type == "tag"]
        if tags:
            tagged = {_id(each): each.tags for each in found if _id(each) in added}
            repository.set_auto_tags(conn, tagged, asked=tags)
        return added

    def _pay(self, conn: Connection, batch: BatchRecord, done: int) -> None:
        before = batch.processed_images
        amount = cost_of(self._prices, self._plan, before + done) - cost_of(self._prices, self._plan, before)
        if amount:
            # The count names the step: a repeated one would ask for the same credits again, and gets none.
            credits.capture(conn, job_id=batch.id, step=f"images-{before + done}", amount=amount)


def locked_batch(conn: Connection, organization_id: str, batch_id: str) -> BatchRecord:
    """Return a batch that is wanted, held with its dataset until the transaction ends: the dataset always first.

    Raises:
        JobCancelled: it has ended, or is gone.
    """
    batch = repository.find(conn, organization_id, batch_id)
    if batch is None:
        raise JobCancelled
    try:
        datasets.lock(conn, organization_id, batch.dataset_id)
    except DatasetNotFound:
        raise JobCancelled from None
    batch = repository.lock(conn, organization_id, batch_id)
    if batch is None or not batch.is_live:
        raise JobCancelled
    return batch


def _annotated_meanwhile(conn: Connection, batch: BatchRecord, image_ids: Collection[str]) -> set[str]:
    found = images.get_many(conn, batch.organization_id, list(image_ids))
    return {image.id for image in found if image.annotation_count > 0}


def _id(traced: Traced) -> str:
    return traced.finding.image.id
