"""An import on a real server: kill -9 of the job or of the server in its midst, and everything is there once."""

import io
import json
import signal
import zipfile
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from PIL import Image
from tests.e2e.database import ServerDatabase

from pictograph import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
IMAGES = 70
SETTINGS = {"PICTOGRAPH_ANNOTATOR": "tiny", "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of seventy images in three groups, with COCO boxes, as another tool writes it."""
    path = tmp_path_factory.mktemp("archive") / "signs.zip"
    with zipfile.ZipFile(path, "w") as file:
        for number in range(IMAGES):
            buffer = io.BytesIO()
            Image.new("RGB", (80, 60), (number, 255 - number, 7)).save(buffer, "PNG")
            file.writestr(f"signs/images/{number}.png", buffer.getvalue())
        instances = {
            "images": [
                {"id": number, "file_name": f"{number}.png", "width": 80, "height": 60} for number in range(IMAGES)
            ],
            "annotations": [
                {"id": number, "image_id": number, "category_id": 3, "bbox": [1, 2, 30, 20], "area": 600, "iscrowd": 0}
                for number in range(IMAGES)
            ],
            "categories": [{"id": 3, "name": "stop"}],
        }
        file.writestr("signs/instances.json", json.dumps(instances))
    return path


# The second group is written and not committed; the third is committed; the server goes along once.
@pytest.mark.parametrize("place", ["import:before:#2", "import:after:#3@server"])
def test_import__killed_goes_on_and_everything_is_there_once(place: str, archive: Path, tmp_path: Path) -> None:
    settings = SETTINGS | {"PICTOGRAPH_CRASH_AT": place}
    with (
        LocalServer(tmp_path / "data", settings=settings) as server,
        Client(server.api_key, base_url=server.base_url) as client,
    ):
        planned = client.datasets.import_("signs", archive, dry_run=True, poll_interval=0.2)
        started = client.imports.start(planned.id, wait=False)
        if place.endswith("@server"):
            assert server.wait(120) == -signal.SIGKILL
            server.start()
        done = client.imports.wait(started.id, poll_interval=0.2, timeout=120)
        assert done.status == "completed" and done.result is not None
        assert (done.result.images_added, done.result.annotations_added, done.result.issue_count) == (IMAGES, IMAGES, 0)
        database = ServerDatabase(server.data)
        [attempts] = database.column("SELECT attempt FROM jobs WHERE task = 'import'")
        assert attempts == 2
        rows = database.rows("SELECT annotation_count, annotation_version, status FROM images")
        assert rows == [(1, 1, "complete")] * IMAGES
        dataset = client.datasets.get("signs")
        assert (dataset.image_count, dataset.completed_image_count) == (IMAGES, IMAGES)
        report = client.datasets.download("signs", tmp_path / "out", resume=True)
        assert (report.success, report.images_downloaded, report.annotations_downloaded) == (True, IMAGES, IMAGES)
        again = client.datasets.download("signs", tmp_path / "out", resume=True)
        assert (again.bytes_received, again.images_present, again.annotations_present) == (0, IMAGES, IMAGES)
