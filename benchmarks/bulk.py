"""How long one change to 10,000 images takes in a dataset of many, and the deletion of a dataset with a million.

Through HTTP in this process, on SQLite in a folder of its own, which is removed again. The images have rows and
annotations but no bytes. `BULK_IMAGES` and `BULK_ANNOTATIONS` set how many there are.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from fastapi.testclient import TestClient
from sqlalchemy import func, select
from tests.factories import InlineRun
from tests.many_images import add_images

from pictograph_server.app import create_app
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.batch import deletion
from pictograph_server.services.batch import tasks as batch_tasks
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.organizations import service as organizations
from pictograph_server.settings import Settings
from pictograph_server.storage.db.tables import images

IMAGES = int(os.environ.get("BULK_IMAGES", "1000000"))
IDS = 10_000
ANNOTATIONS_EACH = int(os.environ.get("BULK_ANNOTATIONS", "3"))
OUTPUT = Path("bench-output") / "bulk"
API = "/api/v1/developer"
_FOLDERS = [f"/camera {number}/{day}" for number in range(8) for day in range(5)]


def main() -> None:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    settings = Settings(data_dir=OUTPUT, public_url="http://testserver", access_log=False)
    platform = open_platform(settings, migrate_database=True)
    try:
        _measure(platform, settings)
    finally:
        platform.close()
        shutil.rmtree(OUTPUT, ignore_errors=True)


def _measure(platform: Platform, settings: Settings) -> None:
    key = "pk_live_benchmarkbenchmarkbenchmark12"
    with platform.db.write() as conn:
        organization_id = organizations.create_organization(conn, settings.credits, name="Benchmark").organization_id
        organizations.create_key(conn, organization_id, key, name="benchmark", role="owner", rate_limit=1_000_000)
        dataset_id = datasets.create(conn, organization_id, name="large").id
        datasets.create(conn, organization_id, name="other")
    started = time.perf_counter()
    ids = add_images(platform, organization_id, dataset_id, IMAGES, folders=_FOLDERS, annotations_each=ANNOTATIONS_EACH)
    print(
        f"bulk: {IMAGES:,} images with {ANNOTATIONS_EACH} annotations each ({time.perf_counter() - started:.0f} s to "
        f"make), {IDS:,} ids a request, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    # From everywhere in the dataset.
    chosen = ids[:: max(1, len(ids) // IDS)][:IDS]
    with TestClient(create_app(platform), headers={"X-API-Key": key}) as client:
        post = _poster(client, chosen)
        for status in ("review", "complete"):
            _timed(f"status {status}", lambda status=status: post("update", updates={"status": status}))
        _timed("to the trash", lambda: post("delete"))
        _timed("out of the trash", lambda: post("restore"))
        _timed("moved to a folder", lambda: post("move", target_folder_path="/moved"))
        _timed("copied", lambda: post("copy", target_folder_path="/copies"))
        _timed("copied again, each renamed", lambda: post("copy", target_folder_path="/copies"))
        _timed(
            "copied to another dataset with annotations",
            lambda: post("copy-to-dataset", target_dataset_name="other", copy_annotations=True),
        )
        _timed("deleted for good", lambda: post("delete", permanent=True))
        folder = {"dataset_name": "large", "folder_path": "/copies", "target_path": "/renamed"}
        _timed("request to rename a folder of 20,000", lambda: client.post(f"{API}/batch/folders/move", json=folder))
        deleted = _timed("request to delete the dataset", lambda: client.delete(f"{API}/projects/large"))
        payload = {"dataset_id": dataset_id, "images": deleted.json()["deleted"]["images"]}
        run = InlineRun(platform, organization_id, payload, OUTPUT)
        (task,) = [task for task in batch_tasks.tasks(platform) if task.name == deletion.TASK]
        _timed("the job that takes its rows away", lambda: _ran(task.function, run))
    with platform.db.read() as conn:
        assert conn.scalar(select(func.count()).where(images.c.dataset_id == dataset_id)) == 0


def _poster(client: TestClient, ids: list[str]) -> Callable[..., Any]:
    def post(action: str, **body: object) -> Any:
        method = "PATCH" if action == "update" else "POST"
        document = {"dataset_name": "large", "image_ids": ids, **body}
        answer = client.request(method, f"{API}/batch/images/{action}", json=document)
        assert answer.json()["processed"] == len(ids), answer.text[:500]
        return answer

    return post


def _ran(function: Callable[[Any], None], run: InlineRun) -> Any:
    function(cast("Any", run))
    return SimpleNamespace(status_code=200)


def _timed(name: str, do: Callable[[], Any]) -> Any:
    # On a busy machine the processor's seconds say more than the clock's.
    processor, started = time.process_time(), time.perf_counter()
    answer = do()
    seconds, processor_s = time.perf_counter() - started, time.process_time() - processor
    assert answer.status_code == 200, answer.text
    print(f"  {name:<46} {seconds:7.2f} s   processor {processor_s:6.2f} s")
    return answer


if __name__ == "__main__":
    main()
