"""The rows of scorings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from pictograph.models.review import ScoringStatus
from pictograph_server.storage.db.tables import review_scorings

LIVE: tuple[ScoringStatus, ...] = ("pending", "running")


@dataclass(frozen=True, slots=True)
class ScoringRecord:
    """A scoring's row; its job has the same id."""

    id: str
    organization_id: str
    dataset_id: str
    model_id: str | None
    source: str | None
    against: str
    confidence: float | None
    status_filter: str
    status: ScoringStatus
    images_total: int
    images_done: int
    images_skipped: int
    error_message: str | None
    created_by: str
    created_by_name: str
    created_at: datetime
    completed_at: datetime | None


_columns = tuple(review_scorings.c[name] for name in ScoringRecord.__slots__)


def add(conn: Connection, record: ScoringRecord) -> None:
    conn.execute(insert(review_scorings).values({name: getattr(record, name) for name in ScoringRecord.__slots__}))


def find(conn: Connection, organization_id: str, scoring_id: str) -> ScoringRecord | None:
    scorings = review_scorings.c
    query = select(*_columns).where(scorings.id == scoring_id, scorings.organization_id == organization_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else ScoringRecord(*row)


def of_dataset(conn: Connection, dataset_id: str, *, limit: int) -> list[ScoringRecord]:
    """Return a dataset's scorings, newest first."""
    scorings = review_scorings.c
    query = select(*_columns).where(scorings.dataset_id == dataset_id).order_by(scorings.id.desc()).limit(limit)
    return [ScoringRecord(*row) for row in conn.execute(query)]


def change(conn: Connection, scoring_id: str, values: dict[str, Any]) -> bool:
    """Write to a scoring that has not ended; False when it has, or is gone."""
    scorings = review_scorings.c
    query = update(review_scorings).where(scorings.id == scoring_id, scorings.status.in_(LIVE))
    return conn.execute(query.values(values)).rowcount == 1
