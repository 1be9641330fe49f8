"""How long lists take with a million images in one dataset: every page, filter and count, through HTTP in this process.

The database is made once and kept in `bench-output/`; with PICTOGRAPH_TEST_POSTGRES_URL, the address of an empty
database on Postgres, it is made there. The images have rows but no bytes.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import Connection, func, select, text

from pictograph_server import cursor as cursors
from pictograph_server.app import create_app
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import tallies
from pictograph_server.services.organizations import service as organizations
from pictograph_server.settings import Settings
from pictograph_server.storage.db import tables

IMAGES = int(os.environ.get("LISTING_IMAGES", "1000000"))
OTHER_DATASETS = 300
REQUESTS = 60
OUTPUT = Path("bench-output") / f"listing-{IMAGES}"
KEY = "pk_live_benchmarkbenchmarkbenchmark12"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_FOLDERS = [f"/camera {number}/{day}" for number in range(8) for day in range(5)]
API = "/api/v1/developer"


def main() -> None:
    postgres = os.environ.get("PICTOGRAPH_TEST_POSTGRES_URL")
    settings = Settings(data_dir=OUTPUT, database_url=postgres, public_url="http://testserver", access_log=False)
    platform = open_platform(settings, migrate_database=True)
    fill(platform)
    client = TestClient(create_app(platform), headers={"X-API-Key": KEY})
    print(
        f"listing: {IMAGES:,} images in one dataset on {platform.db.engine.dialect.name}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; {REQUESTS} requests each, ms"
    )
    chance = random.Random(1)
    with client:
        for name, make in _cases(_some_ids(), _some_names(), _some_confidences()):
            _measure(client, name, lambda make=make: make(chance))
    platform.close()


Query = tuple[str, dict[str, object]]


def _cases(
    ids: list[str], names: list[tuple[str, str]], confidences: list[tuple[float, str]]
) -> Iterator[tuple[str, Callable[[random.Random], Query]]]:
    def images(sort: str = "newest", limit: int = 100, **filters: object) -> Callable[[random.Random], Query]:
        def make(chance: random.Random) -> Query:
            position = {"name": names, "least_confident": confidences}.get(sort)
            start = (chance.choice(ids),) if position is None else chance.choice(position)
            query = {"dataset_name": "large", "sort": sort, "limit": limit, "cursor": cursors.encode(sort, start)}
            return f"{API}/images/", {**query, **filters}

        return make

    def embedded(limit: int) -> Callable[[random.Random], Query]:
        def make(chance: random.Random) -> Query:
            offset = chance.randrange(IMAGES)
            return f"{API}/datasets/by-name/large", {
                "include_images": True, "images_limit": limit, "images_offset": offset,
            }  # fmt: skip

        return make

    def fixed(path: str, **query: object) -> Callable[[random.Random], Query]:
        return lambda _: (f"{API}/{path}", query)

    yield "list of 300 datasets, 100", fixed("datasets/")
    yield "list of 300 datasets, all", fixed("datasets/", limit=1000)
    yield "counts by status and class", fixed("datasets/by-name/large/counts")
    yield "folders", fixed("datasets/by-name/large/folders")
    yield "first page", fixed("images/", dataset_name="large")
    yield "any page", images()
    yield "any page of 1,000", images(limit=1000)
    yield "any page, oldest first", images(sort="oldest")
    yield "any page by name", images(sort="name")
    yield "any page, least confident first", images(sort="least_confident")
    yield "embedded images at any offset", embedded(100)
    yield "embedded images at any offset, 1,000", embedded(1000)
    for status in ("new", "complete", "review", "annotate", "in_progress"):
        yield f"status {status}", images(status=status)
    for class_name in ("stop", "yield", "rare", "nothing"):
        yield f"class {class_name}", images(class_name=class_name)
    yield "status review of class stop", images(status="review", class_name="stop")
    yield "status annotate of class rare", images(status="annotate", class_name="rare")
    yield "class stop by name", images(sort="name", class_name="stop")
    yield "status review, least confident first", images(sort="least_confident", status="review")
    yield "a folder", images(folder_path="/camera 3/2")
    yield "a folder and below", images(folder_path="/camera 3")
    yield "a folder and below, complete", images(folder_path="/camera 3", status="complete")
    yield "source sam3", images(source="sam3")
    yield "source nobody", images(source="model:none")
    yield "confidence at most 0.3", images(max_confidence=0.3)
    yield "text in many names", images(text="7")
    yield "text in no name", images(text="xyz")
    yield "the trash", images(archived=True)


def _measure(client: TestClient, name: str, make: Callable[[], Query]) -> None:
    seconds: list[float] = []
    # What is left of a busy machine: processor seconds, of all threads.
    processor: list[float] = []
    found = 0
    for _ in range(REQUESTS):
        path, query = make()
        started, processor_started = time.perf_counter(), time.process_time()
        response = client.get(path, params={key: str(value) for key, value in query.items()})
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - processor_started)
        if response.status_code != 200:
            raise SystemExit(f"{path} {query}: {response.status_code} {response.text[:500]}")
        found += len(response.json().get("images", ()))
    p50, p95 = statistics.median(seconds), percentile_95(seconds)
    print(
        f"  {name:38} p50 {p50 * 1000:7.1f}   p95 {p95 * 1000:7.1f}   "
        f"processor p95 {percentile_95(processor) * 1000:7.1f}   images {found / REQUESTS:7.1f}",
        flush=True,
    )


def percentile_95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


# --- the database ---


def fill(platform: Platform) -> None:
    with platform.db.write() as conn:
        if conn.execute(select(func.count()).select_from(tables.datasets)).scalar_one():
            return
        print(f"  writing {IMAGES:,} images …", flush=True)
        started = time.perf_counter()
        organization_id = organizations.create_organization(
            conn, platform.settings.credits, name="Bench"
        ).organization_id
        organizations.create_key(conn, organization_id, KEY, name="bench", role="owner", rate_limit=10**9)
        for number in range(OTHER_DATASETS):
            datasets.create(conn, organization_id, name=f"other {number}")
        dataset_id = datasets.create(conn, organization_id, name="large").id
        datasets.ensure_classes(conn, dataset_id, [(name, "bbox", ()) for name in ("stop", "yield", "rare")])
    indexes = [index for table in (tables.images, tables.image_labels) for index in table.indexes]
    with platform.db.write() as conn:
        # Made at the end, all at once: four times as fast.
        for index in indexes:
            index.drop(conn)
        for start in range(0, IMAGES, 20_000):
            _write(conn, organization_id, dataset_id, range(start, min(start + 20_000, IMAGES)))
        for index in indexes:
            index.create(conn)
        tallies.recount(conn, dataset_id)
        present = tables.images.c.is_archived.is_(False)
        count = select(func.count()).where(tables.images.c.dataset_id == dataset_id)
        conn.execute(
            tables.datasets.update()
            .where(tables.datasets.c.id == dataset_id)
            .values(
                image_count=conn.scalar(count.where(present)), archived_image_count=conn.scalar(count.where(~present))
            )
        )
    if not platform.db.is_sqlite:
        # What autovacuum does soon after: the map of pages that are visible to all, and statistics.
        with platform.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
            conn.execute(text("VACUUM ANALYZE"))
    print(f"  written in {time.perf_counter() - started:.0f} s", flush=True)


def _write(conn: Connection, organization_id: str, dataset_id: str, numbers: range) -> None:
    """Write rows past SQLAlchemy, which would take longer than the database."""
    chance = random.Random(numbers.start)
    images: list[tuple[object, ...]] = []
    labels: list[tuple[object, ...]] = []
    for number in numbers:
        moment = _BEGIN + timedelta(seconds=10 * number)
        image_id = id_at(moment, chance)
        shown = [(name, round(chance.random(), 3)) for name, share in _SHOWN if chance.random() < share]
        labels += [
            (dataset_id, name, image_id, "people" if chance.random() < 0.3 else "sam3", 2, confidence)
            for name, confidence in shown
        ]
        status = chance.choices(["new", "complete", "review", "annotate"], cum_weights=[55, 95, 99.95, 100])[0]
        least = min((confidence for _, confidence in shown), default=None)
        # A camera's day is uploaded in one go.
        folder = _FOLDERS[number * len(_FOLDERS) // IMAGES]
        at = moment if conn.dialect.name == "postgresql" else f"{moment:%Y-%m-%d %H:%M:%S.%f}"
        digest, dhash = f"{number:064x}", f"{chance.getrandbits(64):016x}"
        images.append(
            (
                *(image_id, organization_id, dataset_id, f"frame_{number:07}.jpg", folder, status, 2 * len(shown)),
                *(least, 100_000, 1920, 1080, "image/jpeg", digest, dhash, True, at, "{}", chance.random() < 0.02),
                *(at, at),
            )
        )
    insert_rows(conn, "images", _IMAGE_COLUMNS, images)
    insert_rows(conn, "image_labels", _LABEL_COLUMNS, labels)


_SHOWN = (("stop", 0.4), ("yield", 0.05), ("rare", 0.0001))
_IMAGE_COLUMNS = (
    "id, organization_id, dataset_id, filename, folder_path, status, annotation_count, least_confidence, "
    "file_size_bytes, width, height, mime_type, sha256, dhash, has_thumbnail, ingested_at, auto_tags, is_archived, "
    "created_at, updated_at"
)
_LABEL_COLUMNS = "dataset_id, class_name, image_id, source, annotation_count, least_confidence"


def insert_rows(conn: Connection, table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
    mark = "%s" if conn.dialect.name == "postgresql" else "?"
    marks = ", ".join([mark] * len(rows[0]))
    conn.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def id_at(moment: datetime, chance: random.Random) -> str:
    value = (int(moment.timestamp() * 1000) << 80) | chance.getrandbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return str(UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62)))


def _some_ids() -> list[str]:
    moments = [_BEGIN + timedelta(seconds=10 * random.Random(seed).randrange(IMAGES)) for seed in range(300)]
    return [id_at(moment, random.Random(0)) for moment in moments]


def _some_names() -> list[tuple[str, str]]:
    numbers = [random.Random(seed).randrange(IMAGES) for seed in range(300)]
    return [(_FOLDERS[number * len(_FOLDERS) // IMAGES], f"frame_{number:07}.jpg") for number in numbers]


def _some_confidences() -> list[tuple[float, str]]:
    return [(round(random.Random(seed).random(), 3), "0") for seed in range(300)]


if __name__ == "__main__":
    main()
