"""An import from another service as it runs: the key goes from the server to a job's process, and is gone with it."""

import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from tests.http_stand_in import Asked, Said, StandIn, stand_in
from tests.other_services import KEY, V7Team, v7_items

from pictograph import Client
from pictograph.exceptions import ApiError
from pictograph.models.connector import ImportJob

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def service() -> Generator[StandIn]:
    with stand_in() as service:
        yield service


@pytest.fixture
def server(tmp_path: Path, service: StandIn) -> Generator[LocalServer]:
    settings = {
        "PICTOGRAPH_ANNOTATOR": "tiny",
        "PICTOGRAPH_OUTGOING_ALLOW": "127.0.0.1/32",
        "PICTOGRAPH_CONNECTORS_V7_URL": f"{service.url}/api",
    }
    with LocalServer(tmp_path / "data", settings=settings) as server:
        yield server


def test_import__server_killed_on_the_way_asks_for_the_key_and_then_goes_on(
    server: LocalServer, service: StandIn, tmp_path: Path
):
    team = V7Team(service, v7_items(40))
    team.serve()
    slow = team.items["39.jpg"][1]

    def late(_asked: Asked) -> Said:
        # Holds the second group until the server is gone.
        time.sleep(8.0 if len(team.fetched) < 39 else 0.0)
        team.fetched.append("39.jpg")
        return Said(content=slow)

    service.on("GET", "/storage/39.jpg", late)
    with Client(server.api_key, base_url=server.base_url) as client:
        found = client.connectors.validate("v7", KEY)
        assert found.valid, found.error
        first = client.connectors.import_("v7", KEY, found.datasets, wait=False)
        deadline = time.monotonic() + 60
        while client.connectors.get_import(first.import_id).imported_images == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        server.kill()
        server.restart()
        with pytest.raises(ApiError, match="Start the import again with the key"):
            client.connectors.wait_for_import(first.import_id, poll_interval=0.5, timeout=120)
        before = client.connectors.get_import(first.import_id).imported_images
        again: ImportJob = client.connectors.import_("v7", KEY, found.datasets, poll_interval=0.5, timeout=120)
        assert (again.status, again.imported_images) == ("completed", 40)
        assert again.skipped_images >= before > 0
        assert client.datasets.get("Signs - day").image_count == 40
    held = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []


BY_THE_HOSTED_CLIENT = """
import sys
from pictograph import Client, ValidationError

client, key = Client(), sys.argv[1]
found = client.connectors.validate("v7", key)
assert found.valid, found.error
job = client.connectors.import_("v7", key, found.datasets, poll_interval=0.3, timeout=120)
assert (job.status, job.imported_images, job.failed_images) == ("completed", 6, 0), job
assert client.connectors.get_import(job.import_id) == client.connectors.wait_for_import(job.import_id)
images = client.datasets.get("Signs - day", include_images=True).images
assert len(images) == 6
assert any(client.annotations.get(image.id) for image in images)
try:
    client.connectors.cancel_import(job.import_id)
except ValidationError as error:
    assert "completed" in str(error)
else:
    raise AssertionError("an import that had ended was cancelled")
"""


def test_import__by_the_hosted_client(server: LocalServer, service: StandIn, hosted_python: Path, tmp_path: Path):
    V7Team(service, v7_items(6)).serve()
    done = subprocess.run(
        [hosted_python, "-c", BY_THE_HOSTED_CLIENT, KEY],
        env=server.client_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, f"{done.stderr}\n--- server\n{server.log_tail(40)}"
