"""Endpoints 45 and 46: status, display name and trash of many images."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.api.steps import API, create_project, dataset, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.batch import BatchResult
from pictograph_server.platform import Platform
from pictograph_server.storage.blobs import image_key
from pictograph_server.storage.db.tables import images


@pytest.fixture
def ids(app_client: TestClient) -> list[str]:
    project = create_project(app_client)
    results = upload_bundle(app_client, project["id"], {f"{name}/x.jpg": jpeg(seed=n) for n, name in enumerate("abc")})
    return [result["image_id"] for result in results]


def update(client: TestClient, ids: list[str], updates: dict[str, Any], name: str = "signs") -> Any:
    body = {"dataset_name": name, "image_ids": ids, "updates": updates}
    return client.patch(f"{API}/batch/images/update", json=body)


def test_update__status_of_many(app_client: TestClient, ids: list[str]) -> None:
    result = BatchResult.model_validate(update(app_client, ids[:2], {"status": "complete"}).json())
    assert (result.success, result.processed, result.affected_folders) == (True, 2, ["/a", "/b"])
    found = dataset(app_client, include_images="true")
    assert {image["id"] for image in found["images"] if image["status"] == "complete"} == set(ids[:2])
    assert found["completed_image_count"] == 2


def test_update__what_is_not_there_is_listed_and_the_rest_done(app_client: TestClient, ids: list[str]) -> None:
    result = update(app_client, [ids[0], "unknown", ids[0]], {"status": "review"}).json()
    assert (result["success"], result["processed"]) == (False, 1)
    assert [failure["id"] for failure in result["failed"]] == ["unknown"]


@pytest.mark.parametrize(
    ("updates", "status"),
    [({}, 422), ({"status": "done"}, 422), ({"width": 1}, 422), ({"display_name": "a\nb"}, 422)],
    ids=["nothing", "no such status", "what cannot be changed", "display name of two lines"],
)
def test_update__malformed(app_client: TestClient, ids: list[str], updates: dict[str, Any], status: int) -> None:
    assert update(app_client, ids, updates).status_code == status


def test_update__nothing_found_is_404(app_client: TestClient, ids: list[str]) -> None:
    assert update(app_client, ["unknown"], {"status": "complete"}).status_code == 404
    assert update(app_client, ids, {"status": "complete"}, name="other").status_code == 404


def test_update__of_another_organization_is_404(
    app_client: TestClient, make_client: MakeClient, platform: Platform, ids: list[str]
) -> None:
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others")))
    create_project(stranger)
    assert update(stranger, ids, {"status": "complete"}).status_code == 404
    assert dataset(app_client)["completed_image_count"] == 0


def test_update__display_name_comes_back_and_goes(app_client: TestClient, ids: list[str]) -> None:
    assert update(app_client, ids[:2], {"display_name": " the first "}).json()["processed"] == 2
    assert [_image(app_client, each)["display_name"] for each in ids] == ["the first", "the first", None]
    update(app_client, ids[:1], {"display_name": ""})
    assert _image(app_client, ids[0])["display_name"] is None


def test_update__to_the_trash_and_back_with_status(app_client: TestClient, ids: list[str]) -> None:
    update(app_client, ids, {"status": "complete"})
    assert update(app_client, ids[:2], {"is_archived": True}).json()["affected_folders"] == ["/a", "/b"]
    found = dataset(app_client, include_images="true")
    assert [image["id"] for image in found["images"]] == [ids[2]]
    assert (found["image_count"], found["completed_image_count"], found["archived_images"]) == (1, 1, 2)
    assert update(app_client, ids[:2], {"is_archived": False, "status": "review"}).json()["success"]
    found = dataset(app_client, include_images="true")
    assert (found["image_count"], found["completed_image_count"], found["archived_images"]) == (3, 1, 0)
    assert {image["id"]: image["status"] for image in found["images"]}[ids[0]] == "review"


def test_update__restore_where_the_name_is_taken_leaves_the_image_alone(app_client: TestClient, ids: list[str]) -> None:
    update(app_client, ids[:1], {"is_archived": True})
    (taker,) = upload_bundle(app_client, dataset(app_client)["id"], {"a/x.jpg": jpeg(seed=9)})
    result = update(app_client, ids[:2], {"is_archived": False, "status": "complete"}).json()
    assert (result["success"], result["processed"]) == (False, 1)
    assert result["failed"][0]["id"] == ids[0]
    assert "/a/x.jpg" in result["failed"][0]["reason"]
    archived = _image(app_client, ids[0])
    assert (archived["is_archived"], archived["status"]) == (True, "new")
    assert _image(app_client, taker["image_id"])["is_archived"] is False


def test_delete__to_the_trash_twice_is_as_good_as_once(app_client: TestClient, ids: list[str]) -> None:
    for _ in range(2):
        result = delete(app_client, ids[:2]).json()
        assert (result["success"], result["processed"]) == (True, 2)
    found = dataset(app_client)
    assert (found["image_count"], found["archived_images"]) == (1, 2)
    assert app_client.get(f"{API}/images/{ids[0]}").status_code == 200


def test_delete__for_good_takes_rows_and_bytes(app_client: TestClient, platform: Platform, ids: list[str]) -> None:
    with platform.db.read() as conn:
        hashes = list(conn.scalars(select(images.c.sha256).where(images.c.id.in_(ids[:2]))))
    delete(app_client, ids[:1])
    result = delete(app_client, [*ids[:2], "unknown"], permanent=True).json()
    assert (result["processed"], [failure["id"] for failure in result["failed"]]) == (2, ["unknown"])
    found = dataset(app_client)
    assert (found["image_count"], found["archived_images"]) == (1, 0)
    assert app_client.get(f"{API}/images/{ids[0]}/metadata").status_code == 404
    assert not any(platform.blobs.exists(image_key(sha256)) for sha256 in hashes)


def test_delete__for_good_needs_an_admin(
    make_client: MakeClient, make_key: MakeKey, app_client: TestClient, ids: list[str]
) -> None:
    member = make_client(make_key(role="member"))
    refused = delete(member, ids, permanent=True)
    assert (refused.status_code, refused.json()["code"]) == (403, "permanent_needs_admin")
    assert delete(member, ids).status_code == 200
    assert delete(make_client(make_key(role="viewer")), ids).status_code == 403
    assert dataset(app_client)["archived_images"] == 3


def test_changes__are_in_the_audit_log(app_client: TestClient, ids: list[str]) -> None:
    update(app_client, ids, {"status": "review"})
    delete(app_client, ids[:2])
    app_client.delete(f"{API}/images/{ids[2]}")
    entries = app_client.get(f"{API}/audit").json()["entries"]
    found = {entry["action"]: entry for entry in entries}
    assert found["images.archived"]["subject_name"] == "signs"
    assert found["images.archived"]["details"] == {"images": 2}
    assert found["images.updated"]["details"] == {"images": 3, "status": "review"}
    assert found["image.archived"]["subject_name"] == "/c/x.jpg"


def test_ids__that_are_none_are_not_found(app_client: TestClient, ids: list[str]) -> None:
    result = update(app_client, [ids[0], "", "%", "x" * 5000], {"status": "review"}).json()
    assert (result["processed"], len(result["failed"])) == (1, 3)
    assert update(app_client, ["", "🦄"], {"status": "review"}).status_code == 404


def delete(client: TestClient, ids: list[str], name: str = "signs", **more: object) -> Any:
    return client.post(f"{API}/batch/images/delete", json={"dataset_name": name, "image_ids": ids, **more})


def _image(client: TestClient, image_id: str) -> dict[str, Any]:
    return client.get(f"{API}/images/{image_id}/metadata").json()["image"]


def test_tag__given_and_taken(app_client: TestClient, ids: list[str]) -> None:
    def tag(images: list[str], **change: list[str]) -> Any:
        body = {"dataset_name": "signs", "image_ids": images, **change}
        return app_client.post(f"{API}/batch/images/tag", json=body).json()

    def tagged(name: str) -> set[str]:
        found = app_client.get(f"{API}/images/", params={"dataset_name": "signs", "tag": name}).json()["images"]
        return {image["id"] for image in found}

    assert tag(ids, add=["night", "rain"])["processed"] == 3
    answer = tag([ids[0], "unknown"], add=["fog", "rain"], remove=["night"])
    assert (answer["processed"], [failure["id"] for failure in answer["failed"]]) == (1, ["unknown"])
    assert (tagged("night"), tagged("rain"), tagged("fog")) == (set(ids[1:]), set(ids), {ids[0]})
    classes = {each["name"]: each["type"] for each in dataset(app_client)["classes"]}
    assert classes == {"night": "tag", "rain": "tag", "fog": "tag"}
    assert tag(ids, add=[])["code"] == "invalid_request"
