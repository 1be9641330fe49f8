"""How long it takes to freeze a dataset, to compare and restore what was frozen, and to rename a class in all of it.

The jobs run in this process, on SQLite in a folder of its own, which is removed again. The images have rows and
annotations but no bytes. `VERSIONS_IMAGES` sets how many there are.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from tests.factories import InlineRun
from tests.many_images import add_images

from pictograph_server.app import create_app
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.annotations.tasks import change_classes
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.versions.restore import restore
from pictograph_server.services.versions.tasks import freeze_version
from pictograph_server.settings import Settings

IMAGES = int(os.environ.get("VERSIONS_IMAGES", "100000"))
ANNOTATIONS_EACH = 3
OUTPUT = Path("bench-output") / "versions"
BASE = "/api/v1/developer/datasets/by-name"


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
    ids = add_images(platform, organization_id, dataset_id, IMAGES, annotations_each=ANNOTATIONS_EACH)
    print(
        f"versions: {IMAGES:,} images with {ANNOTATIONS_EACH} annotations each, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )

    def run(job_id: str) -> InlineRun:
        return InlineRun(platform, organization_id, {}, OUTPUT, job_id=job_id)

    with TestClient(create_app(platform), headers={"X-API-Key": key}) as client:

        def freeze(what: str) -> None:
            version = client.post(f"{BASE}/large/versions", json={}).json()["version"]
            _timed(f"freeze, {what}", lambda: freeze_version(run(version["id"]), platform))
            folder = OUTPUT / "blobs" / "versions"
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            print(f"  {'blobs of all versions':44} {size / 1e6:8.1f} MB")

        freeze("nothing there")
        freeze("nothing changed")
        client.post(f"/api/v1/developer/annotations/{ids[len(ids) // 2]}", json={"annotations": []})
        freeze("one image changed")
        _timed("diff, one image changed", lambda: _ok(client.get(f"{BASE}/large/versions/3/diff")))
        body = {"class_name": "class_0", "new_name": "another name"}
        _timed("rename a class: the request", lambda: _ok(client.post(f"{BASE}/large/classes/rename", json=body)))
        change_id = client.get(f"{BASE}/large/classes/changes").json()["class_changes"][0]["id"]
        _timed("rename a class: the job", lambda: change_classes(run(change_id), platform, dataset_id))
        freeze("every image changed")
        _timed("diff, every image changed", lambda: _ok(client.get(f"{BASE}/large/versions/4/diff")))
        started = client.post(f"{BASE}/large/versions/1/restore", json={"dataset_name": "again"}).json()["restore"]
        _timed("restore as a dataset", lambda: restore(run(started["id"]), platform))


def _ok(response: Any) -> None:
    assert response.status_code == 200, response.text


def _timed(what: str, function: Callable[[], object]) -> None:
    started = time.perf_counter()
    function()
    print(f"  {what:44} {time.perf_counter() - started:8.2f} s")


if __name__ == "__main__":
    main()
