"""Each order of a review's queue is walked by an index: nothing is sorted that is not shown."""

import pytest
from sqlalchemy import Connection, event, text
from tests.conftest import make_organization
from tests.many_images import add_images

from pictograph.models.review import ReviewOrder
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.review import queue_repository
from pictograph_server.services.review.queue_repository import Seeker
from pictograph_server.services.review.records import QueueWish
from pictograph_server.storage.db.types import now


@pytest.mark.parametrize("order", ["least_confident", "disagreement", "oldest"])
def test_queue__sorts_nothing(platform: Platform, order: ReviewOrder) -> None:
    organization_id = make_organization(platform)
    with platform.db.write() as conn:
        dataset_id = datasets.create(conn, organization_id, name="large", classes=[]).id
    add_images(platform, organization_id, dataset_id, 1_200)
    with platform.db.write() as conn:
        _send_into_review(conn, dataset_id)
        conn.execute(text("ANALYZE"))
    with platform.db.read() as conn:
        plans = _plans(conn, dataset_id, QueueWish(order=order))
    assert plans
    for plan in plans:
        # SQLite, and Postgres.
        assert "TEMP B-TREE" not in plan, plan
        assert "Sort" not in plan, plan


def _plans(conn: Connection, dataset_id: str, wish: QueueWish) -> list[str]:
    asked: list[tuple[str, object]] = []

    def note(*call: object) -> None:
        asked.append((str(call[2]), call[3]))

    event.listen(conn, "before_cursor_execute", note)
    found = queue_repository.front(conn, dataset_id, wish, Seeker(now(), "me"), limit=20)
    event.remove(conn, "before_cursor_execute", note)
    assert len(found) == 20
    explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    plans: list[str] = []
    for statement, values in asked:
        rows = conn.exec_driver_sql(explain + statement, values)  # pyright: ignore[reportArgumentType]
        plans.append("\n".join(str(row[-1]) for row in rows))
    return plans


def _send_into_review(conn: Connection, dataset_id: str) -> None:
    """Send all of them, each with a confidence and a disagreement, most of them somebody else's."""
    of_dataset = {"dataset": dataset_id}
    conn.execute(
        text(
            "INSERT INTO review_items (image_id, dataset_id, assignee_id, assignee_name, disagreement) "
            "SELECT id, dataset_id, CASE WHEN place > 400 THEN 'other' END, CASE WHEN place > 400 THEN 'Somebody' END, "
            "place / 1200.0 FROM (SELECT id, dataset_id, row_number() OVER (ORDER BY sha256) AS place FROM images "
            "WHERE dataset_id = :dataset) AS placed"
        ),
        of_dataset,
    )
    conn.execute(
        text(
            "UPDATE images SET status = 'review', "
            "least_confidence = (SELECT 1 - disagreement FROM review_items WHERE image_id = id), "
            "review_assignee_id = (SELECT assignee_id FROM review_items WHERE image_id = id) "
            "WHERE dataset_id = :dataset"
        ),
        of_dataset,
    )
