"""Datasets: pages, embedded images, counters and the listing for downloads (contract §6.1)."""

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, create_project, dataset, upload_bundle
from tests.conftest import MakeClient, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.dataset import Dataset
from pictograph_server.platform import Platform

BOX = {"name": "stop", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}}


def test_list_datasets__limits(app_client: TestClient) -> None:
    for index in range(3):
        create_project(app_client, f"d{index}")
    names = [d["name"] for d in app_client.get(f"{API}/datasets/?limit=1000").json()["datasets"]]
    assert names == ["d2", "d1", "d0"]
    assert app_client.get(f"{API}/datasets/?limit=1001").status_code == 422
    assert app_client.get(f"{API}/datasets/?offset=-1").status_code == 422


def test_list_datasets__with_and_without_slash_and_no_redirect(app_client: TestClient) -> None:
    for path in (f"{API}/datasets", f"{API}/datasets/"):
        assert app_client.get(path, follow_redirects=False).status_code == 200


def test_get_dataset__by_name_and_by_id(app_client: TestClient) -> None:
    project = create_project(app_client, "signs")
    by_id = app_client.get(f"{API}/datasets/{project['id']}").json()["dataset"]
    assert by_id == dataset(app_client, "signs")
    assert Dataset.model_validate(by_id).images is None


@pytest.mark.parametrize("dataset_id", ["nope", "00000000-0000-0000-0000-000000000000", "1' OR '1'='1"])
def test_get_dataset__malformed_or_unknown_id_is_404(app_client: TestClient, dataset_id: str) -> None:
    assert app_client.get(f"{API}/datasets/{dataset_id}").status_code == 404


def test_get_dataset__a_dataset_called_download(app_client: TestClient) -> None:
    create_project(app_client, "download")
    assert dataset(app_client, "download")["name"] == "download"


def test_get_dataset__images_are_a_list_also_when_there_are_none(app_client: TestClient) -> None:
    create_project(app_client, "signs")
    assert dataset(app_client, include_images="true")["images"] == []


def test_get_dataset__embedded_images_page(app_client: TestClient) -> None:
    project = create_project(app_client, "signs")
    upload_bundle(app_client, project["id"], {f"{index}.jpg": jpeg(seed=index) for index in range(5)})
    pages = [
        dataset(app_client, include_images="true", images_limit=2, images_offset=offset)["images"]
        for offset in (0, 2, 4)
    ]
    names = [image["filename"] for page in pages for image in page]
    assert sorted(names) == [f"{index}.jpg" for index in range(5)]
    Dataset.model_validate(dataset(app_client, include_images="true"))
    response = app_client.get(f"{API}/datasets/by-name/signs?include_images=true&images_limit=10001")
    assert response.status_code == 422


def test_counters__follow_uploads_saves_archives_and_deletes(app_client: TestClient) -> None:
    project = create_project(app_client, "signs")
    data = [jpeg(seed=index) for index in range(3)]
    ids = [
        result["image_id"]
        for result in upload_bundle(
            app_client, project["id"], {f"{index}.jpg": content for index, content in enumerate(data)}
        )
    ]
    assert _counters(app_client) == (3, 0, 0, sum(map(len, data)))
    app_client.post(f"{API}/annotations/{ids[0]}", json={"annotations": [BOX]})
    assert _counters(app_client) == (3, 1, 0, sum(map(len, data)))
    app_client.delete(f"{API}/images/{ids[0]}")
    app_client.delete(f"{API}/images/{ids[0]}")
    assert _counters(app_client) == (2, 0, 1, len(data[1]) + len(data[2]))
    app_client.delete(f"{API}/images/{ids[1]}?permanent=true")
    app_client.delete(f"{API}/images/{ids[0]}?permanent=true")
    assert _counters(app_client) == (1, 0, 0, len(data[2]))


def test_archived_images__leave_listings_and_stay_readable(app_client: TestClient) -> None:
    project = create_project(app_client, "signs")
    results = upload_bundle(app_client, project["id"], {"a.jpg": jpeg(seed=1), "b.jpg": jpeg(seed=2)})
    app_client.delete(f"{API}/images/{results[0]['image_id']}")
    assert [image["filename"] for image in dataset(app_client, include_images="true")["images"]] == ["b.jpg"]
    assert len(app_client.get(f"{API}/datasets/by-name/signs/download").json()["items"]) == 1
    metadata = app_client.get(f"{API}/images/{results[0]['image_id']}/metadata").json()["image"]
    assert metadata["is_archived"] is True


def test_download_listing__addresses_work_as_the_client_calls_them(
    app_client: TestClient, make_client: MakeClient
) -> None:
    project = create_project(app_client, "signs")
    results = upload_bundle(app_client, project["id"], {"a b#1.jpg": jpeg(seed=1), "b.jpg": jpeg(seed=2)})
    app_client.post(f"{API}/annotations/{results[0]['image_id']}", json={"annotations": [BOX]})
    listing = app_client.get(f"{API}/datasets/by-name/signs/download?mode=full&limit=10000").json()
    assert listing["dataset_id"] == project["id"]
    items = {item["filename"]: item for item in listing["items"]}
    image = make_client().get(items["a b#1.jpg"]["image_url"])
    assert (image.status_code, image.content) == (200, jpeg(seed=1))
    document = app_client.get(items["a b#1.jpg"]["annotation_url"]).json()
    assert (document["image"], document["annotation_count"]) == ("a b#1.jpg", 1)
    assert items["b.jpg"]["annotation_url"] is None


def test_download_listing__modes(app_client: TestClient) -> None:
    project = create_project(app_client, "signs")
    (result,) = upload_bundle(app_client, project["id"], {"a.jpg": jpeg()})
    app_client.post(f"{API}/annotations/{result['image_id']}", json={"annotations": [BOX]})

    def item(mode: str) -> dict[str, object]:
        return app_client.get(f"{API}/datasets/by-name/signs/download?mode={mode}").json()["items"][0]

    assert item("images_only")["annotation_url"] is None
    assert item("annotations_only")["image_url"] is None
    assert item("full")["image_url"]
    assert app_client.get(f"{API}/datasets/by-name/signs/download?mode=half").status_code == 422


@pytest.mark.parametrize(
    ("status_filter", "expected"),
    [("all", 2), ("complete", 1), ("new", 1), ("in_progress", 0), ("review", 0)],
)
def test_download_listing__status_filter(app_client: TestClient, status_filter: str, expected: int) -> None:
    project = create_project(app_client, "signs")
    results = upload_bundle(app_client, project["id"], {"a.jpg": jpeg(seed=1), "b.jpg": jpeg(seed=2)})
    app_client.post(f"{API}/annotations/{results[0]['image_id']}", json={"annotations": [BOX]})
    listing = app_client.get(f"{API}/datasets/by-name/signs/download?status_filter={status_filter}").json()
    assert (len(listing["items"]), listing["total_items"]) == (expected, expected)


def test_download_listing__unknown_status_filter_is_422_with_the_words_there_are(app_client: TestClient) -> None:
    create_project(app_client, "signs")
    response = app_client.get(f"{API}/datasets/by-name/signs/download?status_filter=finished")
    assert response.status_code == 422
    assert "in_progress" in response.json()["fix"]


def test_datasets__other_organization_is_404(
    app_client: TestClient, make_client: MakeClient, platform: Platform
) -> None:
    project = create_project(app_client, "mine")
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others"), role="owner"))
    for path in (f"{project['id']}", "by-name/mine", "by-name/mine/download"):
        assert stranger.get(f"{API}/datasets/{path}").status_code == 404
    assert stranger.get(f"{API}/datasets/").json()["datasets"] == []


def _counters(client: TestClient) -> tuple[int, int, int, int]:
    found = dataset(client)
    return (found["image_count"], found["completed_image_count"], found["archived_images"], found["total_size"])
