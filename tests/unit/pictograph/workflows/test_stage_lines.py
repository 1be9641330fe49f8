"""What `full_pipeline` says of its stages where no bar can be drawn."""

from pathlib import Path

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer
from tests.unit.pictograph.workflows.test_pipeline import run

from pictograph._http.mock import Call, Reply
from pictograph.workflows.progress import Progress


def lines_of(server: FakeServer, folder: Path, **options: object) -> list[str]:
    said: list[str] = []
    run(server, folder, on_stage=said.append, **options)
    return said


def test_lines__one_a_stage_with_the_ids_of_what_goes_on(server: FakeServer, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"bad")
    server.run |= {"current_epoch": 2, "total_epochs": 2}
    assert lines_of(server, folder) == [
        "uploading 4 images into 'signs'",
        "uploaded 3 images, 1 failed",
        "labelling: job j1; the server goes on with it without this command",
        "labelled 3 images, 3 annotations",
        "export: what is complete is frozen for the training",
        "training: run r1; the server goes on with it without this command",
        "training: epoch 2 of 2",
    ]


def test_lines__again_says_what_was_there_and_no_job(server: FakeServer, folder: Path) -> None:
    run(server, folder)
    assert lines_of(server, folder)[1:3] == [
        "uploaded 0 images, 3 already there",
        "labelled 0 images, 0 annotations, 3 skipped",
    ]


def test_lines__image_by_image_there_is_no_job(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/auto-annotate/sam3/text", {"status": "no_detection"})
    assert "labelling 3 images one by one" in lines_of(server, folder, annotate_mode="text", train=False)


@pytest.mark.parametrize(
    ("others", "place"),
    [
        ({}, ", queued"),
        ({"running": ["cars"]}, ", queued behind 'cars'"),
        ({"running": ["cars"], "queued": ["ours", "pets", "later"]}, ", queued behind 'cars' and 1 other run"),
    ],
)
def test_lines__a_queued_training_says_behind_what(
    server: FakeServer, folder: Path, others: dict[str, list[str]], place: str
) -> None:
    def found(call: Call) -> object:
        names = others.get(str(call.query["status"]), [])
        moments = {"later": "2199-01-01T00:00:00+00:00"}
        ids = {"ours": "r1"}
        runs = [
            wire.run(ids.get(name, name), name=name) | ({"created_at": moments[name]} if name in moments else {})
            for name in names
        ]
        return {"training_runs": runs, "total": len(runs)}

    server.api.on("GET", f"{API}/training/", found)
    queued = {"training_run": wire.run(status="queued")}
    server.api.on("GET", f"{API}/training/r1", queued, queued, {"training_run": server.run})
    said = lines_of(server, folder)
    assert f"training: run r1{place}; the server goes on with it without this command" in said
    # Begun is said when it has begun, not while it waits.
    assert said[-1].startswith("training: epoch")


def test_lines__a_server_that_cannot_say_the_place_trains_all_the_same(server: FakeServer, folder: Path) -> None:
    queued = {"training_run": wire.run(status="queued")}
    server.api.on("GET", f"{API}/training/", Reply(500, json={"detail": "a fault"}))
    server.api.on("GET", f"{API}/training/r1", queued, {"training_run": server.run})
    assert "training: run r1; the server goes on with it without this command" in lines_of(server, folder)


def test_lines__leave_the_progress_as_it_is_and_ask_nothing_unasked(server: FakeServer, folder: Path) -> None:
    silent: list[Progress] = []
    run(server, folder, progress=silent.append)
    assert len(server.made("GET", "/training/r1")) == 1
    told = FakeServer()
    seen: list[Progress] = []
    lines_of(told, folder, progress=seen.append)
    assert seen == silent
