"""`pictograph video` and `pictograph connectors` over a network that answers from a table."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import MockApi
from pictograph.cli.app import app

API = "/api/v1/developer"
DONE = {
    "job_id": "j1",
    "status": "complete",
    "progress": 100,
    "frames_extracted": 2,
    "total_frames": 2,
    "folder_path": "/a",
}
FOUND = {
    "valid": True,
    "workspace": "Team One",
    "datasets": [{"id": "17", "name": "Signs", "slug": "signs", "image_count": 3}],
}
IMPORTED = {"import_id": "i1", "status": "completed", "progress": 100.0, "imported_images": 3}
Run = Callable[..., Result]


@pytest.fixture
def api() -> MockApi:
    return MockApi()


@pytest.fixture
def run(api: MockApi, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PICTOGRAPH_CONNECTOR_KEY", raising=False)
    runner = CliRunner()

    def connect(_key: str | None, _url: str | None) -> Client:
        return Client.over(api.transport())

    def run(*arguments: str, **environment: str) -> Result:
        return runner.invoke(app, list(arguments), obj=connect, env=environment)

    return run


def test_extract__sends_the_file_first(api: MockApi, run: Run, tmp_path: Path):
    path = tmp_path / "drive.mp4"
    path.write_bytes(b"moving")
    api.on(
        "POST", f"{API}/video/upload-url", {"upload_url": f"{api.base_url}/up", "gcs_path": "videos/1", "gcs_uri": "u"}
    )
    api.on("PUT", "/up", {})
    api.on("POST", f"{API}/video/extract-frames", DONE)
    api.on("GET", f"{API}/video/extract-frames/j1", DONE)
    done = run("video", "extract", "drives", str(path), "--fps", "2", "--start", "1.5", "--json")
    assert (done.exit_code, json.loads(done.stdout)["frames_extracted"]) == (0, 2)
    sent = api.made("POST", f"{API}/video/extract-frames")[0].json
    assert (sent["gcs_path"], sent["folder_name"], sent["sample_fps"]) == ("videos/1", "drive", 2.0)
    assert (sent["start_seconds"], "end_seconds" in sent, "keep_video" in sent) == (1.5, False, False)


def test_extract__path_of_an_upload_is_taken_as_it_is(api: MockApi, run: Run):
    api.on("POST", f"{API}/video/extract-frames", DONE)
    done = run("video", "extract", "drives", "videos/1", "--folder", "a", "--no-wait", "--json")
    assert (done.exit_code, [call.path for call in api.calls]) == (0, [f"{API}/video/extract-frames"])


def test_connectors_list__key_from_the_environment(api: MockApi, run: Run):
    api.on("POST", f"{API}/connectors/validate", FOUND)
    done = run("connectors", "list", "v7", "--json", PICTOGRAPH_CONNECTOR_KEY="theirs")
    assert json.loads(done.stdout)[0]["slug"] == "signs"
    assert api.calls[0].json == {"provider": "v7", "api_key": "theirs"}


def test_connectors_list__key_that_is_not_taken(api: MockApi, run: Run):
    api.on("POST", f"{API}/connectors/validate", {"valid": False, "error": "it was revoked"})
    done = run("connectors", "list", "v7", PICTOGRAPH_CONNECTOR_KEY="theirs")
    assert (done.exit_code, "it was revoked" in done.output) == (2, True)


def test_connectors_import__by_name(api: MockApi, run: Run):
    api.on("POST", f"{API}/connectors/validate", FOUND)
    api.on("POST", f"{API}/connectors/import/start", IMPORTED)
    api.on("GET", f"{API}/connectors/import/status/i1", IMPORTED)
    done = run("connectors", "import", "v7", "Signs", "--version", "2", "--json", PICTOGRAPH_CONNECTOR_KEY="theirs")
    assert (done.exit_code, json.loads(done.stdout)["imported_images"]) == (0, 3)
    sent = api.made("POST", f"{API}/connectors/import/start")[0].json
    assert (sent["datasets"][0]["id"], sent["datasets"][0]["version"]) == ("17", 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["connectors", "import", "v7"], "--all", id="nothing named"),
        pytest.param(["connectors", "import", "v7", "Trees"], "there are 17", id="unknown name"),
        pytest.param(["connectors", "import", "v7", "Signs", "--all"], "--all", id="both"),
    ],
)
def test_connectors_import__wrong_usage(api: MockApi, run: Run, arguments: list[str], words: str):
    api.on("POST", f"{API}/connectors/validate", FOUND)
    done = run(*arguments, PICTOGRAPH_CONNECTOR_KEY="theirs")
    assert (done.exit_code, words in done.output) == (2, True)


def test_connectors_list__nobody_to_type_the_key(run: Run):
    done = run("connectors", "list", "v7", "--json")
    assert (done.exit_code, "PICTOGRAPH_CONNECTOR_KEY" in done.output) == (2, True)
