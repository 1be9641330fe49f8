"""`…/events`: snapshots, the job's events and epochs as server-sent events, and what a client missed."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Timer

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from tests.api.jobs.quick_training import start
from tests.api.jobs.workplace import Workplace
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization

from pictograph._http.events import ServerEvent, read_events
from pictograph_server.middleware import authentication
from pictograph_server.routes import events
from pictograph_server.services.batch import bulk
from pictograph_server.services.batch import tasks as batch_tasks
from pictograph_server.services.images import tasks as image_tasks
from pictograph_server.services.organizations.service import hash_key
from pictograph_server.services.versions import tasks as version_tasks
from pictograph_server.services.versions.restore import RESTORE_LANE
from pictograph_server.services.versions.service import VERSIONS_LANE
from pictograph_server.storage.db.tables import api_keys


def follow(work: Workplace, path: str, *, after: str | None = None) -> list[ServerEvent]:
    """Return the events of a thing that has ended."""
    headers = {} if after is None else {"Last-Event-ID": after}
    answer = work.client.get(f"/api/v1/developer{path}/events", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [event for event in read_events(answer.text.splitlines()) if event.kind]


@pytest.fixture
def run_id(signs: Workplace) -> str:
    run = start(signs, config={"epochs": 3})
    assert signs.run_job("train").state == "succeeded"
    return str(run["id"])


def test_events__of_a_run_that_ended(signs: Workplace, run_id: str) -> None:
    heard = follow(signs, f"/training/{run_id}")
    told = Counter(event.kind for event in heard)
    assert (told["epoch"], told["snapshot"], told["end"]) == (3, 1, 1)
    assert heard[-1].kind == "end"
    [snapshot] = [event.data for event in heard if event.kind == "snapshot"]
    assert snapshot == signs.get(f"/training/{run_id}").json()
    epochs = [event.data for event in heard if event.kind == "epoch"]
    assert epochs == signs.get(f"/training/{run_id}/history").json()["epochs"]


def test_events__after_the_one_heard_last_nothing_comes_twice(signs: Workplace, run_id: str) -> None:
    numbered = [event for event in follow(signs, f"/training/{run_id}") if event.id]
    assert len({event.id for event in numbered}) == len(numbered) > 4
    for index, last in enumerate(numbered):
        rest = [event for event in follow(signs, f"/training/{run_id}", after=last.id) if event.id]
        assert [event.data for event in rest] == [event.data for event in numbered[index + 1 :]]


@pytest.mark.parametrize("mark", ["", "x", "-1", "1.2.3.4", "9" * 90, "²"])
def test_events__an_odd_mark_is_no_error(signs: Workplace, run_id: str, mark: str) -> None:
    headers = [(b"Last-Event-ID", mark.encode())]
    answer = signs.client.get(f"/api/v1/developer/training/{run_id}/events", headers=headers)
    assert (answer.status_code, '"status":"completed"' in answer.text) == (200, True)


def test_events__of_another_organization_are_404(signs: Workplace, run_id: str, make_client: MakeClient) -> None:
    stranger = make_client(make_api_key(signs.platform, make_organization(signs.platform, "Others")))
    assert stranger.get(f"/api/v1/developer/training/{run_id}/events").status_code == 404


def test_events__of_an_export(signs: Workplace) -> None:
    body = {"dataset_name": "signs", "name": "v2", "format": "coco"}
    export = signs.post("/exports/", body).json()["export"]
    signs.run_job("export")
    heard = follow(signs, "/exports/signs/v2")
    [snapshot] = [event.data["export"] for event in heard if event.kind == "snapshot"]
    assert (snapshot["id"], snapshot["status"]) == (export["id"], "completed")
    assert next(event.kind for event in heard if event.id) == "queued"


def test_events__of_a_version_its_restore_and_a_class_change(signs: Workplace) -> None:
    base = "/datasets/by-name/signs"
    signs.tasks |= {t.name: t for service in (version_tasks, image_tasks) for t in service.tasks(signs.platform)}
    number = signs.post(f"{base}/versions", {"name": "v9"}).json()["version"]["number"]
    signs.run_lane(VERSIONS_LANE)
    restore = signs.post(f"{base}/versions/{number}/restore", {"dataset_name": "again"}).json()["restore"]
    signs.run_lane(RESTORE_LANE)
    change = signs.post(f"{base}/classes/rename", {"class_name": "stop", "new_name": "halt"}).json()["class_change"]
    states = [
        (follow(signs, path)[-2].data[key]["status"], follow(signs, path)[-1].kind)
        for key, path in (
            ("version", f"{base}/versions/{number}"),
            ("restore", f"{base}/versions/{number}/restores/{restore['id']}"),
            ("class_change", f"{base}/classes/changes/{change['id']}"),
        )
    ]
    assert states == [("ready", "end"), ("completed", "end"), ("completed", "end")]


def test_events__of_a_bulk_change(signs: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    body = {"dataset_name": "signs", "folder_path": "/", "permanent": False}
    change = signs.post("/batch/folders/delete", body).json()
    path = f"/batch/changes/{change['job_id']}"
    with monkeypatch.context() as short:
        short.setattr(events, "LIFETIME_S", 0.0)
        assert follow(signs, path)[-1].data["status"] == "pending"
    signs.tasks |= {t.name: t for service in (batch_tasks, image_tasks) for t in service.tasks(signs.platform)}
    signs.run_lane(bulk.BULK_LANE)
    heard = follow(signs, path)
    assert [event.kind for event in heard][-2:] == ["snapshot", "end"]
    assert heard[-2].data["status"] == "completed"


def test_events__end_when_the_server_does(signs: Workplace) -> None:
    run = start(signs, config={"epochs": 3})
    app = signs.client.app
    assert isinstance(app, FastAPI)
    app.state.is_stopping = lambda: True
    heard = follow(signs, f"/training/{run['id']}")
    assert [event.kind for event in heard] == ["queued", "snapshot"]


def test_events__a_stream_has_a_lifetime(signs: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(signs, config={"epochs": 3})
    monkeypatch.setattr(events, "LIFETIME_S", 0.0)
    assert follow(signs, f"/training/{run['id']}")[-1].data["training_run"]["status"] == "queued"


def test_events__end_once_the_key_is_switched_off(
    signs: Workplace, make_key: MakeKey, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(signs, config={"epochs": 3})
    monkeypatch.setattr(events, "CONFIRM_S", 0.0)
    monkeypatch.setattr(events, "LOOK_S", 0.05)
    monkeypatch.setattr(events, "LIFETIME_S", 20.0)
    monkeypatch.setattr(authentication, "CACHE_S", 0.0)
    key = make_key("viewer")

    def switch_off() -> None:
        with signs.platform.db.write() as conn:
            conn.execute(update(api_keys).where(api_keys.c.key_sha256 == hash_key(key)).values(is_active=False))

    timer = Timer(0.3, switch_off)
    timer.start()
    began = time.monotonic()
    answer = make_client(key).get(f"/api/v1/developer/training/{run['id']}/events")
    timer.join()
    assert (answer.status_code, "event: end" in answer.text) == (200, False)
    assert time.monotonic() - began < 10


def test_events__of_one_key_are_open_so_many_at_once(
    signs: Workplace, make_key: MakeKey, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(signs, config={"epochs": 3})
    path = f"/api/v1/developer/training/{run['id']}/events"
    monkeypatch.setattr(events, "MOST_OPEN", 2)
    monkeypatch.setattr(events, "LOOK_S", 0.05)
    monkeypatch.setattr(events, "LIFETIME_S", 1.5)
    client, other = make_client(make_key("viewer")), make_client(make_key("viewer"))
    with ThreadPoolExecutor(2) as pool:
        following = [pool.submit(client.get, path) for _ in range(2)]
        time.sleep(0.5)
        refused = client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        # Another key's are its own, and what has ended makes room.
        assert other.get(path).status_code == 200
        assert [each.result().status_code for each in following] == [200, 200]
    assert client.get(path).status_code == 200
