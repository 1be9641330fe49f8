"""The rows of evaluations, and what they need to know about images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from pictograph.models.common import JsonObject
from pictograph.models.evaluation import EvaluationSplit, EvaluationStatus
from pictograph_server.storage.db.tables import datasets, images, model_evaluations

LIVE: tuple[EvaluationStatus, ...] = ("pending", "running")
# Below the variable limits of both databases.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """An evaluation's row. `result` is a `ModelEvaluation`; lists leave it out."""

    id: str
    organization_id: str
    model_id: str
    dataset_id: str
    split: EvaluationSplit | None
    status_filter: str
    status: EvaluationStatus
    progress: int
    error_message: str | None
    result: JsonObject | None
    created_by: str | None
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedEvaluation:
    """An evaluation and the name of its dataset."""

    record: EvaluationRecord
    dataset_name: str


def add(conn: Connection, record: EvaluationRecord) -> None:
    conn.execute(
        insert(model_evaluations).values({column: getattr(record, column) for column in EvaluationRecord.__slots__})
    )


def find(conn: Connection, organization_id: str, evaluation_id: str) -> NamedEvaluation | None:
    query = _with_dataset().where(
        model_evaluations.c.id == evaluation_id, model_evaluations.c.organization_id == organization_id
    )
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _named(dict(row))


def of_model(
    conn: Connection, organization_id: str, model_id: str, *, limit: int, offset: int
) -> Sequence[NamedEvaluation]:
    """Return one page of a model's evaluations, newest first."""
    query = (
        _with_dataset()
        .where(model_evaluations.c.model_id == model_id, model_evaluations.c.organization_id == organization_id)
        .order_by(model_evaluations.c.created_at.desc(), model_evaluations.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_named(dict(row)) for row in conn.execute(query).mappings()]


def set_progress(conn: Connection, evaluation_id: str, percent: int) -> bool:
    """Show the evaluation as running; False when it has ended or is gone."""
    result = conn.execute(
        update(model_evaluations)
        .where(model_evaluations.c.id == evaluation_id, model_evaluations.c.status.in_(LIVE))
        .values(status="running", progress=percent)
    )
    return result.rowcount == 1


def complete(conn: Connection, evaluation_id: str, result: JsonObject, *, moment: datetime) -> bool:
    """Keep the figures; False when it has ended (a cancel) or is gone."""
    changed = conn.execute(
        update(model_evaluations)
        .where(model_evaluations.c.id == evaluation_id, model_evaluations.c.status.in_(LIVE))
        .values(status="completed", progress=100, result=result, completed_at=moment)
    )
    return changed.rowcount == 1


def end(
    conn: Connection,
    evaluation_id: str,
    status: EvaluationStatus,
    *,
    moment: datetime,
    error_message: str | None = None,
) -> bool:
    """Set a final state without figures; False when it has ended already."""
    changed = conn.execute(
        update(model_evaluations)
        .where(model_evaluations.c.id == evaluation_id, model_evaluations.c.status.in_(LIVE))
        .values(status=status, error_message=error_message, completed_at=moment)
    )
    return changed.rowcount == 1


def is_any_covered(conn: Connection, dataset_id: str, statuses: Sequence[str] | None) -> bool:
    """Return whether somebody has annotated any of the dataset's images."""
    query = select(images.c.id).where(
        images.c.dataset_id == dataset_id, images.c.is_archived.is_(False), images.c.annotation_count > 0
    )
    if statuses is not None:
        query = query.where(images.c.status.in_(statuses))
    return conn.execute(query.limit(1)).first() is not None


def sha256s(conn: Connection, organization_id: str, image_ids: Sequence[str]) -> set[str]:
    """Return the contents of these images; of those that were deleted nothing is known any more."""
    found: set[str] = set()
    for first in range(0, len(image_ids), _CHUNK):
        chunk = image_ids[first : first + _CHUNK]
        query = select(images.c.sha256).where(images.c.organization_id == organization_id, images.c.id.in_(chunk))
        found.update(conn.execute(query).scalars())
    return found


def _with_dataset():  # noqa: ANN202  # pyright infers SQLAlchemy's select of every column
    columns = (model_evaluations.c[name] for name in EvaluationRecord.__slots__)
    return select(*columns, datasets.c.name.label("dataset_name")).join(
        datasets, datasets.c.id == model_evaluations.c.dataset_id
    )


def _named(row: dict[str, object]) -> NamedEvaluation:
    name = str(row.pop("dataset_name"))
    return NamedEvaluation(EvaluationRecord(**row), name)  # pyright: ignore[reportArgumentType]  # the row's columns
