"""What `pictograph up` loads before it answers: each of these would make its start slower for everybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import os, signal, sys
from pathlib import Path
import pictograph.cli.app
import pictograph_server.up

def started(line):
    if line.startswith("Stop"):
        print(*sys.modules)
        os.kill(os.getpid(), signal.SIGTERM)

pictograph_server.up.run(Path(sys.argv[1]), port=0, announce=started)
"""
NO_PART_OF_THE_START = (
    # Pixels: the first image and the jobs' own processes load them.
    "numpy",
    "PIL",
    "cv2",
    "shapely",
    "onnxruntime",
    "torch",
    "pictograph.formats",
    # The database that is not used, and migrations where there are none to make.
    "sqlalchemy.dialects.postgresql",
    "psycopg",
    "alembic",
    # The client and the tables of the commands that ask a server.
    "pictograph.client",
    "pictograph.workflows",
    "rich",
    "httpx2",
    # Web sockets: there are none.
    "websockets",
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    folder: Path = tmp_path_factory.mktemp("start")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PICTOGRAPH_")}
    result = subprocess.run(
        [sys.executable, "-c", START, folder / "data"],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"HOME": str(folder)},
    )
    return frozenset(result.stdout.split())


@pytest.mark.parametrize("module", NO_PART_OF_THE_START)
def test_start__does_not_load(module: str, loaded: frozenset[str]) -> None:
    assert module not in loaded


def test_start__loads_what_was_looked_at(loaded: frozenset[str]) -> None:
    assert {"pictograph.cli.app", "pictograph_server.app", "sqlalchemy", "fastapi"} <= loaded


@pytest.mark.parametrize("module", ["pydantic", "rich", "pictograph_server"])
def test_version__loads_no(module: str) -> None:
    program = f"import pictograph.cli.app, sys\nprint({module!r} in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
