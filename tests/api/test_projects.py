"""Projects: names, classes, and that deleting takes everything along (contract §6.9)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.api.steps import API, create_project, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.project import Project
from pictograph_server.platform import Platform
from pictograph_server.storage.blobs import image_key
from pictograph_server.storage.db.tables import images


def test_create_project__defaults(app_client: TestClient) -> None:
    response = app_client.post(f"{API}/projects/", json={"name": "road signs"})
    assert response.status_code == 201
    project = Project.model_validate(response.json()["project"])
    assert (project.annotation_types, project.classes, project.image_count) == (["bbox"], [], 0)
    assert app_client.get(f"{API}/projects/road signs").json()["project"]["id"] == project.id


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "a?b", "a#b", "100%", "a\\b", ".", "..", ".hidden", "end.", " a", "a ", "tab\there", "a\0"]
)
def test_create_project__names_that_break_addresses_are_refused(app_client: TestClient, name: str) -> None:
    response = app_client.post(f"{API}/projects/", json={"name": name})
    assert response.status_code == 422
    assert response.json()["fix"]


@pytest.mark.parametrize("name", ["Straßen-Schilder (v2)", "データ", "a+b & c", "x" * 200, "it's"])
def test_create_project__names_of_all_languages(app_client: TestClient, name: str) -> None:
    create_project(app_client, name)
    assert app_client.get(f"{API}/projects/{name}").json()["project"]["name"] == name


def test_create_project__duplicate_is_409_and_case_counts(app_client: TestClient) -> None:
    create_project(app_client, "signs")
    assert app_client.post(f"{API}/projects/", json={"name": "signs"}).status_code == 409
    assert app_client.post(f"{API}/projects/", json={"name": "Signs"}).status_code == 201


def test_create_project__eight_at_once_make_one(app_client: TestClient) -> None:
    def create(_attempt: int) -> int:
        return app_client.post(f"{API}/projects/", json={"name": "race"}).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(create, range(8)))
    assert sorted(codes) == [201, *[409] * 7]


def test_create_project__classes_get_colours_and_widen_the_types(app_client: TestClient) -> None:
    classes = [{"name": "stop", "type": "bbox"}, {"name": "lane", "type": "polyline", "color": "#123456"}]
    project = create_project(app_client, "signs", classes=classes)
    assert project["annotation_types"] == ["bbox", "polyline"]
    assert [entry["color"] for entry in project["classes"]] == ["#e6194b", "#123456"]


def test_create_project__box_means_bbox_and_unknown_types_are_400(app_client: TestClient) -> None:
    assert create_project(app_client, "a", annotation_types=["box", "bbox"])["annotation_types"] == ["bbox"]
    response = app_client.post(f"{API}/projects/", json={"name": "b", "annotation_types": ["cuboid"]})
    assert response.status_code == 400
    assert "polygon" in response.json()["fix"]


def test_create_project__unknown_class_type_is_kept(app_client: TestClient) -> None:
    project = create_project(app_client, "a", classes=[{"name": "car", "type": "object"}])
    assert project["classes"][0]["type"] == "object"


def test_update_project__classes_are_replaced_and_keep_their_colour(app_client: TestClient) -> None:
    before = create_project(app_client, "a", classes=[{"name": "car", "prompt": "a red car"}, {"name": "bus"}])
    response = app_client.patch(f"{API}/projects/a", json={"classes": [{"name": "tram"}, {"name": "car"}]})
    after = response.json()["project"]
    assert [entry["name"] for entry in after["classes"]] == ["tram", "car"]
    assert after["classes"][1]["color"] == before["classes"][0]["color"]
    assert after["classes"][1]["prompt"] == "a red car"


def test_update_project__renamed(app_client: TestClient) -> None:
    project = create_project(app_client, "old", description="kept")
    create_project(app_client, "taken")
    renamed = app_client.patch(f"{API}/projects/old", json={"name": "new"}).json()["project"]
    assert (renamed["id"], renamed["description"]) == (project["id"], "kept")
    assert app_client.get(f"{API}/projects/old").status_code == 404
    assert app_client.patch(f"{API}/projects/new", json={"name": "taken"}).status_code == 409
    assert app_client.patch(f"{API}/projects/new", json={"name": "a#b"}).status_code == 422


def test_update_project__a_class_twice_is_422(app_client: TestClient) -> None:
    create_project(app_client, "a")
    response = app_client.patch(f"{API}/projects/a", json={"classes": [{"name": "x"}, {"name": "x"}]})
    assert response.status_code == 422


def test_delete_project__everything_goes(app_client: TestClient, platform: Platform) -> None:
    project = create_project(app_client, "signs")
    shared = jpeg(seed=1)
    upload_bundle(app_client, project["id"], {"a/1.jpg": shared, "b/2.jpg": jpeg(seed=2), "3.jpg": shared})
    hashes = _hashes(platform)
    response = app_client.delete(f"{API}/projects/signs")
    assert response.status_code == 200
    summary = {"project_id": project["id"], "images": 3, "folders": 2, "gcs_blobs": 2}
    assert response.json()["deleted"] == summary
    assert app_client.get(f"{API}/datasets/{project['id']}").status_code == 404
    assert not any(platform.blobs.exists(image_key(sha256)) for sha256 in hashes)


def test_delete_project__bytes_that_another_dataset_has_stay(app_client: TestClient) -> None:
    one, two = create_project(app_client, "one"), create_project(app_client, "two")
    upload_bundle(app_client, one["id"], {"x.jpg": jpeg()})
    (kept,) = upload_bundle(app_client, two["id"], {"y.jpg": jpeg()})
    assert app_client.delete(f"{API}/projects/one").json()["deleted"]["gcs_blobs"] == 0
    assert app_client.get(f"{API}/images/{kept['image_id']}").content == jpeg()


def test_delete_project__name_with_fragment_deletes_no_other(app_client: TestClient) -> None:
    # The hosted client sends `a#b` as `a`, so a dataset called `a#b` must never exist.
    create_project(app_client, "a")
    assert app_client.post(f"{API}/projects/", json={"name": "a#b"}).status_code == 422
    assert app_client.delete(f"{API}/projects/a%23b").status_code == 404
    assert app_client.get(f"{API}/projects/a").status_code == 200


def test_list_projects__newest_first_and_limits_are_honoured_or_refused(app_client: TestClient) -> None:
    for index in range(5):
        create_project(app_client, f"p{index}")
    names = [p["name"] for p in app_client.get(f"{API}/projects/?limit=3").json()["projects"]]
    rest = [p["name"] for p in app_client.get(f"{API}/projects/?limit=3&offset=3").json()["projects"]]
    assert names + rest == ["p4", "p3", "p2", "p1", "p0"]
    assert app_client.get(f"{API}/projects/?limit=201").status_code == 422
    assert app_client.get(f"{API}/projects/?limit=0").status_code == 422


def test_projects__roles(make_client: MakeClient, make_key: MakeKey) -> None:
    viewer, member, admin = (make_client(make_key(role=role)) for role in ("viewer", "member", "admin"))
    assert viewer.post(f"{API}/projects/", json={"name": "a"}).status_code == 403
    create_project(member, "a")
    assert viewer.get(f"{API}/projects/a").status_code == 200
    assert member.delete(f"{API}/projects/a").status_code == 403
    assert admin.delete(f"{API}/projects/a").status_code == 200


def test_projects__other_organization_is_404(
    app_client: TestClient, make_client: MakeClient, platform: Platform
) -> None:
    create_project(app_client, "mine")
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others"), role="owner"))
    assert stranger.get(f"{API}/projects/mine").status_code == 404
    assert stranger.patch(f"{API}/projects/mine", json={"description": "x"}).status_code == 404
    assert stranger.delete(f"{API}/projects/mine").status_code == 404
    assert stranger.get(f"{API}/projects/").json()["projects"] == []
    create_project(stranger, "mine")


def _hashes(platform: Platform) -> list[str]:
    with platform.db.read() as conn:
        return list(conn.scalars(select(images.c.sha256)))


def test_update_project__several_prompts_come_back_and_one_as_itself(app_client: TestClient):
    classes = [{"name": "car", "prompts": ["a red car", "car"]}, {"name": "bus", "prompts": ["bus"]}]
    after = create_project(app_client, "a", classes=classes)
    assert [(each["prompt"], each["prompts"]) for each in after["classes"]] == [
        (None, ["a red car", "car"]),
        ("bus", None),
    ]
    again = app_client.patch("/api/v1/developer/projects/a", json={"classes": after["classes"]})
    assert again.json()["project"]["classes"] == after["classes"]


def test_create_project__prompt_and_prompts_are_refused(app_client: TestClient):
    body = {"name": "a", "classes": [{"name": "car", "prompt": "a", "prompts": ["b"]}]}
    assert app_client.post("/api/v1/developer/projects/", json=body).status_code == 422
