"""Imports from V7 and Roboflow over the API: what a key opens, what comes, and where the key is not."""

import json
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.api.jobs.workplace import D, Workplace
from tests.factories import jpeg
from tests.http_stand_in import Said, StandIn, stand_in
from tests.other_services import (
    KEY,
    ROBOFLOW_ANNOTATION,
    RoboflowWorkspace,
    V7Team,
    darwin,
    export_of,
    packed,
    roboflow_version,
    v7_items,
)

from pictograph_server.platform import Platform
from pictograph_server.services.connectors import importing, keyring, providers, roboflow, v7
from pictograph_server.services.connectors import tasks as connector_tasks
from pictograph_server.settings import Connectors, Outgoing, Settings
from pictograph_server.storage.db.tables import organizations

Json = dict[str, Any]
V7_DATASET = {"id": "17", "name": "Signs / day", "slug": "signs", "image_count": 3}
CHESS = {"id": "space/chess", "name": "Chess", "slug": "chess", "image_count": 3}


@pytest.fixture
def service() -> Generator[StandIn]:
    with stand_in() as service:
        yield service


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None, service: StandIn) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        public_url="http://testserver",
        annotator="tiny",
        outgoing=Outgoing(allow="127.0.0.1/32"),
        connectors=Connectors(v7_url=f"{service.url}/api", roboflow_url=service.url),
    )


@pytest.fixture
def imports(work: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    work.tasks = {task.name: task for task in connector_tasks.tasks(work.platform)}
    # Nobody here needs seconds: the other service and the keeper of the key are in this process.
    monkeypatch.setattr(keyring, "_LOOK_S", 0.02)
    for module in (v7, roboflow):
        monkeypatch.setattr(module, "_POLL_S", 0.01)
    return work


@pytest.fixture
def team(service: StandIn) -> V7Team:
    return V7Team(service, v7_items())


@pytest.fixture
def chess(service: StandIn) -> RoboflowWorkspace:
    names = ("a.jpg", "b.jpg", "b.jpg")
    images = [
        (name, ROBOFLOW_ANNOTATION if number == 0 else {}, jpeg(64, 48, seed=number))
        for number, name in enumerate(names)
    ]
    return RoboflowWorkspace(service, images, version_zip=roboflow_version())


def start(work: Workplace, provider: str, dataset: Json) -> Json:
    body = {"provider": provider, "api_key": KEY, "datasets": [dataset]}
    answer = work.post("/connectors/import/start", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stands(work: Workplace, job: Json) -> Json:
    return work.get(f"/connectors/import/status/{job['import_id']}").json()


def images_of(work: Workplace, job: Json) -> dict[str, Json]:
    dataset = work.get(f"/datasets/{job['datasets'][0]['project_id']}").json()["dataset"]
    listed = work.get(f"/datasets/by-name/{dataset['name']}?include_images=true").json()["dataset"]["images"]
    return {f"{image['virtual_folder_path'].rstrip('/')}/{image['filename']}": image for image in listed}


def annotations_of(work: Workplace, image: Json) -> list[Json]:
    return work.get(f"/annotations/{image['id']}").json()["annotations"]


# --- validate ------------------------------------------------------------------------------------------------------


def test_validate__v7(imports: Workplace, team: V7Team):
    team.serve()
    answer = imports.post("/connectors/validate", {"provider": "v7", "api_key": KEY})
    assert (answer.status_code, answer.json()["valid"], answer.json()["workspace"]) == (200, True, "Team One")
    assert answer.json()["datasets"] == [
        {"id": "17", "name": "Signs / day", "slug": "signs", "image_count": 3, "version": None}
    ]


def test_validate__roboflow(imports: Workplace, chess: RoboflowWorkspace):
    chess.serve()
    answer = imports.post("/connectors/validate", {"provider": "roboflow", "api_key": f" {KEY} "})
    assert (answer.json()["valid"], answer.json()["datasets"][0]["id"]) == (True, "space/chess")


@pytest.mark.parametrize("provider", ["v7", "roboflow"])
def test_validate__bad_key_is_200_and_not_valid(
    imports: Workplace, team: V7Team, chess: RoboflowWorkspace, provider: str
):
    team.serve()
    chess.serve()
    for key in ("another-key", "", "two words", "schlüssel", "new\nline"):
        answer = imports.post("/connectors/validate", {"provider": provider, "api_key": key})
        assert (answer.status_code, answer.json()["valid"]) == (200, False)
        assert "did not accept the API key" in answer.json()["error"]
        assert not key or key not in answer.text


@pytest.mark.parametrize("provider", ["v7", "roboflow"])
def test_validate__nobody_there_is_200_with_the_reason(imports: Workplace, service: StandIn, provider: str):
    service.stop()
    answer = imports.post("/connectors/validate", {"provider": provider, "api_key": KEY})
    assert (answer.status_code, answer.json()["valid"]) == (200, False)
    assert "cannot be reached" in answer.json()["error"]
    assert KEY not in answer.text


ODD_ANSWERS = {
    "their failure": Said(500, json={"error": "oops"}),
    "a web page": Said(200, content=b"<html>welcome</html>"),
    "another shape": Said(200, json=[1, 2]),
    "redirect inwards": Said(302, headers={"Location": "http://169.254.169.254/"}),
}


def test_validate__odd_answers_are_200_with_the_reason(imports: Workplace, service: StandIn):
    for said in ODD_ANSWERS.values():
        for path in ("/", "/api/users/token_info"):
            service.on("GET", path, said)
        for provider in ("v7", "roboflow"):
            answer = imports.post("/connectors/validate", {"provider": provider, "api_key": KEY})
            assert (answer.status_code, answer.json()["valid"]) == (200, False)
            assert answer.json()["error"]


def test_validate__private_network_is_not_asked(work: Workplace, service: StandIn):
    shut = work.platform.settings.model_copy(update={"outgoing": Outgoing()})
    platform = Platform(shut, work.platform.db, work.platform.blobs, work.platform.signer)
    found = providers.open_provider(platform, "v7", KEY, patience="request")
    with pytest.raises(Exception, match="not a public address"):
        found.workspace()
    assert service.asked == []


def test_check_limits__what_fits(imports: Workplace):
    fits = imports.post("/connectors/check-limits", {"total_images": 10, "estimated_size_bytes": 1_000_000}).json()
    assert (fits["allowed"], fits["exceeded"], fits["images_after_import"]) == (True, None, 10)
    with imports.platform.db.write() as conn:
        conn.execute(update(organizations).values(max_images=5, max_storage_bytes=10))
    full = imports.post("/connectors/check-limits", {"total_images": 10, "estimated_size_bytes": 1_000_000}).json()
    assert (full["allowed"], full["exceeded"]) == (False, "both")


# --- import --------------------------------------------------------------------------------------------------------


def test_import__v7_with_everything_drawn(imports: Workplace, team: V7Team):
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    assert (job["status"], job["progress"], job["datasets"][0]["name"]) == ("processing", 0, "Signs - day")
    imports.run_job("import")
    done = stands(imports, job)
    assert (done["status"], done["progress"], done["imported_images"], done["failed_images"]) == (
        "completed",
        100,
        3,
        0,
    )
    images = images_of(imports, job)
    assert sorted(images) == ["/day/one/0.jpg", "/day/one/1.jpg", "/day/one/2.jpg"]
    assert [images[path]["status"] for path in sorted(images)] == ["complete", "new", "new"]
    found = annotations_of(imports, images["/day/one/0.jpg"])
    assert [(each["name"], each["type"]) for each in found] == [
        ("stop", "bbox"), ("yield", "polygon"), ("yield", "polygon"), ("edge", "polyline"), ("tip", "keypoint"),
    ]  # fmt: skip
    assert found[0]["bounding_box"] == {"x": 1.5, "y": 2.25, "w": 10, "h": 8}
    # The hole belongs to the first part; the second is an annotation of its own.
    assert [[len(ring) for ring in each["polygon"]["paths"]] for each in found[1:3]] == [[4, 4], [3]]
    assert {each["created_by"] for each in found} == {"v7"}
    assert {entry["name"] for entry in imports.get("/datasets/by-name/Signs - day").json()["dataset"]["classes"]} == {
        "stop", "yield", "edge", "tip", "night",
    }  # fmt: skip


def test_import__key_goes_to_the_service_and_not_to_where_it_redirects(imports: Workplace, team: V7Team):
    with stand_in() as storage:
        team.serve()
        storage.on("GET", "/0.jpg", Said(content=team.items["0.jpg"][1]))
        location = {"Location": f"{storage.url}/0.jpg"}
        team.service.on("GET", "/api/v2/teams/one/uploads/0.jpg", Said(302, headers=location))
        start(imports, "v7", V7_DATASET)
        imports.run_job("import")
        assert [asked.headers.get("authorization") for asked in storage.asked] == [None]


def test_import__roboflow_originals_are_scaled_and_told_apart(imports: Workplace, chess: RoboflowWorkspace):
    chess.serve()
    job = start(imports, "roboflow", CHESS)
    imports.run_job("import")
    assert stands(imports, job)["imported_images"] == 3
    images = images_of(imports, job)
    assert sorted(images) == ["/a.jpg", "/b_id001.jpg", "/b_id002.jpg"]
    king, queen = annotations_of(imports, images["/a.jpg"])
    assert king["bounding_box"] == {"x": 5, "y": 4, "w": 10, "h": 8}
    assert queen["polygon"]["paths"] == [[{"x": 20, "y": 20}, {"x": 40, "y": 20}, {"x": 40, "y": 40}]]


def test_import__roboflow_version_is_its_zip(imports: Workplace, chess: RoboflowWorkspace):
    chess.serve()
    job = start(imports, "roboflow", {**CHESS, "version": 2})
    imports.run_job("import")
    images = images_of(imports, job)
    assert sorted(images) == ["/train/a_jpg.rf.1f.jpg", "/train/b_jpg.rf.2e.jpg"]
    (king,) = annotations_of(imports, images["/train/a_jpg.rf.1f.jpg"])
    assert (king["name"], king["bounding_box"]) == ("king", {"x": 4, "y": 5, "w": 10.5, "h": 8})
    assert chess.fetched == []


def test_import__bad_image_and_a_video_fail_alone(imports: Workplace, team: V7Team):
    team.items |= {"3.jpg": ([], b"no picture"), "4.jpg": ([], b"")}
    team.serve()
    video = darwin("clip.mp4", [], team.service.url, kind="video")

    files = {
        f"{name}.json": json.dumps(darwin(name, drawn, team.service.url)).encode()
        for name, (drawn, _) in team.items.items()
    }
    content = packed({**files, "clip.mp4.json": json.dumps(video).encode(), "odd.json": b"[1]"})
    team.service.on("GET", "/storage/export.zip", Said(content=content))
    job = start(imports, "v7", V7_DATASET)
    imports.run_job("import")
    done = stands(imports, job)
    assert (done["status"], done["total_images"], done["imported_images"], done["failed_images"]) == (
        "completed",
        7,
        3,
        4,
    )
    reasons = done["datasets"][0]["failures"]
    assert "no image" in reasons["/day/one/3.jpg"]
    assert "video" in reasons["/day/one/clip.mp4"]


def test_import__again_fetches_nothing_and_leaves_peoples_work(imports: Workplace, team: V7Team):
    team.serve()
    first = start(imports, "v7", V7_DATASET)
    imports.run_job("import")
    image = images_of(imports, first)["/day/one/0.jpg"]
    imports.save(image["id"], [])
    fetched = list(team.fetched)
    again = start(imports, "v7", V7_DATASET)
    assert again["datasets"][0]["project_id"] == first["datasets"][0]["project_id"]
    imports.run_job("import")
    done = stands(imports, again)
    assert (done["imported_images"], done["skipped_images"], team.fetched) == (3, 3, fetched)
    assert annotations_of(imports, image) == []


@pytest.mark.parametrize("kill_at", [1, 3, 4, 5, 6, "end"])
def test_import__killed_anywhere_each_image_is_counted_once(
    imports: Workplace, team: V7Team, monkeypatch: pytest.MonkeyPatch, kill_at: int | str
):
    monkeypatch.setattr(importing, "_GROUP", 2)
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    assert imports.run_job("import", kill_at=kill_at).state == "queued"  # type: ignore[arg-type]
    assert imports.run_job("import").state == "succeeded"
    done = stands(imports, job)
    assert (done["status"], done["imported_images"], done["failed_images"]) == ("completed", 3, 0)
    assert len(images_of(imports, job)) == 3
    assert len([asked for asked in team.service.asked if asked.method == "POST"]) == 1


def test_import__key_may_not_export_takes_the_newest_there_is(imports: Workplace, team: V7Team):
    team.may_export = False
    team.exports = [export_of("friday", looks=0, url=f"{team.service.url}/storage/export.zip")]
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    imports.run_job("import")
    assert stands(imports, job)["imported_images"] == 3


def test_import__unknown_version_ends_with_those_there_are(imports: Workplace, team: V7Team):
    team.exports = [export_of("friday", looks=0, version=4, url=f"{team.service.url}/storage/export.zip")]
    team.serve()
    job = start(imports, "v7", {**V7_DATASET, "version": 9})
    imports.run_job("import")
    done = stands(imports, job)
    assert (done["status"], done["datasets"][0]["status"]) == ("error", "error")
    assert "there are 4" in done["error"]


# --- the key -------------------------------------------------------------------------------------------------------


def test_key__is_in_no_file_of_the_server(
    imports: Workplace, team: V7Team, caplog: pytest.LogCaptureFixture, tmp_path: Path
):
    caplog.set_level("DEBUG")
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    imports.run_job("import", kill_at=2)
    imports.run_job("import")
    assert stands(imports, job)["status"] == "completed"
    held = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert (held, KEY in caplog.text) == ([], False)


def test_key__forgotten_with_the_server_says_to_send_it_again_and_then_skips(
    imports: Workplace, team: V7Team, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keyring, "PATIENCE_S", 0.1)
    monkeypatch.setattr(keyring, "keep", _forget)
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    imports.run_job("import")
    done = stands(imports, job)
    assert done["status"] == "error"
    assert "Start the import again with the key" in done["error"]


def test_key__keeper_ends_with_the_import(imports: Workplace, team: V7Team):
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    name = f"key-{job['import_id']}"
    assert name in {thread.name for thread in threading.enumerate()}
    imports.run_job("import")
    deadline = time.monotonic() + 5
    while name in {thread.name for thread in threading.enumerate()} and time.monotonic() < deadline:
        time.sleep(0.02)
    assert name not in {thread.name for thread in threading.enumerate()}


# --- refused, cancelled --------------------------------------------------------------------------------------------


def test_start__key_that_is_not_taken_is_400_and_makes_nothing(imports: Workplace, team: V7Team):
    team.serve()
    body = {"provider": "v7", "api_key": "another", "datasets": [V7_DATASET]}
    answer = imports.post("/connectors/import/start", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "connector_key_refused")
    assert imports.get("/datasets/").json()["datasets"] == []


MALFORMED: list[Json] = [
    {"provider": "labelbox"},
    {"datasets": []},
    {"datasets": [{"id": "1"}]},
    {"datasets": [{**V7_DATASET, "name": "a\x00b"}]},
    {"api_key": None},
]


def test_start__malformed_is_422_and_repeats_nothing(imports: Workplace):
    for body in MALFORMED:
        full = {"provider": "v7", "api_key": KEY, "datasets": [V7_DATASET], **body}
        answer = imports.post("/connectors/import/start", full)
        assert answer.status_code == 422, body
        assert KEY not in answer.text


def test_start__more_images_than_fit_is_402(imports: Workplace, team: V7Team):
    team.serve()
    with imports.platform.db.write() as conn:
        conn.execute(update(organizations).values(max_images=2))
    body = {"provider": "v7", "api_key": KEY, "datasets": [V7_DATASET]}
    assert imports.post("/connectors/import/start", body).status_code == 402


def test_start__while_it_is_imported_is_409(imports: Workplace, team: V7Team):
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    body = {"provider": "v7", "api_key": KEY, "datasets": [V7_DATASET]}
    assert imports.post("/connectors/import/start", body).status_code == 409
    imports.post(f"/connectors/import/cancel/{job['import_id']}")
    assert imports.post("/connectors/import/start", body).status_code == 200


def test_start__name_that_is_taken_gets_a_number(imports: Workplace, team: V7Team):
    imports.make_dataset("Signs - day")
    team.serve()
    assert start(imports, "v7", V7_DATASET)["datasets"][0]["name"] == "Signs - day-2"


def test_cancel__answers_at_once_with_the_import(imports: Workplace, team: V7Team):
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    cancelled = imports.post(f"/connectors/import/cancel/{job['import_id']}").json()
    assert (cancelled["status"], cancelled["import_id"]) == ("cancelled", job["import_id"])
    imports.end_cancelled()
    assert stands(imports, job)["imported_images"] == 0
    assert imports.post(f"/connectors/import/cancel/{job['import_id']}").status_code == 400


@pytest.mark.parametrize("path", ["status", "cancel"])
def test_import__unknown_is_404(imports: Workplace, path: str):
    method = "GET" if path == "status" else "POST"
    assert imports.client.request(method, f"{D}/connectors/import/{path}/nothing").status_code == 404


def test_import__dataset_deleted_meanwhile_is_an_error_of_that_dataset(imports: Workplace, team: V7Team):
    team.serve()
    job = start(imports, "v7", V7_DATASET)
    imports.client.delete(f"{D}/projects/{job['datasets'][0]['name']}")
    imports.run_job("import")
    assert stands(imports, job)["datasets"][0]["status"] == "error"


def _forget(_platform: Platform, _import_id: str, _api_key: str) -> None:
    """Keep nothing, as a server does that has ended."""
