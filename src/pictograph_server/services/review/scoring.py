"""Disagreement asked for: a job measures how far the annotations of each image are from what somebody else says."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pictograph.models.review import ReviewScoring
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, NotFound
from pictograph_server.jobs import queue
from pictograph_server.services.comparisons.service import source_of
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.models import service as models
from pictograph_server.storage.db.types import new_id, now

from . import frozen
from . import scoring_repository as repository
from .scoring_repository import LIVE, ScoringRecord

SCORE_TASK = "score_disagreement"
# A network asked about images, as when it labels: the same slots.
SCORE_LANE = "annotate"


class OneOpinion(BadRequest):
    code = "one_opinion"

    def __init__(self) -> None:
        super().__init__(
            "Disagreement is measured against one opinion",
            why="both or neither of `model_id` and `source` were given",
            fix="Name a model by `model_id`, or a `source`: people, machine, an engine, batch:<job id>, dataset:<name> "
            "or version:<number>",
        )


class ScoringNotFound(NotFound):
    code = "scoring_not_found"

    def __init__(self, scoring_id: str) -> None:
        super().__init__(f"There is no measure of disagreement {scoring_id!r} in this dataset")


class ScoringHasEnded(BadRequest):
    code = "scoring_ended"

    def __init__(self, record: ScoringRecord) -> None:
        super().__init__(f"The measure of disagreement with {record.against} is {record.status} already")


class ScoringRunning(Conflict):
    code = "scoring_running"

    def __init__(self, record: ScoringRecord) -> None:
        super().__init__(
            "Disagreement is not measured anew",
            why=f"it is being measured against {record.against}",
            fix="Wait for its end, or cancel it",
            details={"scoring_id": record.id},
        )


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """What to measure against, and on which images; `confidence` None: what the model suggests."""

    dataset_name: str
    model_id: str | None = None
    source: str | None = None
    confidence: float | None = None
    status_filter: str = "review"


def start(conn: Connection, actor: Actor, request: ScoringRequest) -> ReviewScoring:
    """Put the job into the queue.

    Raises:
        OneOpinion: 400.
        DatasetNotFound, ModelNotFound, BatchNotFound, VersionNotFound: 404.
        ModelNotReady, VersionNotReady, ScoringRunning: 409.
        UnknownStatusFilter: 422.
    """
    if (request.model_id is None) == (request.source is None):
        raise OneOpinion
    organization_id = actor.organization_id
    dataset = datasets.get_by_name(conn, organization_id, request.dataset_name)
    datasets.lock(conn, organization_id, dataset.id)
    if request.model_id is not None:
        against = models.ready_record(conn, organization_id, request.model_id, purpose="be asked").name
    elif (version := frozen.version_of(conn, dataset, request.source or "")) is not None:
        request = replace(request, source=frozen.source_name(version))
        against = f"version {version.number}" + (f" ({version.name})" if version.name else "")
    else:
        against = request.source or ""
        source_of(conn, dataset, against)
    running = next((each for each in repository.of_dataset(conn, dataset.id, limit=5) if each.status in LIVE), None)
    if running is not None:
        raise ScoringRunning(running)
    record = ScoringRecord(
        id=new_id(),
        organization_id=organization_id,
        dataset_id=dataset.id,
        model_id=request.model_id,
        source=request.source,
        against=against,
        confidence=request.confidence,
        status_filter=request.status_filter,
        status="pending",
        images_total=images.count(conn, dataset.id, status_filter=request.status_filter),
        images_done=0,
        images_skipped=0,
        error_message=None,
        created_by=actor.id,
        created_by_name=actor.name[:320],
        created_at=now(),
        completed_at=None,
    )
    repository.add(conn, record)
    queue.enqueue(
        conn,
        task=SCORE_TASK,
        lane=SCORE_LANE,
        organization_id=organization_id,
        payload={"scoring_id": record.id},
        dataset_id=dataset.id,
        job_id=record.id,
    )
    return to_wire(record)


def list_scorings(conn: Connection, organization_id: str, dataset_name: str, *, limit: int) -> list[ReviewScoring]:
    """Return the newest measures of disagreement of a dataset; the first one's numbers are what the queue goes by."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    return [to_wire(record) for record in repository.of_dataset(conn, dataset.id, limit=limit)]


def cancel(conn: Connection, organization_id: str, scoring_id: str) -> ReviewScoring:
    """Stop a measure at once for everybody who asks; what was measured stays.

    Raises:
        ScoringNotFound: 404.
        ScoringHasEnded: 400.
    """
    record = repository.find(conn, organization_id, scoring_id)
    if record is None:
        raise ScoringNotFound(scoring_id)
    if not repository.change(conn, scoring_id, {"status": "cancelled", "completed_at": now()}):
        raise ScoringHasEnded(record)
    queue.request_cancel(conn, scoring_id)
    changed = repository.find(conn, organization_id, scoring_id)
    assert changed is not None
    return to_wire(changed)


def to_wire(record: ScoringRecord) -> ReviewScoring:
    share = 100 * record.images_done // max(1, record.images_total)
    return ReviewScoring(
        id=record.id,
        model_id=record.model_id,
        source=record.source,
        against=record.against,
        confidence=record.confidence,
        status_filter=record.status_filter,
        status=record.status,
        progress=100 if record.status == "completed" else min(99, share),
        images_total=record.images_total,
        images_done=record.images_done,
        images_skipped=record.images_skipped,
        error_message=record.error_message,
        created_by_name=record.created_by_name,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )
