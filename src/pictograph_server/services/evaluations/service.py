"""Models measured on a dataset: asked for, looked at, stopped. It costs nothing (see docs/concepts)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.evaluation import EvaluationRun, EvaluationSplit, ModelEvaluation
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.jobs import queue
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.evaluations import repository
from pictograph_server.services.evaluations.repository import LIVE, EvaluationRecord, NamedEvaluation
from pictograph_server.services.images.status_filter import statuses_of
from pictograph_server.services.models import service as models
from pictograph_server.storage.db.types import new_id, now

EVALUATE_TASK = "evaluate"
# A network asked about images, as when it labels: the same slots.
EVALUATE_LANE = "annotate"


class EvaluationNotFound(NotFound):
    code = "evaluation_not_found"

    def __init__(self, evaluation_id: str) -> None:
        super().__init__(
            f"There is no evaluation {evaluation_id!r} of this model",
            fix="List those there are with `client.models.evaluations(model_id)`",
        )


class EvaluationHasEnded(BadRequest):
    code = "evaluation_ended"

    def __init__(self, evaluation: EvaluationRecord) -> None:
        super().__init__(f"Evaluation {evaluation.id!r} cannot be cancelled", why=f"it is {evaluation.status}")


class NothingToMeasure(BadRequest):
    code = "nothing_to_measure"

    def __init__(self, dataset: str, why: str, fix: str) -> None:
        super().__init__(f"Dataset {dataset!r} cannot tell how good a model is", why=why, fix=fix)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What a person asks for. `split` None means the images that the model has not learned from."""

    model_id: str
    dataset_name: str
    split: EvaluationSplit | None = None
    status_filter: str = "complete"
    created_by: str | None = None


def create(conn: Connection, organization_id: str, request: EvaluationRequest) -> EvaluationRun:
    """Check what was asked for and enqueue the job.

    Raises:
        ModelNotFound, DatasetNotFound: 404.
        ModelNotReady: 409.
        UnknownStatusFilter: 422.
        NothingToMeasure: 400, no image is annotated.
    """
    model = models.ready_record(conn, organization_id, request.model_id, purpose="be evaluated")
    dataset = datasets.get_by_name(conn, organization_id, request.dataset_name)
    # A classifier may go by folders, which only its job looks at.
    if model.model_type != "classification":
        _check_annotated(conn, dataset, request.status_filter)
    evaluation_id = new_id()
    record = EvaluationRecord(
        id=evaluation_id,
        organization_id=organization_id,
        model_id=model.id,
        dataset_id=dataset.id,
        split=request.split,
        status_filter=request.status_filter,
        status="pending",
        progress=0,
        error_message=None,
        result=None,
        created_by=request.created_by,
        created_at=now(),
        completed_at=None,
    )
    repository.add(conn, record)
    queue.enqueue(
        conn,
        task=EVALUATE_TASK,
        lane=EVALUATE_LANE,
        organization_id=organization_id,
        payload={"evaluation_id": evaluation_id},
        dataset_id=dataset.id,
        job_id=evaluation_id,
    )
    return _to_wire(NamedEvaluation(record, dataset.name))


def get(conn: Connection, organization_id: str, model_id: str, evaluation_id: str) -> EvaluationRun:
    """Return an evaluation with its figures.

    Raises:
        EvaluationNotFound: 404.
    """
    return _to_wire(_require(conn, organization_id, model_id, evaluation_id))


def list_evaluations(
    conn: Connection, organization_id: str, model_id: str, *, limit: int, offset: int
) -> list[EvaluationRun]:
    """Return one page of a model's evaluations, newest first.

    Raises:
        ModelNotFound: 404.
    """
    models.get(conn, organization_id, model_id)
    found = repository.of_model(conn, organization_id, model_id, limit=limit, offset=offset)
    return [_to_wire(each) for each in found]


def cancel(conn: Connection, organization_id: str, model_id: str, evaluation_id: str) -> EvaluationRun:
    """Cancel an evaluation at once for everybody who asks; its process stops within seconds.

    Raises:
        EvaluationNotFound: 404.
        EvaluationHasEnded: 400, there is nothing left to cancel.
    """
    found = _require(conn, organization_id, model_id, evaluation_id).record
    if found.status not in LIVE or not repository.end(conn, evaluation_id, "cancelled", moment=now()):
        raise EvaluationHasEnded(found)
    queue.request_cancel(conn, evaluation_id)
    return get(conn, organization_id, model_id, evaluation_id)


def _check_annotated(conn: Connection, dataset: DatasetRecord, status_filter: str) -> None:
    statuses = statuses_of(status_filter)
    if repository.is_any_covered(conn, dataset.id, statuses):
        return
    if statuses is not None and repository.is_any_covered(conn, dataset.id, None):
        raise NothingToMeasure(
            dataset.name,
            f"none of its annotated images is {status_filter}",
            'Complete some images, or ask with `status_filter="all"`',
        )
    raise NothingToMeasure(dataset.name, "none of its images is annotated", "Annotate some of its images by hand")


def _require(conn: Connection, organization_id: str, model_id: str, evaluation_id: str) -> NamedEvaluation:
    found = repository.find(conn, organization_id, evaluation_id)
    if found is None or found.record.model_id != model_id:
        raise EvaluationNotFound(evaluation_id)
    return found


def _to_wire(found: NamedEvaluation) -> EvaluationRun:
    record = found.record
    return EvaluationRun(
        id=record.id,
        model_id=record.model_id,
        dataset_name=found.dataset_name,
        split=record.split,
        status_filter=record.status_filter,
        status=record.status,
        progress=record.progress,
        error_message=record.error_message,
        evaluation=None if record.result is None else ModelEvaluation.model_validate(record.result),
        created_at=record.created_at,
        completed_at=record.completed_at,
    )
