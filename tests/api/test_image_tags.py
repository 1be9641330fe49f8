"""Tags that people give images."""

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, create_project, dataset, upload_bundle
from tests.factories import jpeg


@pytest.fixture
def image_id(app_client: TestClient) -> str:
    project = create_project(app_client, "signs")
    return upload_bundle(app_client, project["id"], {"1.jpg": jpeg()})[0]["image_id"]


def test_set_tags__are_classes_and_found(app_client: TestClient, image_id: str) -> None:
    answer = app_client.put(f"{API}/images/{image_id}/tags", json={"tags": ["night", "rain", "night"]})
    assert answer.json() == {"image_id": image_id, "tags": ["night", "rain"]}
    assert [entry["name"] for entry in dataset(app_client)["classes"]] == ["night", "rain"]
    assert [found["id"] for found in listed(app_client, "rain")] == [image_id]
    app_client.put(f"{API}/images/{image_id}/tags", json={"tags": ["night"]})
    assert listed(app_client, "rain") == []
    metadata = app_client.get(f"{API}/images/{image_id}/metadata").json()["image"]
    assert metadata["image_auto_tags"]["objects"] == ["night"]


def test_set_tags__what_no_class_could_be_called_is_refused(app_client: TestClient, image_id: str) -> None:
    for name in (" ", "a" * 121):
        assert app_client.put(f"{API}/images/{image_id}/tags", json={"tags": [name]}).status_code == 422
    assert dataset(app_client)["classes"] == []


def listed(client: TestClient, tag: str) -> list[dict[str, object]]:
    return client.get(f"{API}/images/", params={"dataset_name": "signs", "tag": tag}).json()["images"]
