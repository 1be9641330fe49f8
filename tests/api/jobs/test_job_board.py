"""The organisation's jobs of every kind, as one list: what they are called, who asked, and how they are cancelled."""

from typing import Any, cast, get_args

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from tests.api.jobs.quick_training import BOX
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import MakeClient, MakeKey

from pictograph._http.events import read_events
from pictograph.models.auto_annotate import BatchJobStatus
from pictograph_server.services.tasks import all_tasks
from pictograph_server.storage.db.tables import batch_jobs


@pytest.fixture
def busy(work: Workplace) -> Workplace:
    """An export, a version and a labelling of three images wait; thumbnails are to be made."""
    work.tasks = all_tasks(work.platform)
    dataset = work.make_dataset("signs", [("stop", "bbox")])
    ids = [work.add_image(dataset, f"{number}.png") for number in range(3)]
    work.save(ids[0], [BOX], "complete")
    work.post("/exports/", {"dataset_name": "signs", "name": "v1"})
    work.post("/datasets/by-name/signs/versions", {"name": "frozen"})
    body = {"dataset_name": "signs", "classes": [{"name": "stop"}, {"name": "yield"}], "destination": "proposals"}
    answer = work.post("/auto-annotate/batch", body)
    assert answer.status_code == 200, answer.text
    return work


def jobs(work: Workplace, query: str = "") -> list[dict[str, Any]]:
    answer = work.get(f"/jobs/{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["jobs"]


def test_jobs__newest_first_in_words(busy: Workplace) -> None:
    found = jobs(busy)
    assert [(each["kind"], each["title"]) for each in found] == [
        ("annotate", "Labelling of stop, yield"),
        ("freeze_version", "Version 1 (frozen)"),
        ("export", "Export v1"),
        ("ingest", "Thumbnails of new images"),
    ]
    assert {each["state"] for each in found} == {"queued"}
    assert {each["dataset_name"] for each in found} == {"signs"}
    assert found[2]["subject"]["kind"] == "export"
    assert [each["created_by_name"] for each in found] == ["owner key"] * 3 + [None]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=export&kind=annotate", ["annotate", "export"]),
        ("?kind=remove_blobs", []),
        ("?state=running", []),
        ("?state=queued&limit=2", ["annotate", "freeze_version"]),
        ("?mine=true", ["annotate", "freeze_version", "export"]),
        ("?dataset_name=signs&kind=ingest", ["ingest"]),
    ],
)
def test_jobs__filtered(busy: Workplace, query: str, expected: list[str]) -> None:
    assert [each["kind"] for each in jobs(busy, query)] == expected


@pytest.mark.parametrize("status", get_args(BatchJobStatus))
def test_jobs__a_labelling_of_every_status(busy: Workplace, status: str) -> None:
    with busy.platform.db.write() as conn:
        conn.execute(update(batch_jobs).values(status=status))
    state = "queued" if status == "pending" else status
    assert [each["state"] for each in jobs(busy, "?kind=annotate")] == [state]
    assert len(jobs(busy, f"?kind=annotate&state={state}")) == 1


def test_jobs__page_by_page(busy: Workplace) -> None:
    first = busy.get("/jobs/?limit=3").json()
    rest = busy.get(f"/jobs/?limit=3&cursor={first['next_cursor']}").json()
    assert (len(first["jobs"]), len(rest["jobs"]), rest["next_cursor"]) == (3, 1, None)
    assert busy.get("/jobs/?cursor=nonsense").json()["code"] == "invalid_cursor"


def test_jobs__others_see_none(busy: Workplace, make_client: MakeClient, make_key: MakeKey) -> None:
    viewer = make_client(make_key("viewer"))
    assert len(viewer.get(f"{D}/jobs/").json()["jobs"]) == 4
    assert viewer.get(f"{D}/jobs/?mine=true").json()["jobs"] == []
    assert viewer.get(f"{D}/jobs/nothing").json()["code"] == "job_not_found"


def test_jobs__how_one_ended(busy: Workplace) -> None:
    busy.run_lane("ingest")
    assert [each["kind"] for each in jobs(busy, "?state=completed")] == ["ingest"]
    [ended] = jobs(busy, "?kind=ingest")
    assert (ended["progress"], ended["can_cancel"]) == (100, False)
    assert ended["finished_at"] is not None
    answer = busy.post(f"/jobs/{ended['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (400, "job_ended")


def test_cancel__labelling_as_its_service_does(busy: Workplace) -> None:
    [batch] = jobs(busy, "?kind=annotate")
    assert busy.post(f"/jobs/{batch['id']}/cancel").json()["job"]["state"] == "cancelled"
    assert busy.get(f"/auto-annotate/batch/{batch['id']}").json()["status"] == "cancelled"
    assert busy.spent(batch["id"])[1] == 0


def test_cancel__export(busy: Workplace) -> None:
    [export] = jobs(busy, "?kind=export")
    assert busy.post(f"/jobs/{export['id']}/cancel").json()["job"]["is_cancelling"]
    busy.end_cancelled()
    [export] = jobs(busy, "?kind=export")
    assert (export["state"], export["is_cancelling"]) == ("cancelled", False)


def test_cancel__what_runs_to_its_end(busy: Workplace) -> None:
    [thumbnails] = jobs(busy, "?kind=ingest")
    answer = busy.post(f"/jobs/{thumbnails['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (400, "job_not_cancellable")


def test_events__tell_of_what_runs_and_what_ended(busy: Workplace) -> None:
    busy.run_lane("ingest")
    # A stream of this kind never ends by itself.
    cast(FastAPI, busy.client.app).state.is_stopping = lambda: True
    answer = busy.get("/jobs/events")
    [snapshot] = [event for event in read_events(answer.text.splitlines()) if event.kind == "snapshot"]
    assert [(each["kind"], each["state"]) for each in snapshot.data["jobs"]] == [
        ("annotate", "queued"), ("freeze_version", "queued"), ("export", "queued"), ("ingest", "completed"),
    ]  # fmt: skip


def test_kinds__every_task_has_words(busy: Workplace) -> None:
    from pictograph_server.services.job_board.kinds import KINDS

    assert set(KINDS) == set(busy.tasks)
