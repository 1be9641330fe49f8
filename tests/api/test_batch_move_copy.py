"""Endpoints 43 and 44: images are moved and copied, and what happens where a name is taken."""

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, create_project, dataset, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph_server.platform import Platform
from pictograph_server.storage.db.tables import organizations

BOX = {"name": "stop", "type": "bbox", "bounding_box": {"x": 1.25, "y": 2, "w": 10, "h": 8}}


@pytest.fixture
def ids(app_client: TestClient) -> dict[str, str]:
    """Images /a/x.jpg, /b/x.jpg and /y.jpg of the dataset `signs`: path -> id."""
    return upload(app_client, create_project(app_client)["id"], "a/x.jpg", "b/x.jpg", "y.jpg")


def upload(client: TestClient, dataset_id: str, *paths: str) -> dict[str, str]:
    members = {path: jpeg(seed=seed) for seed, path in enumerate(paths)}
    return {
        path: each["image_id"] for path, each in zip(paths, upload_bundle(client, dataset_id, members), strict=True)
    }


def post(client: TestClient, action: str, ids: list[str], name: str = "signs", **more: object) -> Any:
    return client.post(f"{API}/batch/images/{action}", json={"dataset_name": name, "image_ids": ids, **more})


def paths_of(client: TestClient, name: str = "signs") -> dict[str, str]:
    """Return path -> id of what a dataset lists."""
    found = dataset(client, name, include_images="true")["images"]
    return {f"{each['virtual_folder_path'].rstrip('/')}/{each['filename']}": each["id"] for each in found}


# --- move ---


def test_move__into_a_folder_that_need_not_exist(app_client: TestClient, ids: Mapping[str, str]) -> None:
    wanted = [ids["a/x.jpg"], ids["y.jpg"]]
    result = post(app_client, "move", wanted, target_folder_path="new/deep/").json()
    assert (result["success"], result["processed"]) == (True, 2)
    assert result["affected_folders"] == ["/", "/a", "/new/deep"]
    assert set(paths_of(app_client)) == {"/new/deep/x.jpg", "/new/deep/y.jpg", "/b/x.jpg"}


def test_move__a_taken_name_leaves_the_image_where_it_is(app_client: TestClient, ids: Mapping[str, str]) -> None:
    # As the hosted client asks: it names no handling. The second of this request finds the first in its place.
    result = post(app_client, "move", [ids["a/x.jpg"], ids["b/x.jpg"]], target_folder_path="/c").json()
    assert (result["success"], result["processed"]) == (False, 1)
    assert result["failed"] == [
        {"id": ids["b/x.jpg"], "reason": "another image of this request is at '/c/x.jpg' already"}
    ]
    assert set(paths_of(app_client)) == {"/c/x.jpg", "/b/x.jpg", "/y.jpg"}


def test_move__renames(app_client: TestClient, ids: Mapping[str, str]) -> None:
    wanted = [ids["a/x.jpg"], ids["b/x.jpg"]]
    result = post(app_client, "move", wanted, target_folder_path="/b", duplicate_handling="rename").json()
    assert result["renamed"] == [{"id": ids["a/x.jpg"], "filename": "x-2.jpg"}]
    assert paths_of(app_client)["/b/x.jpg"] == ids["b/x.jpg"]
    assert paths_of(app_client)["/b/x-2.jpg"] == ids["a/x.jpg"]


def test_move__overwrites_into_the_trash(app_client: TestClient, ids: Mapping[str, str]) -> None:
    result = post(app_client, "move", [ids["a/x.jpg"]], target_folder_path="/b", duplicate_handling="overwrite").json()
    assert result["success"]
    assert paths_of(app_client) == {"/b/x.jpg": ids["a/x.jpg"], "/y.jpg": ids["y.jpg"]}
    assert dataset(app_client)["archived_images"] == 1


@pytest.mark.parametrize("folder", ["/a/../b", "a\\b", "a\n"], ids=["climbs", "backslash", "control character"])
def test_move__to_what_is_no_folder(app_client: TestClient, ids: Mapping[str, str], folder: str) -> None:
    response = post(app_client, "move", [ids["y.jpg"]], target_folder_path=folder)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_path")


def test_move__out_of_the_trash_is_refused(app_client: TestClient, ids: Mapping[str, str]) -> None:
    app_client.delete(f"{API}/images/{ids['y.jpg']}")
    result = post(app_client, "move", [ids["y.jpg"], ids["a/x.jpg"]], target_folder_path="/c").json()
    assert result["failed"] == [{"id": ids["y.jpg"], "reason": "the image is in the trash; restore it first"}]


# --- copy ---


def test_copy__shares_the_bytes_and_begins_anew(app_client: TestClient, ids: Mapping[str, str]) -> None:
    app_client.post(f"{API}/annotations/{ids['y.jpg']}", json={"annotations": [BOX]})
    result = post(app_client, "copy", [ids["y.jpg"]], target_folder_path="/c").json()
    (copy,) = result["copies"]
    assert copy["source_id"] == ids["y.jpg"]
    assert paths_of(app_client)["/c/y.jpg"] == copy["id"]
    metadata = app_client.get(f"{API}/images/{copy['id']}/metadata").json()["image"]
    assert (metadata["status"], metadata["annotation_count"]) == ("new", 0)
    assert (
        app_client.get(f"{API}/images/{copy['id']}").content == app_client.get(f"{API}/images/{ids['y.jpg']}").content
    )


def test_copy__with_annotations_and_status(app_client: TestClient, ids: Mapping[str, str]) -> None:
    saved = app_client.post(f"{API}/annotations/{ids['y.jpg']}", json={"annotations": [BOX]}).json()
    (copy,) = post(app_client, "copy", [ids["y.jpg"]], target_folder_path="/c", copy_annotations=True).json()["copies"]
    one, other = (
        app_client.get(f"{API}/annotations/{image_id}").json()["annotations"] for image_id in (ids["y.jpg"], copy["id"])
    )
    assert one == other
    metadata = app_client.get(f"{API}/images/{copy['id']}/metadata").json()["image"]
    assert (metadata["status"], metadata["annotation_count"]) == (saved["status"], 1)
    # The copy goes its own way.
    app_client.delete(f"{API}/annotations/{copy['id']}")
    assert app_client.get(f"{API}/annotations/{ids['y.jpg']}").json()["annotations"] == one


def test_copy__in_its_own_folder_gets_numbers(app_client: TestClient, ids: Mapping[str, str]) -> None:
    for _ in range(2):
        post(app_client, "copy", [ids["y.jpg"]])
    assert {"/y.jpg", "/y-2.jpg", "/y-3.jpg"} < set(paths_of(app_client))


@pytest.mark.parametrize(("handling", "made", "trashed"), [("rename", 2, 0), ("skip", 0, 0), ("overwrite", 1, 1)])
def test_copy__where_names_are_taken(
    app_client: TestClient, ids: Mapping[str, str], handling: str, made: int, trashed: int
) -> None:
    # /b/x.jpg onto itself, and /a/x.jpg onto it: nothing can overwrite itself.
    wanted = [ids["b/x.jpg"], ids["a/x.jpg"]]
    result = post(app_client, "copy", wanted, target_folder_path="/b", duplicate_handling=handling).json()
    assert (len(result["copies"]), len(result["failed"])) == (made, 2 - made)
    assert dataset(app_client)["archived_images"] == trashed
    assert len(paths_of(app_client)) == 3 + made - trashed


def test_copy__beyond_the_limits_is_402_and_copies_nothing(
    app_client: TestClient, platform: Platform, ids: Mapping[str, str]
) -> None:
    with platform.db.write() as conn:
        conn.execute(organizations.update().values(max_images=4))
    response = post(app_client, "copy", [ids["y.jpg"], ids["a/x.jpg"]], target_folder_path="/c")
    assert (response.status_code, response.json()["detail"]["limit_type"]) == (402, "images")
    assert response.json()["detail"]["message"].startswith("The copy does not fit")
    assert dataset(app_client)["image_count"] == 3


# --- into another dataset ---


def test_copy_to_dataset__keeps_folders_and_brings_classes(app_client: TestClient, ids: Mapping[str, str]) -> None:
    app_client.patch(f"{API}/projects/signs", json={"classes": [{"name": "stop", "type": "bbox", "prompt": "red"}]})
    app_client.post(f"{API}/annotations/{ids['a/x.jpg']}", json={"annotations": [BOX]})
    create_project(app_client, "other")
    result = post(
        app_client,
        "copy-to-dataset",
        [ids["a/x.jpg"], ids["y.jpg"]],
        target_dataset_name="other",
        copy_annotations=True,
    ).json()
    assert (result["success"], result["processed"]) == (True, 2)
    assert set(paths_of(app_client, "other")) == {"/a/x.jpg", "/y.jpg"}
    assert [each["name"] for each in dataset(app_client, "other")["classes"]] == ["stop"]
    assert dataset(app_client, "other")["classes"][0]["prompts"] == ["red"]
    assert dataset(app_client)["image_count"] == 3
    assert dataset(app_client, "other")["image_count"] == 2


def test_copy_to_dataset__twice_with_skip_copies_once(app_client: TestClient, ids: Mapping[str, str]) -> None:
    create_project(app_client, "other")
    for processed in (3, 0):
        result = post(
            app_client, "copy-to-dataset", list(ids.values()), target_dataset_name="other", duplicate_handling="skip"
        ).json()
        assert result["processed"] == processed


def test_copies__outlive_the_dataset_of_their_originals(app_client: TestClient, ids: Mapping[str, str]) -> None:
    create_project(app_client, "other")
    (copy,) = post(app_client, "copy-to-dataset", [ids["y.jpg"]], target_dataset_name="other").json()["copies"]
    content = app_client.get(f"{API}/images/{ids['y.jpg']}").content
    app_client.delete(f"{API}/projects/signs")
    assert app_client.get(f"{API}/images/{copy['id']}").content == content


# --- who may ---


def test_roles__a_viewer_changes_nothing(make_client: MakeClient, make_key: MakeKey, ids: Mapping[str, str]) -> None:
    viewer = make_client(make_key(role="viewer"))
    for action in ("move", "copy", "delete", "restore"):
        assert post(viewer, action, list(ids.values())).status_code == 403


def test_another_organization__neither_finds_nor_receives(
    app_client: TestClient, make_client: MakeClient, platform: Platform, ids: Mapping[str, str]
) -> None:
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others")))
    create_project(stranger)
    create_project(stranger, "theirs")
    for action in ("move", "copy", "delete", "restore"):
        assert post(stranger, action, list(ids.values())).status_code == 404
    assert post(stranger, "copy-to-dataset", list(ids.values()), target_dataset_name="theirs").status_code == 404
    # Nor can images be sent into a dataset that is somebody else's.
    assert post(app_client, "copy-to-dataset", [ids["y.jpg"]], target_dataset_name="theirs").status_code == 404
    assert len(paths_of(app_client)) == 3
