"""Proposals become annotations of the dataset, after somebody has measured them and said from which confidence on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation, parse_annotations
from pictograph.models.auto_annotate import Acceptance
from pictograph_server.errors import BadRequest
from pictograph_server.services.annotations.from_job import job_finding, save_findings
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.auto_annotation import proposals_repository, repository
from pictograph_server.services.auto_annotation.proposals_repository import Proposed
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.auto_annotation.service import BatchNotFound
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db.types import now

# In one transaction; the client asks again for what follows.
PAGE_IMAGES = 200


class NoProposals(BadRequest):
    code = "no_proposals"

    def __init__(self, batch_id: str) -> None:
        super().__init__(
            f"Auto-annotation job {batch_id!r} has no proposals to accept",
            why="it wrote what it found into the dataset",
            fix='Start it with destination="proposals" to look first and accept afterwards',
        )


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    """What of the proposals to take: all images or some, and of each class from a confidence on."""

    image_ids: Sequence[str] | None = None
    confidence_threshold: float = 0.0
    thresholds: Mapping[str, float] = field(default_factory=dict[str, float])
    # The last image of the page before; None begins.
    after: str | None = None

    def takes(self, class_name: str, confidence: float) -> bool:
        return confidence >= self.thresholds.get(class_name, self.confidence_threshold)


def accept(
    conn: Connection, organization_id: str, batch_id: str, request: AcceptRequest, *, page_images: int = PAGE_IMAGES
) -> Acceptance:
    """Write a page of proposals into the dataset, as the batch would have, and say where to go on.

    Images that a person has decided on are left as they are: what the machine finds there beyond it is most likely
    wrong. Accepted again, nothing is added twice.

    Raises:
        BatchNotFound: 404. NoProposals: 400.
    """
    batch = repository.find(conn, organization_id, batch_id)
    if batch is None:
        raise BatchNotFound(batch_id)
    plan = BatchPlan.model_validate(batch.request)
    if plan.destination != "proposals":
        raise NoProposals(batch_id)
    datasets.lock(conn, organization_id, batch.dataset_id)
    page = proposals_repository.page(
        conn, organization_id, batch_id, image_ids=request.image_ids, after=request.after, limit=page_images
    )
    there = {each.id: each for each in images.get_many(conn, organization_id, [each.image_id for each in page])}
    open_ = [each for each in page if not _is_decided(there[each.image_id])]
    found = {each.image_id: _taken(each, request) for each in open_}
    added = save_findings(
        conn,
        organization_id,
        batch.dataset_id,
        [
            job_finding(image_id, taken, {each.id: _origin(batch, plan, request, each) for each in taken})
            for image_id, taken in found.items()
        ],
        replace_classes=[wanted.name for wanted in plan.classes if wanted.output_type != "tag"],
        review=plan.review,
    )
    asked = [wanted.name for wanted in plan.classes if wanted.output_type == "tag"]
    if asked:
        kept = {each.image_id: {n: c for n, c in each.tags.items() if request.takes(n, c)} for each in open_}
        repository.set_auto_tags(conn, kept, asked=asked)
    return Acceptance(
        accepted_images=len(added),
        annotations_added=sum(added.values()),
        skipped_images=len(page) - len(open_),
        next=page[-1].image_id if len(page) == page_images else None,
    )


def _is_decided(image: ImageRecord) -> bool:
    return image.status_set_by == "person" and image.status in ("review", "complete")


def _taken(proposed: Proposed, request: AcceptRequest) -> list[Annotation]:
    found = parse_annotations(list(proposed.document))
    return [each for each in found if request.takes(each.name, each.confidence)]


def _origin(batch: BatchRecord, plan: BatchPlan, request: AcceptRequest, annotation: Annotation) -> Provenance:
    wanted = next((each for each in plan.classes if each.name == annotation.name), None)
    asked_for = 0.0 if wanted is None else plan.threshold_of(wanted)
    return Provenance(
        made_by=annotation.created_by or batch.engine or "",
        made_at=now().isoformat(),
        # Which of several prompts found it is not kept with a proposal.
        prompt=wanted.prompts[0] if wanted is not None and len(wanted.prompts) == 1 else None,
        threshold=max(asked_for, request.thresholds.get(annotation.name, request.confidence_threshold)),
        confidence=annotation.confidence,
        job_id=batch.id,
    )
