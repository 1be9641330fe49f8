"""The command line as a user has it: a program, a real server, and mistakes made on purpose."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from examples.local_server import LocalServer

from pictograph import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROGRAM = Path(sys.executable).with_name("pictograph")
CLASSES = "stop_sign:bbox,yield:bbox"
QUICK = '{"epochs": 2, "image_size": 96, "batch_size": 4, "seed": 1}'


def run(server: LocalServer, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        env=server.client_environment | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )


def test_pipeline_run__review_then_a_model(server: LocalServer, client: Client, signs: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    call = ("pipeline", "run", signs, "--classes", CLASSES, "--dataset", "signs", "--config", QUICK, "--json")
    first = run(server, *call, "--review")
    assert first.returncode == 1, first.stderr
    report = json.loads(first.stdout)
    assert report["upload"]["images_uploaded"] == report["annotate"]["images_processed"] == 16
    assert (report["stopped_for_review"], report["review_pending"]) == (True, 16)

    seen = run(server, "images", "status", "signs", "complete", "--all-in", "review", "--json")
    assert json.loads(seen.stdout) == {"changed": 16, "failed": []}

    spent = client.credits.balance().credits_remaining
    again = run(server, *call, "--output", model)
    assert again.returncode == 0, again.stderr
    report = json.loads(again.stdout)
    assert report["success"]
    assert report["upload"]["images_skipped"] == report["annotate"]["images_skipped"] == 16
    assert report["model"]["status"] == "ready"
    assert model.stat().st_size > 100_000
    assert {entry.operation for entry in client.credits.history()[:2]} <= {"training_a10g", "training_refund_a10g"}
    assert client.credits.balance().credits_remaining < spent


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere", "--classes", CLASSES), "nowhere"),
        (("SIGNS", "--classes", CLASSES, "--pipeline", "yolo"), "yolox"),
        (("SIGNS", "--classes", CLASSES, "--gpu", "rtx"), "a10g"),
        (("SIGNS", "--classes", "stop_sign:box"), "polygon"),
        (("SIGNS", "--classes", ","), "empty class"),
        (("SIGNS", "--classes", CLASSES, "--config", '{"epoch": 3}'), "epochs"),
        (("SIGNS", "--classes", CLASSES, "--config", '{"epochs": 0}'), "from 1"),
    ],
    ids=["no folder", "pipeline", "gpu", "shape", "no class", "setting", "value"],
)
def test_pipeline_run__wrong_usage_is_told_before_anything_is_made(
    server: LocalServer, client: Client, signs: Path, arguments: tuple[str, ...], told: str
) -> None:
    projects = client.projects.list(limit=200)
    result = run(server, "pipeline", "run", *(signs if part == "SIGNS" else part for part in arguments), "--json")
    assert (result.returncode, result.stdout) == (2, "")
    assert told in " ".join(result.stderr.split())
    assert client.projects.list(limit=200) == projects


def test_pipeline_run__bad_files_are_named_and_the_rest_is_there(
    server: LocalServer, client: Client, signs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(signs / "day", folder)
    (folder / "letter.jpg").write_text("Dear Sir or Madam")
    (folder / "empty.png").touch()
    result = run(server, "pipeline", "run", folder, "--classes", CLASSES, "--dataset", "mixed", "--no-train", "--json")
    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert sorted(Path(failure["path"]).name for failure in report["upload"]["failures"]) == ["empty.png", "letter.jpg"]
    assert client.datasets.get("mixed").completed_image_count == report["upload"]["images_uploaded"] > 0


def test_pipeline_run__a_class_the_tiny_model_does_not_know(server: LocalServer, signs: Path) -> None:
    result = run(server, "pipeline", "run", signs, "--classes", "zebra:bbox", "--dataset", "zebras", "--no-train")
    assert result.returncode == 1
    assert "zebra" in result.stdout + result.stderr
    assert "stop" in result.stdout + result.stderr


def test_pipeline_run__an_empty_folder_is_no_success(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    result = run(server, "pipeline", "run", tmp_path / "nothing", "--classes", CLASSES)
    assert result.returncode == 1


def test_wrong_key__fails_with_what_to_do(server: LocalServer) -> None:
    result = run(server, "datasets", "list", "--json", PICTOGRAPH_API_KEY="pk_live_" + "x" * 32)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("Fix: ")


def test_no_server__fails_with_what_to_do(own_server: LocalServer) -> None:
    own_server.stop()
    result = run(own_server, "credits", "balance", PICTOGRAPH_MAX_RETRIES="0")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("Fix: ")


def test_login__the_address_in_the_file_is_used(server: LocalServer, tmp_path: Path) -> None:
    alone = {"HOME": str(tmp_path), "PICTOGRAPH_API_KEY": "", "PICTOGRAPH_BASE_URL": ""}
    stored = run(server, "login", "--api-key", server.api_key, "--base-url", server.base_url, **alone)
    assert stored.returncode == 0, stored.stderr
    assert json.loads(run(server, "credits", "balance", "--json", **alone).stdout)["credits_remaining"] > 0
