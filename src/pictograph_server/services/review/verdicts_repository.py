"""What people decided, and how often: rows of `review_verdicts` and `review_tallies`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pictograph.models.review import Verdict
from pictograph_server.storage.db.tables import review_tallies, review_verdicts
from pictograph_server.storage.db.upsert import upsert


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """A verdict's row. `before` is what an undo brings back."""

    id: str
    organization_id: str
    dataset_id: str
    image_id: str
    reviewer_id: str
    reviewer_name: str
    verdict: Verdict
    note: str | None
    version_before: int
    version_after: int
    before: Mapping[str, Any]
    created_at: datetime
    undone_at: datetime | None = None

    @property
    def day(self) -> str:
        return self.created_at.strftime("%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class TallyRow:
    day: str
    reviewer_id: str
    reviewer_name: str
    verdict: Verdict
    image_count: int


_columns = tuple(review_verdicts.c[name] for name in VerdictRecord.__slots__)


def add(conn: Connection, record: VerdictRecord) -> None:
    conn.execute(insert(review_verdicts).values({name: getattr(record, name) for name in VerdictRecord.__slots__}))
    count(conn, record, 1)


def find(conn: Connection, organization_id: str, dataset_id: str, verdict_id: str) -> VerdictRecord | None:
    verdicts = review_verdicts.c
    here = (verdicts.organization_id == organization_id, verdicts.dataset_id == dataset_id)
    # Two undos of one verdict come one after the other.
    query = select(*_columns).where(*here, verdicts.id == verdict_id).with_for_update()
    row = conn.execute(query).one_or_none()
    return None if row is None else VerdictRecord(*row)


def set_undone(conn: Connection, record: VerdictRecord, moment: datetime) -> None:
    conn.execute(update(review_verdicts).where(review_verdicts.c.id == record.id).values(undone_at=moment))
    count(conn, record, -1)


def page(
    conn: Connection,
    dataset_id: str,
    *,
    reviewer_id: str | None,
    verdict: Verdict | None,
    image_id: str | None,
    before: str | None,
    limit: int,
) -> list[VerdictRecord]:
    """Return verdicts newest first: ids sort by the time they were made."""
    verdicts = review_verdicts.c
    query = select(*_columns).where(verdicts.dataset_id == dataset_id).order_by(verdicts.id.desc()).limit(limit)
    if reviewer_id is not None:
        query = query.where(verdicts.reviewer_id == reviewer_id)
    if verdict is not None:
        query = query.where(verdicts.verdict == verdict)
    if image_id is not None:
        query = query.where(verdicts.image_id == image_id)
    if before is not None:
        query = query.where(verdicts.id < before)
    return [VerdictRecord(*row) for row in conn.execute(query)]


def count(conn: Connection, record: VerdictRecord, more: int) -> None:
    tallies = review_tallies.c
    statement = upsert(conn, review_tallies).values(
        dataset_id=record.dataset_id,
        day=record.day,
        reviewer_id=record.reviewer_id,
        verdict=record.verdict,
        reviewer_name=record.reviewer_name,
        image_count=more,
    )
    changes = {"image_count": tallies.image_count + more, "reviewer_name": record.reviewer_name}
    key = ["dataset_id", "day", "reviewer_id", "verdict"]
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=changes))


def tallies_of(conn: Connection, dataset_id: str, *, since_day: str) -> Sequence[TallyRow]:
    """Return the counts of each day, person and verdict since a day, the newest day first."""
    tallies = review_tallies.c
    query = (
        select(tallies.day, tallies.reviewer_id, tallies.reviewer_name, tallies.verdict, tallies.image_count)
        .where(tallies.dataset_id == dataset_id, tallies.day >= since_day, tallies.image_count > 0)
        .order_by(tallies.day.desc(), tallies.reviewer_id, tallies.verdict)
    )
    return [TallyRow(*row) for row in conn.execute(query)]


def totals_of(conn: Connection, dataset_id: str) -> Sequence[TallyRow]:
    """Return the counts of each person and verdict over all days."""
    tallies = review_tallies.c
    query = (
        select(tallies.reviewer_id, func.max(tallies.reviewer_name), tallies.verdict, func.sum(tallies.image_count))
        .where(tallies.dataset_id == dataset_id)
        .group_by(tallies.reviewer_id, tallies.verdict)
        .order_by(tallies.reviewer_id, tallies.verdict)
    )
    return [TallyRow("", person, name, verdict, int(total)) for person, name, verdict, total in conn.execute(query)]
