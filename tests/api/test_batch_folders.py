"""Folders moved, renamed and deleted; the trash listed, restored and emptied."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, create_project, dataset, upload_bundle
from tests.api.test_batch_move_copy import paths_of, post, upload
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph_server.platform import Platform


@pytest.fixture
def ids(app_client: TestClient) -> dict[str, str]:
    """A tree of four images: path -> id."""
    return upload(app_client, create_project(app_client)["id"], "a/1.jpg", "a/b/2.jpg", "a/b/a/3.jpg", "ab/4.jpg")


def move(client: TestClient, folder: str, target: str, **more: object) -> Any:
    body = {"dataset_name": "signs", "folder_path": folder, "target_path": target, **more}
    return client.post(f"{API}/batch/folders/move", json=body)


def do(client: TestClient, path: str, **more: object) -> Any:
    return client.post(f"{API}/batch/{path}", json={"dataset_name": "signs", **more})


def trash(client: TestClient, **query: str | int) -> Any:
    response = client.get(f"{API}/batch/trash", params={"dataset_name": "signs", **query})
    assert response.status_code == 200, response.text
    return response.json()


# --- folders ---


@pytest.mark.parametrize(
    ("folder", "target", "after"),
    [
        ("/a", "/z", {"/z/1.jpg", "/z/b/2.jpg", "/z/b/a/3.jpg", "/ab/4.jpg"}),
        ("a/b/", "c/d", {"/a/1.jpg", "/c/d/2.jpg", "/c/d/a/3.jpg", "/ab/4.jpg"}),
        ("/a/b", "/a", {"/a/1.jpg", "/a/2.jpg", "/a/a/3.jpg", "/ab/4.jpg"}),
        ("/a", "/", {"/1.jpg", "/b/2.jpg", "/b/a/3.jpg", "/ab/4.jpg"}),
        ("/a", "/ab", {"/ab/1.jpg", "/ab/b/2.jpg", "/ab/b/a/3.jpg", "/ab/4.jpg"}),
    ],
    ids=["renamed", "moved", "up", "into the root", "into another one whose name begins the same"],
)
def test_move_folder__with_all_below(
    app_client: TestClient, ids: dict[str, str], folder: str, target: str, after: set[str]
) -> None:
    change = move(app_client, folder, target).json()
    assert (change["status"], change["job_id"], change["failed_count"]) == ("completed", None, 0)
    assert set(paths_of(app_client)) == after


def test_move_folder__up_into_a_name_that_its_own_folder_has(app_client: TestClient) -> None:
    # /s/a/a/x.jpg makes way for /s/a/a/a/x.jpg, and finds /s/a/x.jpg taken by one that stays.
    before = upload(app_client, create_project(app_client)["id"], "s/a/x.jpg", "s/a/a/x.jpg", "s/a/a/a/x.jpg")
    assert move(app_client, "/s/a/a", "/s/a", duplicate_handling="rename").json()["processed"] == 2
    assert paths_of(app_client) == {
        "/s/a/x.jpg": before["s/a/x.jpg"],
        "/s/a/x-2.jpg": before["s/a/a/x.jpg"],
        "/s/a/a/x.jpg": before["s/a/a/a/x.jpg"],
    }


def test_move_folder__both_become_one_and_what_is_taken_stays(app_client: TestClient, ids: dict[str, str]) -> None:
    upload_bundle(app_client, dataset(app_client)["id"], {"ab/b/2.jpg": jpeg(seed=1)})
    change = move(app_client, "/a", "/ab").json()
    assert (change["processed"], change["failed_count"]) == (2, 1)
    assert change["failed"][0]["id"] == ids["a/b/2.jpg"]
    assert paths_of(app_client)["/a/b/2.jpg"] == ids["a/b/2.jpg"]


@pytest.mark.parametrize(
    ("folder", "target", "status", "code"),
    [
        ("/nowhere", "/z", 404, "folder_not_found"),
        ("/", "/z", 400, "folder_cannot_move"),
        ("/a", "/a/b/c", 400, "folder_cannot_move"),
        ("/a", "/a", 400, "folder_cannot_move"),
        ("/a", "/" + "z" * 998, 400, "folder_cannot_move"),
        ("/a", "/x/../y", 422, "invalid_path"),
    ],
)
def test_move_folder__refused(
    app_client: TestClient, ids: dict[str, str], folder: str, target: str, status: int, code: str
) -> None:
    response = move(app_client, folder, target)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(paths_of(app_client)) == {f"/{path}" for path in ids}


def test_delete_folder__goes_to_the_trash_and_comes_back(app_client: TestClient, ids: dict[str, str]) -> None:
    assert do(app_client, "folders/delete", folder_path="/a/b").json()["processed"] == 2
    assert set(paths_of(app_client)) == {"/a/1.jpg", "/ab/4.jpg"}
    assert do(app_client, "trash/restore").json()["processed"] == 2
    assert set(paths_of(app_client)) == {f"/{path}" for path in ids}


def test_delete_folder__for_good(app_client: TestClient, ids: dict[str, str]) -> None:
    assert do(app_client, "folders/delete", folder_path="/a", permanent=True).json()["processed"] == 3
    found = dataset(app_client)
    assert (found["image_count"], found["archived_images"]) == (1, 0)
    assert app_client.get(f"{API}/images/{ids['a/1.jpg']}").status_code == 404


# --- the trash ---


def test_trash__is_listed_page_by_page(app_client: TestClient, ids: dict[str, str]) -> None:
    assert trash(app_client) == {"images": [], "next_cursor": None}
    post(app_client, "delete", list(ids.values()))
    first = trash(app_client, limit=3)
    rest = trash(app_client, limit=3, cursor=first["next_cursor"])
    found = [image["id"] for image in first["images"] + rest["images"]]
    assert found == sorted(ids.values(), reverse=True)
    assert rest["next_cursor"] is None
    assert all(image["is_archived"] for image in first["images"])


@pytest.mark.parametrize(
    ("handling", "restored", "trashed", "name"),
    [("rename", 1, 0, "/a/1-2.jpg"), ("skip", 0, 1, None), ("overwrite", 1, 1, "/a/1.jpg")],
)
def test_restore__where_the_name_is_taken(
    app_client: TestClient, ids: dict[str, str], handling: str, restored: int, trashed: int, name: str | None
) -> None:
    lost = ids["a/1.jpg"]
    post(app_client, "delete", [lost])
    upload_bundle(app_client, dataset(app_client)["id"], {"a/1.jpg": jpeg(seed=1)})
    result = post(app_client, "restore", [lost], duplicate_handling=handling).json()
    assert (result["processed"], len(result["failed"])) == (restored, 1 - restored)
    assert dataset(app_client)["archived_images"] == trashed
    if name is not None:
        assert paths_of(app_client)[name] == lost


def test_restore__two_of_one_name(app_client: TestClient, ids: dict[str, str]) -> None:
    first = ids["a/1.jpg"]
    post(app_client, "delete", [first])
    (second,) = upload_bundle(app_client, dataset(app_client)["id"], {"a/1.jpg": jpeg(seed=1)})
    post(app_client, "delete", [second["image_id"]])
    assert do(app_client, "trash/restore").json()["processed"] == 2
    assert {"/a/1.jpg", "/a/1-2.jpg"} < set(paths_of(app_client))


def test_empty_trash__leaves_what_is_present(app_client: TestClient, ids: dict[str, str]) -> None:
    post(app_client, "delete", [ids["a/1.jpg"], ids["ab/4.jpg"]])
    assert do(app_client, "trash/empty").json()["processed"] == 2
    assert dataset(app_client)["archived_images"] == 0
    assert set(paths_of(app_client)) == {"/a/b/2.jpg", "/a/b/a/3.jpg"}
    assert do(app_client, "trash/empty").json()["processed"] == 0


# --- who may ---


def test_roles__permanent_is_for_admins(make_client: MakeClient, make_key: MakeKey, ids: dict[str, str]) -> None:
    viewer, member, admin = (make_client(make_key(role=role)) for role in ("viewer", "member", "admin"))
    assert trash(viewer)["images"] == []
    assert do(viewer, "trash/restore").status_code == 403
    assert move(viewer, "/a", "/z").status_code == 403
    assert move(member, "/a", "/z").status_code == 200
    assert do(member, "folders/delete", folder_path="/z", permanent=True).json()["code"] == "permanent_needs_admin"
    assert do(member, "folders/delete", folder_path="/z").status_code == 200
    assert do(member, "trash/empty").status_code == 403
    assert do(admin, "trash/empty").status_code == 200


def test_another_organization__sees_nothing(
    make_client: MakeClient, platform: Platform, app_client: TestClient, ids: dict[str, str]
) -> None:
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others")))
    post(app_client, "delete", [ids["a/1.jpg"]])
    assert move(stranger, "/a", "/z").status_code == 404
    assert do(stranger, "trash/restore").status_code == 404
    create_project(stranger)
    assert trash(stranger)["images"] == []
    assert do(stranger, "trash/restore").json()["processed"] == 0
    assert move(stranger, "/a", "/z").json()["code"] == "folder_not_found"
    assert trash(app_client)["images"][0]["id"] == ids["a/1.jpg"]
