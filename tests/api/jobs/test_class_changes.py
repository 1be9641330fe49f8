"""Classes renamed, merged and deleted across all images: few at once, many by a job, and seen whole by everybody."""

from typing import Any

import pytest
from sqlalchemy import insert
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization

from pictograph_server.services.annotations import class_changes, repository, tasks
from pictograph_server.services.annotations.documents import check_annotations
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.annotations.repository import Stored
from pictograph_server.services.images import service as images
from pictograph_server.services.images import tags_repository
from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.records import AnnotationState
from pictograph_server.services.images.registration import Candidate, Registered, register
from pictograph_server.storage.db.tables import audit_entries, batch_jobs
from pictograph_server.storage.db.types import now

BASE = "/datasets/by-name/signs/classes"
Json = dict[str, Any]


def box(name: str, number: int = 1) -> Json:
    return {
        "id": f"{name}-{number}", "name": name, "type": "bbox",
        "bounding_box": {"x": number, "y": 2.25, "w": 10.125, "h": 8},
    }  # fmt: skip


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """Three images: stop and yield, stop, none; the second is tagged with stop."""
    work.tasks = {task.name: task for task in tasks.tasks(work.platform)}
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "polygon"), ("bus", "bbox")])
    work.save(work.add_image(dataset, "0.png"), [box("stop"), box("yield")], "complete")
    tagged = work.add_image(dataset, "1.png")
    work.save(tagged, [box("stop", 1), box("stop", 2)], "review")
    with work.platform.db.write() as conn:
        tags_repository.set_tags(conn, {tagged: {"objects": ["stop", "bus"], "confidences": {"stop": 0.5, "bus": 0.9}}})
    work.add_image(dataset, "2.png")
    return work


@pytest.fixture
def many(signs: Workplace) -> Workplace:
    """As many images as no request changes by itself."""
    dataset_id = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    facts = ImageFacts("image/png", 64, 48)
    candidates = [
        Candidate("/", f"many {number}.png", f"{number:064x}", 1, facts)
        for number in range(class_changes.AT_MOST_INLINE)
    ]
    stored = Stored(check_annotations([box("stop")]), {"stop-1": Provenance("user:a-key", now().isoformat())})
    with signs.platform.db.write() as conn:
        answers = register(conn, signs.organization_id, dataset_id, candidates)
        ids = [answer.image_id for answer in answers if isinstance(answer, Registered)]
        repository.put_many(conn, signs.organization_id, dict.fromkeys(ids, stored), known=())
        locked = images.lock_many(conn, signs.organization_id, dataset_id, ids)
        images.set_annotation_states(conn, [AnnotationState(image, 1, 1, "complete", "person") for image in locked])
    return signs


def change(work: Workplace, verb: str, **body: object) -> Json:
    response = work.post(f"{BASE}/{verb}", body)
    assert response.status_code == 200, response.text
    return response.json()["class_change"]


def rename(work: Workplace, class_name: str = "stop", new_name: str = "stop sign") -> Json:
    return change(work, "rename", class_name=class_name, new_name=new_name)


def classes(work: Workplace) -> list[str]:
    return [each["name"] for each in work.get("/datasets/by-name/signs").json()["dataset"]["classes"]]


def image_ids(work: Workplace) -> dict[str, str]:
    answer = work.get("/datasets/by-name/signs?include_images=true&images_limit=10000").json()["dataset"]["images"]
    return {each["filename"]: each["id"] for each in answer}


def read(work: Workplace, filename: str) -> Json:
    image_id = image_ids(work)[filename]
    return work.get(f"/annotations/{image_id}?include_provenance=true").json()


def names(work: Workplace, filename: str) -> list[str]:
    return [each["name"] for each in read(work, filename)["annotations"]]


def test_rename__names_alone_change(signs: Workplace):
    before = read(signs, "0.png")
    done = rename(signs)
    assert [done[key] for key in ("status", "images_changed", "annotations_changed")] == ["completed", 2, 3]
    assert classes(signs) == ["stop sign", "yield", "bus"]
    after = read(signs, "0.png")
    assert [each | {"name": "x"} for each in after["annotations"]] == [
        each | {"name": "x"} for each in before["annotations"]
    ]
    assert (names(signs, "0.png"), after["provenance"], after["status"]) == (
        ["stop sign", "yield"], before["provenance"], "complete",
    )  # fmt: skip
    assert read(signs, "1.png")["status"] == "review"


def test_rename__colour_and_geometry_stay(signs: Workplace):
    def entry(name: str) -> Json:
        found = signs.get("/datasets/by-name/signs").json()["dataset"]["classes"]
        return next(each for each in found if each["name"] == name)

    before = entry("stop")
    rename(signs)
    assert entry("stop sign") == before | {"name": "stop sign"}


def test_rename__tags_follow(signs: Workplace):
    rename(signs)
    found = signs.client.get(f"{D}/search/by-tags", params={"objects": "stop sign", "dataset_name": "signs"})
    assert [each["filename"] for each in found.json()["results"]] == ["1.png"]


def test_rename__is_in_the_history_and_a_stale_save_is_refused(signs: Workplace):
    image = image_ids(signs)["0.png"]
    version = read(signs, "0.png")["annotation_version"]
    rename(signs)
    newest = signs.get(f"/annotations/{image}/history").json()["versions"][0]
    assert (newest["note"], newest["changed"], newest["saved_by_name"]) == (
        "class 'stop' renamed to 'stop sign'", 1, "owner key",
    )  # fmt: skip
    stale = signs.post(f"/annotations/{image}", {"annotations": [box("stop")], "expected_version": version})
    assert stale.status_code == 409


def test_restore__an_older_version_has_the_names_of_today(signs: Workplace):
    image = image_ids(signs)["0.png"]
    rename(signs)
    change(signs, "delete", class_names=["yield"])
    assert signs.post(f"/annotations/{image}/restore", {"version": 1}).status_code == 200
    # A class that was deleted comes back: bringing its annotations back may be what was wanted.
    assert names(signs, "0.png") == ["stop sign", "yield"]
    assert classes(signs) == ["stop sign", "bus", "yield"]


@pytest.mark.parametrize(
    ("into", "there"),
    [
        pytest.param("yield", ["yield", "bus"], id="another class"),
        pytest.param("stop", ["stop", "bus"], id="one of them"),
        pytest.param("sign", ["sign", "bus"], id="a new name"),
    ],
)
def test_merge__several_are_one(signs: Workplace, into: str, there: list[str]):
    assert change(signs, "merge", class_names=["stop", "yield"], into=into)["status"] == "completed"
    assert (classes(signs), names(signs, "0.png")) == (there, [into, into])


def test_merge__tags_of_both_are_one_with_the_greater_confidence(signs: Workplace):
    change(signs, "merge", class_names=["stop"], into="bus")
    found = signs.client.get(f"{D}/search/by-tags", params={"objects": "bus"}).json()["results"]
    assert found[0]["image_auto_tags"] == {"objects": ["bus"]}
    image = signs.client.get(f"{D}/images/{found[0]['id']}/metadata").json()["image"]
    assert image["image_auto_tags"] == {"objects": ["bus"], "confidences": {"bus": 0.9}}


def test_delete__annotations_go_and_the_status_stays(signs: Workplace):
    done = change(signs, "delete", class_names=["stop", "bus"])
    assert (done["target"], done["annotations_changed"], classes(signs)) == (None, 3, ["yield"])
    assert (names(signs, "0.png"), names(signs, "1.png")) == (["yield"], [])
    answer = read(signs, "1.png")
    assert (answer["status"], answer["annotation_count"], answer["provenance"]) == ("review", 0, {})


def test_changes__archived_images_too(signs: Workplace):
    image = image_ids(signs)["0.png"]
    signs.client.delete(f"{D}/images/{image}")
    rename(signs)
    assert signs.get(f"/annotations/{image}").json()["annotations"][0]["name"] == "stop sign"


@pytest.mark.parametrize(
    ("verb", "body", "status", "code"),
    [
        pytest.param("rename", {"class_name": "stopp", "new_name": "x"}, 404, "class_not_found", id="unknown"),
        pytest.param("rename", {"class_name": "stop", "new_name": "yield"}, 409, "class_exists", id="taken"),
        pytest.param("rename", {"class_name": "stop", "new_name": "stop"}, 422, "nothing_to_change", id="same"),
        pytest.param("rename", {"class_name": "stop", "new_name": " "}, 422, "invalid_class", id="blank"),
        pytest.param("merge", {"class_names": ["stop"], "into": "stop"}, 422, "nothing_to_change", id="into itself"),
        pytest.param("merge", {"class_names": ["a", "b"], "into": "c"}, 404, "class_not_found", id="none there"),
        pytest.param("delete", {"class_names": ["stop", "nope"]}, 404, "class_not_found", id="one unknown"),
    ],
)
def test_changes__refused_and_nothing_is_changed(signs: Workplace, verb: str, body: Json, status: int, code: str):
    response = signs.post(f"{BASE}/{verb}", body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (classes(signs), names(signs, "0.png")) == (["stop", "yield", "bus"], ["stop", "yield"])
    assert signs.get(f"{BASE}/changes").json() == {"class_changes": []}


def test_changes__a_class_that_is_being_labelled_is_left_alone(signs: Workplace):
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    with signs.platform.db.write() as conn:
        conn.execute(
            insert(batch_jobs).values(
                id="a-batch", organization_id=signs.organization_id, dataset_id=dataset, status="running",
                total_images=1, estimated_credits=0, request={"classes": [{"name": "stop"}]}, pace=[], created_at=now(),
            )
        )  # fmt: skip
    refused = signs.post(f"{BASE}/rename", {"class_name": "stop", "new_name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "class_being_labelled")
    assert rename(signs, "yield", "give way")["status"] == "completed"


def test_many__are_read_as_changed_before_the_job_has_run(many: Workplace):
    assert rename(many)["status"] == "pending"
    assert (names(many, "0.png"), names(many, "many 7.png"), classes(many)[0]) == (
        ["stop sign", "yield"], ["stop sign"], "stop sign",
    )  # fmt: skip
    # And saved in the middle of it, under either name, whoever made it stays.
    image = image_ids(many)["many 7.png"]
    made = read(many, "many 7.png")["provenance"]
    many.save(image, [box("stop sign") | {"id": "stop-1"}])
    assert read(many, "many 7.png")["provenance"] == made
    many.save(image_ids(many)["many 8.png"], [box("stop")])
    many.run_job("export")
    done = many.get(f"{BASE}/changes").json()["class_changes"][0]
    assert (done["status"], done["images_changed"]) == ("completed", class_changes.AT_MOST_INLINE + 1)
    assert (names(many, "many 8.png"), classes(many)) == (["stop sign"], ["stop sign", "yield", "bus"])


def test_many__renamed_twice_and_killed_between(many: Workplace):
    first = rename(many)
    assert rename(many, "stop sign", "halt")["status"] == "pending"
    assert names(many, "many 7.png") == ["halt"]
    assert many.run_job("export", kill_at=2).state == "queued"
    assert names(many, "many 299.png") == ["halt"]
    many.run_lane("export")
    assert {each["status"] for each in many.get(f"{BASE}/changes").json()["class_changes"]} == {"completed"}
    assert (names(many, "0.png"), names(many, "many 299.png"), classes(many)[0]) == (
        ["halt", "yield"],
        ["halt"],
        "halt",
    )
    history = many.get(f"/annotations/{image_ids(many)['0.png']}/history").json()["versions"]
    assert [each["version"] for each in history] == [3, 2, 1, 0]
    assert many.get(f"{BASE}/changes/{first['id']}").json()["class_change"]["images_changed"] == 302


def test_changes__are_in_the_audit_log(signs: Workplace):
    rename(signs)
    change(signs, "merge", class_names=["bus"], into="yield")
    change(signs, "delete", class_names=["yield"])
    with signs.platform.db.read() as conn:
        rows = conn.execute(audit_entries.select().where(audit_entries.c.action.like("class.%"))).all()
    assert sorted(row.action for row in rows) == ["class.deleted", "class.merged", "class.renamed"]


def test_changes__roles(signs: Workplace, make_client: MakeClient, make_key: MakeKey):
    viewer, member = make_client(make_key("viewer")), make_client(make_key("member"))
    body = {"class_name": "stop", "new_name": "x"}
    assert viewer.post(f"{D}{BASE}/rename", json=body).status_code == 403
    assert viewer.get(f"{D}{BASE}/changes").status_code == 200
    assert member.post(f"{D}{BASE}/rename", json=body).status_code == 200
    assert member.post(f"{D}{BASE}/delete", json={"class_names": ["x"]}).status_code == 403


def test_changes__other_organizations_see_nothing(signs: Workplace, make_client: MakeClient):
    done = rename(signs)
    stranger = make_client(make_api_key(signs.platform, make_organization(signs.platform, "Other")))
    assert stranger.get(f"{D}{BASE}/changes").status_code == 404
    stranger.post(f"{D}/projects/", json={"name": "signs"})
    assert stranger.get(f"{D}{BASE}/changes/{done['id']}").json()["code"] == "class_change_not_found"
