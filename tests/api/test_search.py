"""Endpoints 47-48 and near copies: what the ingest job saw is found again, and nobody else's."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageEnhance
from tests.api.steps import API, create_project, upload_bundle
from tests.conftest import MakeClient, make_api_key, make_organization
from tests.factories import InlineRun, encoded

from pictograph.models.search import Duplicates, SimilarImage, TaggedImage
from pictograph_server.platform import Platform
from pictograph_server.services.images.labels_repository import index_tags
from pictograph_server.services.images.tasks import tasks
from pictograph_server.storage.db import tables

Json = dict[str, Any]


@pytest.fixture
def photos(app_client: TestClient, platform: Platform, organization_id: str) -> dict[str, str]:
    """Five images, seen by the ingest job: two near copies, one like them, two others. Name -> id."""
    project = create_project(app_client)
    scene = _scene(1)
    members = {
        "a/scene.png": encoded(scene, "PNG"),
        "a/again.jpg": encoded(scene.resize((120, 90)), "JPEG", quality=40),
        "a/brighter.png": encoded(ImageEnhance.Brightness(scene).enhance(1.25), "PNG"),
        "b/other.png": encoded(_scene(2), "PNG"),
        "c.png": encoded(_scene(3), "PNG"),
    }
    results = upload_bundle(app_client, project["id"], members)
    _ingest(platform, organization_id, project["id"])
    return {name: result["image_id"] for name, result in zip(members, results, strict=True)}


def test_similar__near_copies_first_and_not_the_image_itself(app_client: TestClient, photos: dict[str, str]) -> None:
    found = _similar(app_client, photos["a/scene.png"])
    assert {each["id"] for each in found} == {photos["a/again.jpg"], photos["a/brighter.png"]}
    assert {each["id"]: each["similarity"] for each in found}[photos["a/again.jpg"]] > 0.9
    assert [each["similarity"] for each in found] == sorted((each["similarity"] for each in found), reverse=True)
    assert all(SimilarImage.model_validate(each).similarity <= 1 for each in found)


def test_similar__keeps_to_the_folder_unless_told(app_client: TestClient, photos: dict[str, str]) -> None:
    near = {photos["a/again.jpg"], photos["a/brighter.png"]}
    assert {each["id"] for each in _similar(app_client, photos["a/scene.png"], threshold=0)} == near
    everywhere = _similar(app_client, photos["a/scene.png"], threshold=0, folder_path="/")
    assert {each["id"] for each in everywhere} == set(photos.values()) - {photos["a/scene.png"]}
    assert {each["id"] for each in _similar(app_client, photos["c.png"], threshold=0, folder_path="b")} == {
        photos["b/other.png"]
    }
    assert len(_similar(app_client, photos["c.png"], threshold=0, limit=2)) == 2


def test_similar__archived_images_are_left_out(app_client: TestClient, photos: dict[str, str]) -> None:
    app_client.delete(f"{API}/images/{photos['a/again.jpg']}")
    for folder in ("/a", "/"):
        found = _similar(app_client, photos["a/scene.png"], threshold=0, folder_path=folder, limit=1)
        assert [each["id"] for each in found] == [photos["a/brighter.png"]]


def test_similar__before_the_ingest_job_has_seen_it(app_client: TestClient) -> None:
    project = create_project(app_client)
    (result,) = upload_bundle(app_client, project["id"], {"a.png": encoded(_scene(1), "PNG")})
    assert _similar(app_client, result["image_id"]) == []


@pytest.mark.parametrize(("query", "status"), [({"threshold": "1.1"}, 422), ({"limit": "501"}, 422), ({}, 200)])
def test_similar__caps(app_client: TestClient, photos: dict[str, str], query: dict[str, str], status: int) -> None:
    params = {"image_id": photos["c.png"], **query}
    assert app_client.get(f"{API}/search/similar", params=params).status_code == status


def test_search__other_organization_is_404(
    app_client: TestClient, make_client: MakeClient, platform: Platform, photos: dict[str, str]
) -> None:
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others"), role="owner"))
    assert stranger.get(f"{API}/search/similar", params={"image_id": photos["c.png"]}).status_code == 404
    assert stranger.get(f"{API}/datasets/by-name/signs/duplicates").status_code == 404
    _tag(platform, photos["c.png"], objects=["car"])
    assert stranger.get(f"{API}/search/by-tags", params={"objects": "car"}).json()["results"] == []
    named = stranger.get(f"{API}/search/by-tags", params={"objects": "car", "dataset_name": "signs"})
    assert named.status_code == 404


def test_by_tags__all_of_them_within_and_across_kinds(
    app_client: TestClient, platform: Platform, photos: dict[str, str]
) -> None:
    _tag(platform, photos["c.png"], objects=["car", "bus"], scenes=["night"])
    _tag(platform, photos["b/other.png"], objects=["car"], attributes=["night"])

    def found(**query: str | int | list[str]) -> list[str]:
        response = app_client.get(f"{API}/search/by-tags", params=query)
        assert response.status_code == 200, response.text
        return [TaggedImage.model_validate(each).id for each in response.json()["results"]]

    newest_first = sorted([photos["c.png"], photos["b/other.png"]], reverse=True)
    assert found(objects="car") == found(objects="car", dataset_name="signs") == newest_first
    assert found(objects=["car", "bus"]) == found(objects="car", scenes="night") == [photos["c.png"]]
    assert found(objects="night") == found(objects="nothing of the kind") == []
    assert found(objects="car", limit=1, offset=1) == newest_first[1:]
    app_client.delete(f"{API}/images/{photos['c.png']}")
    assert found(objects="car") == [photos["b/other.png"]]


def test_search__tags_are_lists_of_names(app_client: TestClient, platform: Platform, photos: dict[str, str]) -> None:
    tags = {"objects": ["car"], "scenes": ["night"]}
    _tag(platform, photos["a/brighter.png"], **tags, confidences={"car": 0.9})
    (tagged,) = app_client.get(f"{API}/search/by-tags", params={"objects": "car"}).json()["results"]
    assert tagged["image_auto_tags"] == tags
    alike = _similar(app_client, photos["a/scene.png"], threshold=0)
    expected = {photos["a/again.jpg"]: {}, photos["a/brighter.png"]: tags}
    assert {each["id"]: each["image_auto_tags"] for each in alike} == expected


def test_by_tags__none_is_400_and_unknown_dataset_404(app_client: TestClient) -> None:
    response = app_client.get(f"{API}/search/by-tags")
    assert (response.status_code, response.json()["code"]) == (400, "no_tags")
    query = {"objects": "car", "dataset_name": "nowhere"}
    assert app_client.get(f"{API}/search/by-tags", params=query).status_code == 404


def test_duplicates__near_and_exact(app_client: TestClient, platform: Platform, organization_id: str) -> None:
    project = create_project(app_client)
    scene, flat = _scene(1), Image.new("RGB", (160, 120), (200, 30, 30))
    members = {
        "scene.png": encoded(scene, "PNG"),
        "copies/scene.png": encoded(scene, "PNG"),
        "smaller.jpg": encoded(scene.resize((120, 90)), "JPEG", quality=60),
        "other.png": encoded(_scene(2), "PNG"),
        # Flat pictures have one hash, whatever their colour.
        "red.png": encoded(flat, "PNG"),
        "blue.png": encoded(Image.new("RGB", (160, 120), (30, 30, 200)), "PNG"),
        "red again.png": encoded(flat, "PNG"),
    }
    results = upload_bundle(app_client, project["id"], members)
    _ingest(platform, organization_id, project["id"])
    names = {result["image_id"]: name for name, result in zip(members, results, strict=True)}
    document = app_client.get(f"{API}/datasets/by-name/signs/duplicates").json()
    found = Duplicates.model_validate(document)
    groups = [([names[image.id] for image in group.images], group.is_exact) for group in found.groups]
    assert (["scene.png", "copies/scene.png", "smaller.jpg"], False) in groups
    assert (["red.png", "red again.png"], True) in groups
    assert (found.group_count, found.images_searched, found.image_count) == (2, 7, 7)
    few = app_client.get(f"{API}/datasets/by-name/signs/duplicates", params={"images_limit": 2}).json()
    assert (few["images_searched"], few["group_count"]) == (2, 0)


def test_duplicates__of_an_empty_dataset(app_client: TestClient) -> None:
    create_project(app_client)
    document = app_client.get(f"{API}/datasets/by-name/signs/duplicates").json()
    assert (document["groups"], document["images_searched"]) == ([], 0)


def _similar(client: TestClient, image_id: str, **query: str | float) -> list[Json]:
    response = client.get(f"{API}/search/similar", params={"image_id": image_id, **query})
    assert response.status_code == 200, response.text
    return response.json()["results"]


def _ingest(platform: Platform, organization_id: str, dataset_id: str) -> None:
    run = InlineRun(platform, organization_id, {"dataset_id": dataset_id}, platform.settings.data_dir)
    tasks(platform)[0].function(run)


def _tag(platform: Platform, image_id: str, **tags: list[str] | dict[str, float]) -> None:
    with platform.db.write() as conn:
        conn.execute(tables.images.update().where(tables.images.c.id == image_id).values(auto_tags=tags))
        index_tags(conn, [image_id])


def _scene(seed: int) -> Image.Image:
    """Return a picture with large shapes, so that it is like nothing but itself."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 255, (5, 6, 3), dtype=np.uint8))
    return coarse.resize((160, 120), Image.Resampling.BICUBIC)
