"""A workplace whose imports run, and a client on it."""

import random
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.api.jobs.imports.packing import zip_of
from tests.api.jobs.workplace import Workplace, png

from pictograph import Client
from pictograph._http.retry import RetryPolicy
from pictograph._http.transport import Transport
from pictograph._internal.config import ClientConfig
from pictograph_server.services.images import tasks as image_tasks
from pictograph_server.services.imports import tasks as import_tasks


@pytest.fixture
def importing(work: Workplace) -> Workplace:
    services = (import_tasks, image_tasks)
    work.tasks = {task.name: task for service in services for task in service.tasks(work.platform)}
    return work


@pytest.fixture
def client(importing: Workplace, owner_key: str) -> Client:
    """Our client on the app in this process; while it waits, the jobs run."""
    config = ClientConfig(api_key=SecretStr(owner_key), base_url="http://testserver")

    def sleep(seconds: float) -> None:
        importing.run_lane("import")

    # The way TestClient itself takes into the app.
    network = importing.client._transport  # pyright: ignore[reportPrivateUsage]
    return Client.over(Transport(config, network=network, sleep=sleep, retry=RetryPolicy(0)))


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """An archive of nine images in five parts of 64 KiB."""
    noise = random.Random(1)
    files = {f"{number}.png": png((64, 48), str(number)) + noise.randbytes(30_000) for number in range(9)}
    path = tmp_path / "many.zip"
    path.write_bytes(zip_of(files))
    return path
