"""A run of `full_pipeline` tells the server of its stages, and minds nothing that comes of it."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.resources.test_pipelines import pipeline_run
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer
from tests.unit.pictograph.workflows.test_pipeline import run

from pictograph._http.mock import Reply
from pictograph.exceptions import ApiError


@pytest.fixture
def watched(server: FakeServer) -> FakeServer:
    """A server that keeps pipeline runs."""
    server.api.on("POST", f"{API}/pipelines/", pipeline_run(driver="client"))
    server.api.on("POST", f"{API}/pipelines/p1/report", pipeline_run(driver="client"))
    return server


def told(server: FakeServer) -> list[dict[str, Any]]:
    return [call.json for call in server.made("POST", "/pipelines/p1/report")]


def test_pipeline__tells_of_every_stage(watched: FakeServer, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"bad")
    run(watched, folder)
    assert watched.made("POST", "/pipelines/")[0].json["driver"] == "client"
    upload, *rest = told(watched)
    assert (upload["upload"]["uploaded"], upload["upload"]["failed"]) == (3, 1)
    assert upload["upload"]["failures"][0]["path"].endswith("broken.jpg")
    assert rest == [
        {"stage": "annotate"},
        {"job_id": "j1"},
        {"stage": "train"},
        {"training_run_id": "r1"},
        {"outcome": "completed"},
    ]


def test_pipeline__tells_that_it_waits_for_people(watched: FakeServer, folder: Path) -> None:
    run(watched, folder, review=True)
    assert told(watched)[-1] == {"outcome": "waiting"}


def test_pipeline__tells_that_it_waits_for_credits(watched: FakeServer, folder: Path) -> None:
    watched.credits = 0
    report = run(watched, folder)
    assert told(watched)[-1] == {"outcome": "waiting", "credit_skip_reason": report.credit_skip_reason}


def test_pipeline__tells_why_it_failed(watched: FakeServer, folder: Path) -> None:
    watched.run = wire.run(status="failed", error_message="out of memory")
    with pytest.raises(ApiError):
        run(watched, folder)
    assert told(watched)[-1]["outcome"] == "failed"
    assert "out of memory" in told(watched)[-1]["error_message"]


def test_pipeline__labelled_image_by_image_tells_how_many(watched: FakeServer, folder: Path) -> None:
    watched.api.on("POST", f"{API}/auto-annotate/sam3/text", {"status": "no_detection"})
    run(watched, folder, annotate_mode="text")
    figures = {"total": 3, "labelled": 3, "skipped": 0, "failed": 0, "annotations": 0}
    assert {"labelling": figures} in told(watched)


@pytest.mark.parametrize("status", [404, 405, 409, 422, 500])
def test_pipeline__a_server_that_does_not_listen_changes_nothing(server: FakeServer, folder: Path, status: int) -> None:
    server.api.on("POST", f"{API}/pipelines/", pipeline_run(driver="client"))
    server.api.on("POST", f"{API}/pipelines/p1/report", Reply(status, json={"detail": "no"}))
    assert run(server, folder).success is True
