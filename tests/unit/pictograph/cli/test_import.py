"""`pictograph datasets import`: the plan first, then what was done; nothing is replaced without a word."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.pictograph.wire import API, NOW
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import MockApi
from pictograph.cli.app import app
from pictograph.models.dataset_import import ImportPlan
from pictograph.models.dataset_import_text import plan_text

PLAN: dict[str, Any] = {
    "format": "coco",
    "images": 3,
    "images_new": 2,
    "images_present": 1,
    "images_labelled": 3,
    "annotations": 5,
    "bytes_new": 2_500_000,
    "classes": [{"name": "stop", "type": "bbox", "annotations": 5, "is_new": True}],
    "skipped": [{"path": "../evil.png", "reason": "its path climbs out of the archive"}],
    "skipped_count": 4,
}
RESULT: dict[str, Any] = {"images_added": 2, "images_present": 1, "images_labelled": 3, "annotations_added": 5}
Run = Callable[..., Result]


@pytest.fixture
def api() -> MockApi:
    """A server on which an import goes through its states at once."""
    api = MockApi()
    base: dict[str, Any] = {
        "id": "x1",
        "dataset_name": "signs",
        "filename": "labels.csv",
        "size_bytes": 2560,
        "part_bytes": 1 << 24,
        "created_at": NOW,
    }
    states = {
        "uploading": base | {"status": "uploading"},
        "planned": base | {"status": "planned", "plan": PLAN, "progress": 100},
        "completed": base | {"status": "completed", "plan": PLAN, "result": RESULT, "progress": 100},
    }
    envelopes = {state: {"dataset_import": document} for state, document in states.items()}
    api.on("POST", f"{API}/imports/", envelopes["uploading"])
    api.on("PUT", f"{API}/imports/x1/parts/0", {"number": 0})
    api.on("POST", f"{API}/imports/x1/plan", envelopes["planned"])
    api.on("POST", f"{API}/imports/x1/start", envelopes["planned"])
    api.on("GET", f"{API}/imports/x1", envelopes["planned"], envelopes["completed"])
    api.on("GET", f"{API}/imports/", {"imports": [states["planned"]]})
    api.on("POST", f"{API}/imports/x1/cancel", envelopes["completed"])
    return api


@pytest.fixture
def run(api: MockApi) -> Run:
    def connect(api_key: str | None, base_url: str | None) -> Client:
        return Client.over(api.transport(max_retries=0))

    return lambda *arguments: CliRunner().invoke(app, [*arguments], obj=connect)


@pytest.fixture
def labels(tmp_path: Path) -> str:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"filename,class\n")
    return str(path)


def test_import_text__one_file_ignored_and_images_that_are_nowhere() -> None:
    text = plan_text(ImportPlan.model_validate({**PLAN, "other_files": 1, "images_missing": 2}))
    assert "Ignored      1 file that is neither an image nor labels" in text
    assert "Note         Import the images first" in text
    assert "Note" not in plan_text(ImportPlan.model_validate(PLAN))


def test_import__shows_the_plan_then_what_was_done(api: MockApi, run: Run, labels: str) -> None:
    result = run("datasets", "import", "signs", labels, "--folder", "/june", "--merge", "add")
    assert result.exit_code == 0, result.output
    assert "3: 2 new (2 MB), 1 already there" in result.stderr and "stop (bbox, new): 5" in result.stderr
    assert "../evil.png: its path climbs out" in result.stderr and "and 3 more" in result.stderr
    assert "2 added, 1 were there" in result.stdout and "5 added on 3 images" in result.stdout
    body = api.made("POST", f"{API}/imports/")[0].json
    assert (body["dataset_name"], body["filename"], body["merge"], body["folder_path"]) == (
        "signs", "labels.csv", "add", "/june",
    )  # fmt: skip
    assert "format" not in body


def test_import__dry_run_starts_nothing(api: MockApi, run: Run, labels: str) -> None:
    result = run("datasets", "import", "signs", labels, "--dry-run", "--json")
    assert json.loads(result.stdout)["plan"]["annotations"] == 5
    assert api.made("POST", f"{API}/imports/x1/start") == []


def test_import__replace_wants_a_word(api: MockApi, run: Run, labels: str) -> None:
    refused = run("datasets", "import", "signs", labels, "--merge", "replace")
    assert refused.exit_code == 2 and "--yes" in refused.stderr
    assert api.made("POST", f"{API}/imports/x1/start") == []
    assert run("datasets", "import", "signs", labels, "--merge", "replace", "--yes").exit_code == 0


def test_import__nothing_at_the_path(run: Run, tmp_path: Path) -> None:
    result = run("datasets", "import", "signs", str(tmp_path / "missing.zip"))
    assert result.exit_code == 2 and "no file or folder" in result.stderr


def test_imports__list_and_cancel(run: Run) -> None:
    assert "labels.csv" in run("datasets", "imports").stdout
    assert "Cancelled the import of 'labels.csv'" in run("datasets", "cancel-import", "x1").stdout
