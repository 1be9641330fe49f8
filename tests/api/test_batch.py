"""Endpoint 46: the status of many images, set by people."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, create_project, dataset, upload_bundle
from tests.conftest import MakeClient, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.batch import BatchResult
from pictograph_server.platform import Platform


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
    [({}, 422), ({"status": "done"}, 422), ({"display_name": "x"}, 422)],
    ids=["nothing", "no such status", "what cannot be changed"],
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
