"""`pictograph pipeline run` in a log or a pipe: a line a stage on stderr; stdout has the report alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.pictograph.workflows.fake_server import FakeServer
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import Reply
from pictograph.cli import pipeline
from pictograph.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def run(server: FakeServer, tmp_path: Path) -> Run:
    (tmp_path / "x.jpg").write_bytes(b"x")

    def connect(api_key: str | None, base_url: str | None) -> Client:
        return server.client()

    command = ["pipeline", "run", str(tmp_path), "--dataset", "signs", "--classes", "stop:bbox"]
    return lambda *options: CliRunner().invoke(app, [*command, *options], obj=connect)


def test_run__a_pipe_hears_of_every_stage(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert [line.split(";")[0] for line in result.stderr.splitlines()] == [
        "uploading 1 image into 'signs'",
        "uploaded 1 image",
        "labelling: job j1",
        "labelled 1 image, 1 annotation",
        "export: what is complete is frozen for the training",
        "training: run r1",
        "training: epoch 2 of 2",
    ]
    assert result.stdout.startswith("Pipeline on 'signs': done")
    assert "labelling:" not in result.stdout


def test_run__json_is_all_there_is(run: Run) -> None:
    result = run("--json")
    assert (json.loads(result.stdout)["success"], result.stderr) == (True, "")


def test_run__on_a_terminal_the_bars_say_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "is_terminal", lambda: True)
    assert "labelling: job" not in run().stderr


def test_run__a_class_that_nothing_here_finds_sends_no_image(server: FakeServer, run: Run) -> None:
    refusal = {"detail": "tiny does not know 'stop'", "code": "class_not_known", "fix": "Ask for yield."}
    server.api.on("POST", "/api/v1/developer/pipelines/quote", Reply(400, json=refusal))
    result = run()
    assert (result.exit_code != 0, server.images) == (True, {})
    assert "tiny does not know 'stop'" in result.stderr
