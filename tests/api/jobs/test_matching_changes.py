"""Changes to all images that match a filter: a job makes those to many, each image once, whatever happens meanwhile."""

import inspect
import json
from collections import Counter
from collections.abc import Sequence
from typing import get_args

import pytest
from sqlalchemy import select, update
from tests.api.jobs.workplace import Workplace
from tests.many_images import add_images

from pictograph_server.routes.image_filter import FilterBody, FilterDep
from pictograph_server.services.batch import tasks as batch_tasks
from pictograph_server.services.images import tallies_repository
from pictograph_server.services.images import tasks as image_tasks
from pictograph_server.services.search.filters import ImageFilter
from pictograph_server.storage.db.tables import images

LANE = "ingest"
# Three steps of two thousand, of which each status has a quarter.
MANY = 4_800


@pytest.fixture
def many(work: Workplace) -> Workplace:
    """A dataset of many images in /a and /b; in either each name is there once."""
    work.tasks = {task.name: task for service in (batch_tasks, image_tasks) for task in service.tasks(work.platform)}
    dataset = work.make_dataset("signs")
    add_images(work.platform, work.organization_id, dataset, MANY, folders=("/a",))
    add_images(work.platform, work.organization_id, dataset, 10, folders=("/b",))
    return work


def begin(
    work: Workplace, kind: str, *, filter: dict[str, object], except_ids: Sequence[str] = (), **change: object
) -> str:
    body = {
        "dataset_name": "signs",
        "filter": filter,
        "except_ids": list(except_ids),
        "change": {"kind": kind, **change},
    }
    answer = work.post("/batch/matching", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["processed"]) == ("pending", 0)
    return answer.json()["job_id"]


def rows(work: Workplace, dataset: str = "signs") -> Counter[tuple[str, str, bool]]:
    """Return (folder, status, is archived) -> images, which is also what is counted."""
    dataset_id = work.get(f"/datasets/by-name/{dataset}").json()["dataset"]["id"]
    with work.platform.db.read() as conn:
        kept = tallies_repository.places(conn, dataset_id)
        assert kept == dict(tallies_repository.places_of(conn, dataset_id, None))
    return Counter({(place.folder_path, place.status, place.is_archived): count for place, count in kept.items()})


def test_status__killed_twice_changes_each_image_once_and_skips_none(many: Workplace) -> None:
    # What is filtered for is what changes: the rest of the list must not move up.
    job_id = begin(many, "status", filter={"folder_path": "/a", "max_annotations": 0}, status="complete")
    many.run_job(LANE, kill_at=2)
    assert many.get(f"/batch/changes/{job_id}").json()["processed"] == 2000
    many.run_job(LANE, kill_at=1)
    assert many.run_job(LANE).state == "succeeded"
    done = many.get(f"/batch/changes/{job_id}").json()
    assert (done["status"], done["processed"], done["total"], done["progress"]) == ("completed", MANY, MANY, 100)
    assert {key: count for key, count in rows(many).items() if key[0] == "/a"} == {("/a", "complete", False): MANY}


def test_status__leaves_exceptions_and_what_comes_later(many: Workplace) -> None:
    listed = many.get("/images/?dataset_name=signs&folder_path=/a&status=new&limit=3").json()["images"]
    begin(
        many,
        "status",
        filter={"folder_path": "/a", "text": "image_"},
        except_ids=[image["id"] for image in listed],
        status="review",
    )
    # Comes after it began, so it is left alone.
    late = many.add_image(many.get("/datasets/by-name/signs").json()["dataset"]["id"], "image_late.png", folder="/a")
    many.run_lane(LANE)
    after = rows(many)
    assert (after["/a", "review", False], after["/a", "new", False]) == (MANY - 3, 4)
    assert many.get(f"/images/{late}/metadata").json()["image"]["status"] == "new"


def test_trash__there_and_back_and_gone(many: Workplace) -> None:
    begin(many, "archive", filter={"folder_path": "/a"})
    many.run_job(LANE, kill_at=2)
    many.run_job(LANE)
    assert {key[2] for key in rows(many) if key[0] == "/a"} == {True}
    begin(many, "restore", filter={"archived": True, "folder_path": "/a"})
    many.run_job(LANE, kill_at=2)
    many.run_job(LANE)
    assert sum(count for key, count in rows(many).items() if key[0] == "/a" and not key[2]) == MANY
    begin(many, "delete", filter={"folder_path": "/a"})
    many.run_job(LANE, kill_at=2)
    many.run_lane(LANE)
    assert {key[0] for key in rows(many)} == {"/b"}


def test_move__keeps_what_an_earlier_step_brought(many: Workplace) -> None:
    """Ten names are in both folders, one in the first step and one in the last."""
    job_id = begin(many, "move", filter={}, target_folder_path="/all", duplicate_handling="overwrite")
    many.run_job(LANE, kill_at=3)
    many.run_job(LANE)
    done = many.get(f"/batch/changes/{job_id}").json()
    assert (done["processed"], done["failed_count"]) == (MANY, 10)
    assert "meanwhile" in done["failed"][0]["reason"]
    assert sum(count for key, count in rows(many).items() if key[0] == "/all") == MANY
    assert not any(archived for _folder, _status, archived in rows(many))


def test_copy__into_another_dataset_once_each(many: Workplace) -> None:
    many.make_dataset("others")
    begin(many, "copy", filter={"folder_path": "/a"}, target_dataset_name="others", copy_annotations=True)
    many.run_job(LANE, kill_at=2)
    many.run_job(LANE, kill_at=2)
    many.run_lane(LANE)
    assert sum(rows(many, "others").values()) == MANY
    with many.platform.db.read() as conn:
        names = conn.scalars(select(images.c.filename).where(images.c.folder_path == "/a")).all()
    assert set(Counter(names).values()) == {2}


def test_copy__within_the_dataset_copies_no_copy(many: Workplace) -> None:
    begin(many, "copy", filter={"text": "image_"}, target_folder_path="/copies")
    many.run_lane(LANE)
    assert sum(count for key, count in rows(many).items() if key[0] == "/copies") == MANY + 10


def test_tag__gives_all_what_they_lack(many: Workplace) -> None:
    begin(many, "tag", filter={"folder_path": "/a"}, add=["night"])
    many.run_job(LANE, kill_at=2)
    many.run_job(LANE)
    page = many.get("/images/?dataset_name=signs&tag=night&with_total=true").json()
    assert page["total"] == MANY
    begin(many, "tag", filter={"tag": "night"}, remove=["night"])
    many.run_lane(LANE)
    assert many.get("/images/?dataset_name=signs&tag=night&with_total=true").json()["total"] == 0


def test_named__killed_goes_on_and_leaves_alone_what_it_cannot_change(many: Workplace) -> None:
    with many.platform.db.read() as conn:
        ids = list(conn.scalars(select(images.c.id).where(images.c.folder_path == "/a")))
    many.post("/batch/images/delete", {"dataset_name": "signs", "image_ids": ids[:1]})
    change = {"kind": "assign", "assignee": "me", "to_review": True}
    body = {"dataset_name": "signs", "image_ids": [*ids, ids[-1], "nothing"], "change": change}
    begun = many.post("/batch/matching", body).json()
    assert (begun["status"], begun["total"]) == ("pending", MANY + 1)
    many.run_job(LANE, kill_at=2)
    assert many.get(f"/batch/changes/{begun['job_id']}").json()["processed"] in (1999, 2000)
    assert many.run_job(LANE).state == "succeeded"
    done = many.get(f"/batch/changes/{begun['job_id']}").json()
    assert (done["processed"], done["failed_count"], done["progress"]) == (MANY - 1, 2, 100)
    assert {each["id"] for each in done["failed"]} == {ids[0], "nothing"}
    assert rows(many)["/a", "review", False] == MANY - 1
    assert many.get("/datasets/by-name/signs/review/progress").json()["assigned"] == MANY - 1
    with many.platform.db.read() as conn:
        theirs = select(images.c.id).where(images.c.review_assignee_id.is_not(None))
        assert set(conn.scalars(theirs)) == set(ids[1:])


def test_named__few_are_changed_at_once_and_of_what_matches_too(many: Workplace) -> None:
    ids = [image["id"] for image in many.get("/images/?dataset_name=signs&folder_path=/b").json()["images"]]
    change = {"kind": "assign", "assignee": "me"}
    named = many.post("/batch/matching", {"dataset_name": "signs", "image_ids": ids[:4], "change": change}).json()
    assert (named["job_id"], named["processed"]) == (None, 4)
    body = {"dataset_name": "signs", "filter": {"folder_path": "/b"}, "change": change}
    assert many.post("/batch/matching", body).json()["processed"] == 10
    assert many.get("/datasets/by-name/signs/review/progress").json()["assigned"] == 10
    entry = many.get("/audit?action=review.assigned").json()["entries"][0]
    assert (entry["details"]["images"], [*entry["details"]["shares"].values()]) == (10, [10])
    both = many.post("/batch/matching", body | {"image_ids": ids})
    assert (both.status_code, "not both" in both.text) == (422, True)
    nobody = {"kind": "assign", "assignee": "nobody@example.org"}
    refused = many.post("/batch/matching", {"dataset_name": "signs", "image_ids": ids, "change": nobody})
    assert (refused.status_code, refused.json()["code"]) == (404, "reviewer_not_found")


def test_few__are_changed_at_once(many: Workplace) -> None:
    body = {"dataset_name": "signs", "filter": {"folder_path": "/b"}, "change": {"kind": "archive"}}
    answer = many.post("/batch/matching", body).json()
    assert (answer["job_id"], answer["status"], answer["processed"], answer["total"]) == (None, "completed", 10, 10)
    again = many.post("/batch/matching", body).json()
    assert (again["status"], again["processed"], again["total"]) == ("completed", 0, 0)


@pytest.mark.parametrize(
    ("change", "filter", "code"),
    [
        ({"kind": "move", "target_folder_path": "/c"}, {"archived": True}, "wrong_side_of_trash"),
        ({"kind": "restore"}, {}, "wrong_side_of_trash"),
        ({"kind": "status", "status": "new"}, {"min_confidence": 0.9, "max_confidence": 0.1}, "empty_confidence_range"),
    ],
)
def test_refused__with_the_reason(
    work: Workplace, change: dict[str, object], filter: dict[str, object], code: str
) -> None:
    work.make_dataset("signs")
    refused = work.post("/batch/matching", {"dataset_name": "signs", "filter": filter, "change": change})
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_cancel__keeps_what_is_done(many: Workplace) -> None:
    job_id = begin(many, "archive", filter={})
    many.run_job(LANE, kill_at=2)
    many.post(f"/batch/changes/{job_id}/cancel")
    many.end_cancelled()
    assert many.get(f"/batch/changes/{job_id}").json()["status"] == "cancelled"
    assert sum(count for key, count in rows(many).items() if key[2]) == 2000


def test_filter__of_a_body_is_that_of_the_list() -> None:
    function = get_args(FilterDep)[1].dependency
    assert [*FilterBody.model_fields] == [*inspect.signature(function).parameters]


def test_meanwhile__what_no_longer_matches_is_left_alone(many: Workplace) -> None:
    job_id = begin(many, "archive", filter={"text": "image_"})
    many.run_job(LANE, kill_at=2)
    with many.platform.db.write() as conn:
        last = many.get("/images/?dataset_name=signs&sort=newest&limit=1").json()["images"][0]["id"]
        conn.execute(update(images).where(images.c.id == last).values(filename="other.jpg"))
    many.run_job(LANE)
    assert many.get(f"/batch/changes/{job_id}").json()["processed"] == MANY + 9


def test_filter__is_kept_as_it_was() -> None:
    wanted = ImageFilter(
        statuses=("new", "review"), size_wh=(640, 480), min_aspect=0.5, folder_path="/a", with_subfolders=False
    )
    assert ImageFilter.from_json(json.loads(json.dumps(wanted.to_json()))) == wanted
