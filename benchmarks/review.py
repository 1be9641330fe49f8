"""How long a review's queue takes to say what is next where others have 650,000 of nearly a million images.

What is theirs comes first by confidence and by disagreement, and is spread evenly over the ages. The database is that
of `benchmarks listing`, all of it sent into review, in a folder of its own; with PICTOGRAPH_TEST_POSTGRES_URL, the
address of an empty database on Postgres, it is made there.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select, text

from benchmarks.listing import API, IMAGES, KEY, fill, percentile_95
from pictograph_server.app import create_app
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.images import tallies
from pictograph_server.settings import Settings
from pictograph_server.storage.db import tables

REQUESTS = 20
OUTPUT = Path("bench-output") / f"review-{IMAGES}"
REVIEW = f"{API}/datasets/by-name/large/review"
# Of all that is in review.
_THEIRS = 0.66


def main() -> None:
    postgres = os.environ.get("PICTOGRAPH_TEST_POSTGRES_URL")
    settings = Settings(data_dir=OUTPUT, database_url=postgres, public_url="http://testserver", access_log=False)
    platform = open_platform(settings, migrate_database=True)
    fill(platform)
    _send_into_review(platform)
    client = TestClient(create_app(platform), headers={"X-API-Key": KEY})
    print(
        f"review: {IMAGES:,} images on {platform.db.engine.dialect.name}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; {REQUESTS} requests each, ms"
    )
    with client:
        for name, ask in _cases(client):
            _measure(name, ask)
    platform.close()


def _cases(client: TestClient) -> Iterator[tuple[str, Callable[[], Response]]]:
    def queue(**query: str) -> Callable[[], Response]:
        return lambda: client.get(f"{REVIEW}/queue", params=query)

    def post(path: str, **body: object) -> Callable[[], Response]:
        return lambda: client.post(f"{REVIEW}/{path}", json=body)

    for order in ("least_confident", "disagreement", "oldest"):
        yield f"open, {order}", queue(order=order)
        yield f"open, {order}, held", post("next", order=order, hold=2)
        yield f"everybody's, {order}", queue(order=order, scope="all")
        yield f"mine, {order}: none", queue(order=order, scope="mine")
    for class_name in ("stop", "yield", "rare"):
        for order in ("least_confident", "disagreement"):
            yield f"open, class {class_name}, {order}", queue(order=order, class_name=class_name)
    yield "open, confidence at least 0.9", queue(min_confidence="0.9")
    yield "open, at least 0.9, oldest", queue(min_confidence="0.9", order="oldest")
    yield "accept the next", lambda: _accept(client)
    yield "progress", lambda: client.get(f"{REVIEW}/progress")
    yield "5,000 shared", post("share", people=["me"])
    yield "5,000 made nobody's", post("unassign", assignee="me")


def _accept(client: TestClient) -> Response:
    image = client.post(f"{REVIEW}/next", json={"hold": 1, "limit": 1}).json()["items"][0]["image"]
    body = {"image_id": image["id"], "verdict": "accept", "expected_version": image["annotation_version"]}
    return client.post(f"{REVIEW}/verdicts", json=body)


def _measure(name: str, ask: Callable[[], Response]) -> None:
    seconds: list[float] = []
    # What takes seconds is not asked for often.
    while len(seconds) < REQUESTS and sum(seconds) < 10:
        started = time.perf_counter()
        response = ask()
        seconds.append(time.perf_counter() - started)
        if response.is_error:
            raise SystemExit(f"{name}: {response.status_code} {response.text[:500]}")
    high = percentile_95(seconds) if len(seconds) > 1 else seconds[0]
    print(f"  {name:38} p50 {statistics.median(seconds) * 1000:8.1f}   p95 {high * 1000:8.1f}", flush=True)


# --- the database ---


def _send_into_review(platform: Platform) -> None:
    with platform.db.read() as conn:
        if conn.execute(select(func.count()).select_from(tables.review_items)).scalar_one():
            return
    started = time.perf_counter()
    print("  sending them into review …", flush=True)
    images = tables.images
    with platform.db.write() as conn:
        dataset_id = conn.execute(select(tables.datasets.c.id).where(tables.datasets.c.name == "large")).scalar_one()
        indexes = list(images.indexes)
        # Made anew at the end, all at once: several times as fast.
        for index in indexes:
            index.drop(conn)
        count = conn.execute(
            select(func.count()).where(images.c.dataset_id == dataset_id, images.c.is_archived.is_(False))
        ).scalar_one()
        # In no order of age: an index by confidence leads all over the table.
        conn.execute(
            text(
                "INSERT INTO review_items (image_id, dataset_id, assignee_id, assignee_name, disagreement) "
                "SELECT id, dataset_id, CASE WHEN place < :theirs THEN 'other' END, "
                "CASE WHEN place < :theirs THEN 'Somebody' END, 1 - 1.0 * place / :count FROM ("
                "SELECT id, dataset_id, row_number() OVER (ORDER BY dhash) - 1 AS place FROM images "
                "WHERE dataset_id = :dataset AND NOT is_archived) AS placed"
            ),
            {"theirs": int(count * _THEIRS), "count": count, "dataset": dataset_id},
        )
        conn.execute(
            text(
                "UPDATE images SET status = 'review', "
                "least_confidence = (SELECT 1 - disagreement FROM review_items WHERE image_id = id), "
                "review_assignee_id = (SELECT assignee_id FROM review_items WHERE image_id = id) "
                "WHERE dataset_id = :dataset AND NOT is_archived"
            ),
            {"dataset": dataset_id},
        )
        for index in indexes:
            index.create(conn)
        tallies.recount(conn, dataset_id)
    if not platform.db.is_sqlite:
        with platform.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
            conn.execute(text("VACUUM ANALYZE"))
    print(f"  sent in {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
