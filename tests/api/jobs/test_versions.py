"""Versions: a dataset frozen, compared, exported again, restored, deleted; and killed at every step of it."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization

from pictograph_server.services.exports import tasks as export_tasks
from pictograph_server.services.images import tasks as image_tasks
from pictograph_server.services.versions import tasks as version_tasks
from pictograph_server.storage.db.tables import models, version_images
from pictograph_server.storage.db.types import now

BASE = "/datasets/by-name/signs/versions"
Json = dict[str, Any]


def box(name: str = "stop", x: float = 1) -> Json:
    return {"id": f"{name}-1", "name": name, "type": "bbox", "bounding_box": {"x": x, "y": 2.25, "w": 10.125, "h": 8}}


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """Three images, two of them annotated and complete."""
    services = (export_tasks, version_tasks, image_tasks)
    work.tasks = {task.name: task for service in services for task in service.tasks(work.platform)}
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "polygon")])
    work.save(work.add_image(dataset, "a.png"), [box()], "complete")
    work.save(work.add_image(dataset, "a.png", folder="/north"), [box(), box("yield")], "complete")
    work.add_image(dataset, "new.png")
    return work


def freeze(work: Workplace, **body: object) -> Json:
    response = work.post(BASE, body)
    assert response.status_code == 201, response.text
    assert work.run_job("export").state == "succeeded"
    return version(work, response.json()["version"]["number"])


def version(work: Workplace, which: object) -> Json:
    response = work.get(f"{BASE}/{which}")
    assert response.status_code == 200, response.text
    return response.json()["version"]


def diff(work: Workplace, which: object, **query: int) -> Json:
    response = work.client.get(f"{D}{BASE}/{which}/diff", params=query)
    assert response.status_code == 200, response.text
    return response.json()["diff"]


def images_of(work: Workplace, name: str = "signs") -> dict[str, str]:
    """Return path -> id."""
    response = work.get(f"/datasets/by-name/{name}?include_images=true").json()["dataset"]
    return {f"{each['virtual_folder_path'].rstrip('/')}/{each['filename']}": each["id"] for each in response["images"]}


def export(work: Workplace, name: str, **body: object) -> Json:
    response = work.post("/exports/", {"dataset_name": "signs", "name": name, **body})
    assert response.status_code == 201, response.text
    assert work.run_job("export").state == "succeeded"
    return work.get(f"/exports/signs/{name}").json()["export"]


def archive(work: Workplace, name: str) -> zipfile.ZipFile:
    url = work.get(f"/exports/signs/{name}/download").json()["download_url"]
    return zipfile.ZipFile(BytesIO(work.client.get(url.removeprefix("http://testserver")).content))


def blobs(work: Workplace, folder: str) -> list[str]:
    return [path.name for path in (work.platform.settings.data_dir / "blobs" / folder).rglob("*") if path.is_file()]


def tidy(work: Workplace) -> None:
    work.run_lane("export")
    work.run_lane("ingest")


def test_create_version__is_freezing_then_ready_with_counts(signs: Workplace):
    begun = signs.post(BASE, {"name": "first", "description": "before the rain"}).json()["version"]
    assert (begun["number"], begun["status"], begun["created_by_name"]) == (1, "freezing", "owner key")
    signs.run_job("export")
    ready = version(signs, "first")
    assert (ready["status"], ready["image_count"], ready["annotation_count"]) == ("ready", 3, 3)
    assert [(each["name"], each["annotation_count"], each["image_count"]) for each in ready["classes"]] == [
        ("stop", 2, 2), ("yield", 1, 1),
    ]  # fmt: skip
    assert [version(signs, which)["number"] for which in ("1", "latest", ready["id"])] == [1, 1, 1]


def test_create_version__of_complete_images_alone(signs: Workplace):
    assert freeze(signs, status_filter="complete")["image_count"] == 2
    assert freeze(signs, status_filter="all")["status_filter"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"name": "first"}, 409, "version_name_taken", id="name taken"),
        pytest.param({"name": "12"}, 422, "invalid_name", id="a number"),
        pytest.param({"name": "latest"}, 422, "invalid_name", id="latest"),
        pytest.param({"name": "a/b"}, 422, "invalid_name", id="slash"),
        pytest.param({"status_filter": "done"}, 422, "unknown_status_filter", id="unknown status"),
    ],
)
def test_create_version__refused(signs: Workplace, body: Json, status: int, code: str):
    signs.post(BASE, {"name": "first"})
    response = signs.post(BASE, body)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("which", ["9", "99999999999999", "nothing", "latest", "019aaaaa-0000-7000-8000-000000000000"])
def test_get_version__unknown_is_404(signs: Workplace, which: str):
    response = signs.get(f"{BASE}/{which}")
    assert (response.status_code, response.json()["code"]) == (404, "version_not_found")


def test_update_version__names_and_clears(signs: Workplace):
    freeze(signs, name="first")
    path = f"{D}{BASE}/1"
    assert signs.client.patch(path, json={"name": "gold", "description": "x"}).json()["version"]["name"] == "gold"
    cleared = signs.client.patch(path, json={"name": ""}).json()["version"]
    assert (cleared["name"], cleared["description"]) == (None, "x")


def test_diff__says_which_images_and_classes_changed(signs: Workplace):
    freeze(signs)
    there = images_of(signs)
    signs.save(there["/a.png"], [box(x=5)])
    signs.save(there["/new.png"], [box("yield")], "review")
    signs.client.delete(f"{D}/images/{there['/north/a.png']}")
    signs.add_image(version(signs, 1)["dataset_id"], "later.png")
    freeze(signs)
    found = diff(signs, 2)
    counts = {key: found[f"images_{key}"] for key in ("added", "removed", "changed", "unchanged")}
    assert (found["since"], counts) == (1, {"added": 1, "removed": 1, "changed": 2, "unchanged": 0})
    assert [each["filename"] for each in found["added"]] == ["later.png"]
    assert [each["folder_path"] for each in found["removed"]] == ["/north"]
    assert {each["filename"]: each["changes"] for each in found["changed"]} == {
        "a.png": ["annotations"], "new.png": ["status", "annotations"],
    }  # fmt: skip
    assert [(each["name"], each["annotations_before"], each["annotations_after"]) for each in found["classes"]] == [
        ("stop", 2, 1)
    ]
    assert (found["annotations_before"], found["annotations_after"]) == (3, 2)
    # The other way round, and cut.
    back = diff(signs, 1, since=2, limit=1)
    assert (back["images_added"], back["images_changed"], len(back["changed"])) == (1, 2, 1)


def test_diff__of_the_first_version_is_everything(signs: Workplace):
    freeze(signs)
    found = diff(signs, 1)
    assert (found["since"], found["images_added"], found["images_unchanged"]) == (None, 3, 0)
    assert diff(signs, 1, since=1)["images_unchanged"] == 3


def test_diff__of_a_version_that_is_not_ready_is_409(signs: Workplace):
    signs.post(BASE, {})
    assert signs.get(f"{BASE}/1/diff").json()["code"] == "version_not_ready"


def test_export__freezes_what_goes_in_and_says_so(signs: Workplace):
    first = export(signs, "one")
    assert (first["dataset_version"], first["dataset_version_id"]) == (1, version(signs, 1)["id"])
    assert version(signs, 1)["export_id"] == first["id"]
    # Nothing has changed: the same version, in another format.
    assert export(signs, "two", format="coco")["dataset_version"] == 1
    signs.save(images_of(signs)["/new.png"], [box()])
    assert export(signs, "three")["dataset_version"] == 2
    listed = signs.get(BASE).json()["versions"]
    assert [each["number"] for each in listed] == [2, 1]


def test_export_of_a_version__is_what_was_then(signs: Workplace):
    freeze(signs, name="gold")
    there = images_of(signs)
    signs.save(there["/a.png"], [box("yield"), box("stop", 7)])
    signs.client.delete(f"{D}/images/{there['/north/a.png']}?permanent=true")
    made = export(signs, "again", version="gold", include_images=True, class_filter=["stop"])
    assert (made["dataset_version"], made["image_count"], made["annotation_count"]) == (1, 3, 2)
    found = archive(signs, "again")
    # Its bytes were kept although nothing else names them.
    assert len(found.read("images/north/a.png")) > 0
    assert json.loads(found.read("annotations/a.json"))["annotations"][0]["bounding_box"]["x"] == 1


def test_export_of_a_version__unknown_class_and_version(signs: Workplace):
    freeze(signs)
    body = {"dataset_name": "signs", "name": "x"}
    assert signs.post("/exports/", {**body, "version": "7"}).status_code == 404
    assert signs.post("/exports/", {**body, "version": "1", "class_filter": ["bus"]}).json()["code"] == "unknown_class"


def test_delete_version__takes_what_it_alone_holds(signs: Workplace):
    freeze(signs)
    there = images_of(signs)
    before = len(blobs(signs, "images"))
    signs.client.delete(f"{D}/images/{there['/north/a.png']}?permanent=true")
    assert len(blobs(signs, "images")) == before
    freeze(signs)
    assert signs.client.delete(f"{D}{BASE}/1").status_code == 204
    assert signs.get(f"{BASE}/1").status_code == 404
    tidy(signs)
    assert len(blobs(signs, "images")) == before - 1
    # The other version can still be read.
    assert diff(signs, 2)["images_added"] == 2
    signs.client.delete(f"{D}{BASE}/2")
    tidy(signs)
    assert blobs(signs, "versions") == []
    with signs.platform.db.read() as conn:
        assert conn.execute(version_images.select()).all() == []
    assert len(blobs(signs, "images")) == 2
    # Numbers are not given again.
    assert freeze(signs)["number"] == 3


def test_delete_version__killed_goes_on(signs: Workplace):
    freeze(signs)
    signs.client.delete(f"{D}{BASE}/1")
    assert signs.run_job("export", kill_at=1).state == "queued"
    tidy(signs)
    assert blobs(signs, "versions") == []


def test_delete_version__while_it_is_frozen_cancels(signs: Workplace):
    signs.post(BASE, {})
    assert signs.client.delete(f"{D}{BASE}/1").status_code == 204
    signs.end_cancelled()
    tidy(signs)
    assert (signs.get(BASE).json()["versions"], blobs(signs, "versions")) == ([], [])


def test_delete_version__that_a_model_learned_from_needs_force(signs: Workplace):
    frozen = freeze(signs)
    with signs.platform.db.write() as conn:
        conn.execute(
            models.insert().values(
                id="m", organization_id=signs.organization_id, name="detector", model_type="object_detection",
                visibility="private", status="ready", version="1.0.0", card={}, files={},
                dataset_version_id=frozen["id"], dataset_version=1, created_at=now(), updated_at=now(),
            )
        )  # fmt: skip
    assert [each["name"] for each in signs.get(f"{BASE}/1/lineage").json()["lineage"]["models"]] == ["detector"]
    refused = signs.client.delete(f"{D}{BASE}/1")
    assert (refused.status_code, refused.json()["code"]) == (409, "version_in_use")
    assert signs.client.delete(f"{D}{BASE}/1?force=true").status_code == 204


def restore(work: Workplace, which: object = 1, name: str = "again") -> Json:
    response = work.post(f"{BASE}/{which}/restore", {"dataset_name": name})
    assert response.status_code == 201, response.text
    return response.json()["restore"]


def test_restore__is_a_dataset_with_everything_as_it_was(signs: Workplace):
    there = images_of(signs)
    freeze(signs)
    was = signs.client.get(f"{D}/annotations/{there['/north/a.png']}?include_provenance=true").json()
    signs.client.delete(f"{D}/images/{there['/north/a.png']}?permanent=true")
    begun = restore(signs)
    assert signs.run_job("import").state == "succeeded"
    done = signs.get(f"{BASE}/1/restores/{begun['id']}").json()["restore"]
    assert (done["status"], done["images_done"], done["images_total"]) == ("completed", 3, 3)
    dataset = signs.get("/datasets/by-name/again").json()["dataset"]
    assert (dataset["image_count"], dataset["completed_image_count"]) == (3, 2)
    assert [(each["name"], each["type"]) for each in dataset["classes"]] == [("stop", "bbox"), ("yield", "polygon")]
    copies = images_of(signs, "again")
    assert copies.keys() == there.keys()
    now_ = signs.client.get(f"{D}/annotations/{copies['/north/a.png']}?include_provenance=true").json()
    assert (now_["annotations"], now_["provenance"], now_["status"]) == (
        was["annotations"], was["provenance"], "complete",
    )  # fmt: skip
    assert signs.client.get(f"{D}/images/{copies['/north/a.png']}").status_code == 200
    assert [each["name"] for each in signs.get(f"{BASE}/1/lineage").json()["lineage"]["datasets"]] == ["again"]


@pytest.mark.parametrize("kill_at", [1, 2, 3])
def test_restore__killed_in_any_transaction_happens_once(signs: Workplace, kill_at: int):
    freeze(signs)
    restore(signs)
    assert signs.run_job("import", kill_at=kill_at).state == "queued"
    assert signs.run_job("import").state == "succeeded"
    dataset = signs.get("/datasets/by-name/again").json()["dataset"]
    assert (dataset["image_count"], dataset["completed_image_count"]) == (3, 2)


def test_restore__taken_name_and_full_organization_make_nothing(signs: Workplace):
    freeze(signs)
    assert signs.post(f"{BASE}/1/restore", {"dataset_name": "signs"}).json()["code"] == "dataset_name_taken"
    with signs.platform.db.write() as conn:
        conn.exec_driver_sql("UPDATE organizations SET max_images = 5")
    assert signs.post(f"{BASE}/1/restore", {"dataset_name": "again"}).status_code == 402
    assert signs.get("/datasets/by-name/again").status_code == 404


@pytest.mark.parametrize("kill_at", [1, 2, 3, "end"])
def test_freeze__killed_anywhere_is_one_version(signs: Workplace, kill_at: int | str):
    signs.post(BASE, {})
    job = signs.run_job("export", kill_at=kill_at)  # pyright: ignore[reportArgumentType]  # a number or "end"
    if job.state == "queued":
        signs.run_job("export")
    assert [(each["number"], each["status"]) for each in signs.get(BASE).json()["versions"]] == [(1, "ready")]


def test_versions__go_with_their_dataset(signs: Workplace):
    freeze(signs)
    signs.client.delete(f"{D}/images/{images_of(signs)['/north/a.png']}?permanent=true")
    assert signs.client.delete(f"{D}/projects/signs").status_code == 200
    tidy(signs)
    assert (blobs(signs, "versions"), blobs(signs, "images")) == ([], [])


def test_versions__roles(signs: Workplace, make_client: MakeClient, make_key: MakeKey):
    freeze(signs)
    viewer, member = make_client(make_key("viewer")), make_client(make_key("member"))
    assert viewer.get(f"{D}{BASE}/1/diff").status_code == 200
    assert viewer.post(f"{D}{BASE}", json={}).status_code == 403
    assert viewer.post(f"{D}{BASE}/1/restore", json={"dataset_name": "x"}).status_code == 403
    assert member.delete(f"{D}{BASE}/1").status_code == 403


def test_versions__other_organizations_see_nothing(signs: Workplace, make_client: MakeClient):
    frozen = freeze(signs)
    other = make_organization(signs.platform, "Other")
    stranger = make_client(make_api_key(signs.platform, other))
    stranger.post(f"{D}/projects/", json={"name": "signs"})
    for which in ("1", "latest", str(frozen["id"])):
        assert stranger.get(f"{D}{BASE}/{which}").status_code == 404


def test_restored_image__bytes_are_those_of_the_original(signs: Workplace):
    there = images_of(signs)
    before = signs.client.get(f"{D}/images/{there['/a.png']}").content
    freeze(signs)
    restore(signs)
    signs.run_job("import")
    copies = images_of(signs, "again")
    assert signs.client.get(f"{D}/images/{copies['/a.png']}").content == before
