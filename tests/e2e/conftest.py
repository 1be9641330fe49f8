"""Real servers: `pictograph up` in a process of its own, on a free port and a data folder of the test's."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from examples.scenes.folder import draw_folder

from pictograph import Client

TINY = {"PICTOGRAPH_ANNOTATOR": "tiny"}
# The hosted service's own client.
HOSTED = "pictograph==1.0.3"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LocalServer]:
    """One running server for all tests that neither stop it nor mind what others made there."""
    with LocalServer(tmp_path_factory.mktemp("server") / "data", settings=TINY) as server:
        yield server


@pytest.fixture(scope="session")
def client(server: LocalServer) -> Generator[Client]:
    """Our client with the server's owner key."""
    with Client(server.api_key, base_url=server.base_url) as client:
        yield client


@pytest.fixture
def own_server(tmp_path: Path) -> Generator[LocalServer]:
    """A server of the test's own. `.kill()` is kill -9, `.restart()` starts it again on the same data and address."""
    with LocalServer(tmp_path / "data", settings=TINY) as server:
        yield server


@pytest.fixture(scope="session")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sixteen road-sign scenes in sub-folders. Read only: it is shared."""
    folder = tmp_path_factory.mktemp("scenes")
    draw_folder(folder / "signs", folder / "truth.json", scenes=16, seed=7)
    return folder / "signs"


@pytest.fixture(scope="session")
def hosted_python() -> Path:
    """The interpreter of an environment of its own that holds the hosted client, kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environment = cache / "pictograph-tests" / HOSTED.replace("==", "-")
    python = environment / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    if not python.exists():
        subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    subprocess.run([*uv, "pip", "install", "--python", python, HOSTED], check=True)
    return python
