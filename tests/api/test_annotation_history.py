"""The history of annotations: what a save replaced, who had made it, and any of it brought back."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, Json, create_project, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.annotation import BBoxAnnotation
from pictograph.models.common import BoundingBox
from pictograph_server.actor import Actor
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.storage.db.tables import audit_entries

ENGINE = "sam3@pictograph-tiny"


@pytest.fixture
def image_id(app_client: TestClient) -> str:
    project = create_project(app_client, "signs")
    return upload_bundle(app_client, project["id"], {"a/1.jpg": jpeg()})[0]["image_id"]


def box(annotation_id: str, x: float = 1, name: str = "stop") -> Json:
    return {"id": annotation_id, "name": name, "type": "bbox", "bounding_box": {"x": x, "y": 2.50, "w": 3, "h": 4}}


def save(client: TestClient, image_id: str, *documents: Json) -> None:
    response = client.post(f"{API}/annotations/{image_id}", json={"annotations": documents})
    assert response.status_code == 200, response.text


def history(client: TestClient, image_id: str, **query: int) -> list[Json]:
    response = client.get(f"{API}/annotations/{image_id}/history", params=query)
    assert response.status_code == 200, response.text
    return response.json()["versions"]


def restore(client: TestClient, image_id: str, version: int, **more: int) -> Any:
    return client.post(f"{API}/annotations/{image_id}/restore", json={"version": version, **more})


def test_history__of_a_new_image_is_its_upload(app_client: TestClient, image_id: str) -> None:
    (only,) = history(app_client, image_id)
    assert (only["version"], only["is_current"], only["note"], only["annotation_count"]) == (0, True, "uploaded", 0)


def test_history__says_who_what_and_how_much(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, box("a"), box("b"))
    save(app_client, image_id, box("b", x=5), box("c"), box("d"))
    newest, first, uploaded = history(app_client, image_id)
    assert [each["version"] for each in (newest, first, uploaded)] == [2, 1, 0]
    assert [newest["added"], newest["changed"], newest["removed"], newest["annotation_count"]] == [2, 1, 1, 3]
    assert [first["added"], first["changed"], first["removed"]] == [2, 0, 0]
    assert (newest["saved_by_name"], newest["is_current"], first["is_current"]) == ("owner key", True, False)
    assert newest["saved_by"].startswith("user:")


def test_history__a_job_is_named(app_client: TestClient, platform: Platform, actor: Actor, image_id: str) -> None:
    found = BBoxAnnotation(id="x", name="stop", bounding_box=BoundingBox(x=1, y=1, w=2, h=2))
    with platform.db.write() as conn:
        annotations.save_from_job(
            conn,
            organization_id=actor.organization_id,
            image_id=image_id,
            annotations=[found],
            provenance={"x": Provenance(ENGINE, "2026-01-01T00:00:00+00:00")},
            replace_classes=["stop"],
            review=False,
        )
    newest = history(app_client, image_id)[0]
    assert (newest["saved_by"], newest["note"]) == (ENGINE, "labelled by a job")


def test_history__pages_go_on_behind_a_version(app_client: TestClient, image_id: str) -> None:
    for x in range(5):
        save(app_client, image_id, box("a", x=x))
    pages = [history(app_client, image_id, limit=2), history(app_client, image_id, limit=2, before=4)]
    pages.append(history(app_client, image_id, limit=2, before=2))
    assert [[each["version"] for each in page] for page in pages] == [[5, 4], [3, 2], [1, 0]]
    # The last of a page is compared with what is on the next one.
    assert [each["changed"] for page in pages for each in page] == [1, 1, 1, 1, 0, 0]
    assert [each["version"] for each in history(app_client, image_id, before=1)] == [0]
    assert history(app_client, image_id, before=0) == []


def test_history__the_newest_hundred_before_the_current_are_kept(app_client: TestClient, image_id: str) -> None:
    for x in range(103):
        save(app_client, image_id, box("a", x=x))
    assert [each["version"] for each in history(app_client, image_id, limit=2)] == [103, 102]
    oldest = history(app_client, image_id, before=6)
    # What was before the oldest one is not known, so nothing is claimed about it.
    assert [(each["version"], each["changed"]) for each in oldest] == [(5, 1), (4, 1), (3, 0)]


def test_get_version__numbers_come_back_exactly(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, box("a", x=0.30000000000000004))
    save(app_client, image_id)
    response = app_client.get(f"{API}/annotations/{image_id}/history/1")
    # Postgres keeps the keys of an object in an order of its own.
    assert all(number in response.content for number in (b'"x":0.30000000000000004', b'"y":2.5', b'"w":3', b'"h":4'))
    assert (response.json()["annotation_count"], response.json()["added"]) == (1, 1)


@pytest.mark.parametrize("version", ["7", "-1", "x", "99999999999999999999", "1.5", "²"])
def test_get_version__unknown_is_404(app_client: TestClient, image_id: str, version: str) -> None:
    response = app_client.get(f"{API}/annotations/{image_id}/history/{version}")
    assert (response.status_code, response.json()["code"]) == (404, "annotation_version_not_found")


def test_restore__is_a_new_version_with_the_makers_of_then(app_client: TestClient, image_id: str) -> None:
    first = [box("a"), box("b")]
    save(app_client, image_id, *first)
    made = app_client.get(f"{API}/annotations/{image_id}", params={"include_provenance": True}).json()["provenance"]
    save(app_client, image_id, box("a", x=9))
    answer = restore(app_client, image_id, 1).json()
    assert answer == {
        "image_id": image_id, "previous_count": 1, "new_count": 2, "status": "complete", "annotation_version": 3,
    }  # fmt: skip
    now = app_client.get(f"{API}/annotations/{image_id}", params={"include_provenance": True}).json()
    assert [each["bounding_box"] for each in now["annotations"]] == [each["bounding_box"] for each in first]
    assert now["provenance"] == made
    assert history(app_client, image_id)[0]["note"] == "version 1 restored"
    # And what was replaced can be had again.
    restore(app_client, image_id, 2)
    assert app_client.get(f"{API}/annotations/{image_id}").json()["annotations"][0]["bounding_box"]["x"] == 9


def test_restore__the_upload_clears(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, box("a"))
    assert restore(app_client, image_id, 0).json()["new_count"] == 0
    image = app_client.get(f"{API}/images/{image_id}/metadata").json()["image"]
    assert (image["annotation_count"], image["status"]) == (0, "new")


def test_restore__the_current_version_changes_nothing(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, box("a"))
    assert restore(app_client, image_id, 1).json()["annotation_version"] == 1
    assert len(history(app_client, image_id)) == 2


def test_restore__stale_is_409(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, box("a"))
    save(app_client, image_id, box("b"))
    response = restore(app_client, image_id, 1, expected_version=1)
    assert (response.status_code, response.json()["code"]) == (409, "stale_annotations")
    assert restore(app_client, image_id, 1, expected_version=2).status_code == 200


def test_restore__is_in_the_audit_log(app_client: TestClient, platform: Platform, image_id: str) -> None:
    save(app_client, image_id, box("a"))
    restore(app_client, image_id, 0)
    with platform.db.read() as conn:
        rows = conn.execute(audit_entries.select().where(audit_entries.c.action == "annotations.restored")).all()
    assert [(row.subject_id, row.subject_name) for row in rows] == [(image_id, "/a/1.jpg")]


def test_restore__a_viewer_may_look_only(make_client: MakeClient, make_key: MakeKey, image_id: str) -> None:
    viewer = make_client(make_key("viewer"))
    assert history(viewer, image_id)
    assert restore(viewer, image_id, 0).status_code == 403


def test_history__other_organizations_see_nothing(
    make_client: MakeClient, platform: Platform, app_client: TestClient, image_id: str
) -> None:
    save(app_client, image_id, box("a"))
    stranger = make_client(make_api_key(platform, make_organization(platform, "Other")))
    for path in (f"{image_id}/history", f"{image_id}/history/1"):
        assert stranger.get(f"{API}/annotations/{path}").status_code == 404
    assert restore(stranger, image_id, 0).status_code == 404
