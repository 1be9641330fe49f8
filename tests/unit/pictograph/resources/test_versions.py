"""Versions, histories and changes of classes: what is sent, what comes back, how waits end."""

from typing import Any

import pytest
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi, Reply
from pictograph.exceptions import ApiError, ConflictError

NOW = "2026-01-02T03:04:05Z"
BASE = f"{API}/datasets/by-name/a%20b"


@pytest.fixture
def api() -> MockApi:
    return MockApi()


def version(status: str = "ready", **more: object) -> dict[str, Any]:
    made = {"id": "v1", "dataset_id": "d1", "dataset_name": "a b", "number": 1, "status": status, "created_at": NOW}
    return {"version": made | more}


def change(status: str = "completed") -> dict[str, Any]:
    made = {"id": "c1", "dataset_name": "a b", "kind": "rename", "class_names": ["a"], "target": "b", "status": status}
    return {"class_change": made | {"created_at": NOW}}


def test_create_version__sends_what_is_given_and_waits(api: MockApi) -> None:
    api.on("POST", f"{BASE}/versions", version("freezing"))
    api.on("GET", f"{BASE}/versions/1", version("freezing"), version(image_count=3))
    made = client_of(api).versions.create("a b", name="gold", status_filter="complete")
    assert (made.status, made.image_count) == ("ready", 3)
    assert api.calls[0].json == {"name": "gold", "status_filter": "complete"}


def test_create_version__failed_is_an_error_with_its_words(api: MockApi) -> None:
    api.on("POST", f"{BASE}/versions", version("freezing"))
    api.on("GET", f"{BASE}/versions/1", version("failed", error_message="the disk is full"))
    with pytest.raises(ApiError, match="the disk is full"):
        client_of(api).versions.create("a b")


def test_update_version__nothing_to_do(api: MockApi) -> None:
    with pytest.raises(ValueError, match="nothing to update"):
        client_of(api).versions.update("a b", 1)
    assert api.calls == []


def test_delete_version__force_is_sent_only_when_given(api: MockApi) -> None:
    api.on("DELETE", f"{BASE}/versions/gold%2F1", Reply(409, json={"detail": "in use", "fix": "use force"}), Reply(204))
    client = client_of(api)
    with pytest.raises(ConflictError):
        client.versions.delete("a b", "gold/1")
    client.versions.delete("a b", "gold/1", force=True)
    assert [call.query for call in api.calls] == [{}, {"force": "true"}]


def test_diff__asks_for_the_other_version(api: MockApi) -> None:
    counts = {f"images_{each}": 0 for each in ("added", "removed", "changed", "unchanged")}
    body = {"dataset_name": "a b", "since": 1, "number": 3, "annotations_before": 0, "annotations_after": 0}
    lists = {each: [] for each in ("classes", "added", "removed", "changed")}
    api.on("GET", f"{BASE}/versions/3/diff", {"diff": body | counts | lists})
    assert client_of(api).versions.diff("a b", 3, since=1, limit=5).since == 1
    assert api.calls[0].query == {"since": "1", "limit": "5"}


def test_export__names_the_version(api: MockApi) -> None:
    export = {
        "id": "e1", "project_id": "d1", "dataset_name": "a b", "name": "x", "format": "coco", "status": "pending",
        "dataset_version": 3, "created_at": NOW,
    }  # fmt: skip
    api.on("POST", f"{API}/exports/", {"export": export})
    made = client_of(api).versions.export("a b", 3, "x", format="coco", wait=False)
    assert (made.dataset_version, api.calls[0].json["version"]) == (3, "3")


def test_restore__waits_for_every_image(api: MockApi) -> None:
    def restore(status: str) -> dict[str, Any]:
        made = {"id": "r1", "version_id": "v1", "dataset_id": "d2", "dataset_name": "new", "created_at": NOW}
        return {"restore": made | {"status": status, "images_total": 2, "images_done": 2}}

    api.on("POST", f"{BASE}/versions/latest/restore", restore("pending"))
    api.on("GET", f"{BASE}/versions/latest/restores/r1", restore("running"), restore("completed"))
    assert client_of(api).versions.restore("a b", "latest", "new").status == "completed"
    assert api.calls[0].json == {"dataset_name": "new"}


def test_rename_class__of_few_images_does_not_wait(api: MockApi) -> None:
    api.on("POST", f"{BASE}/classes/rename", change())
    assert client_of(api).datasets.rename_class("a b", "a", "b").target == "b"
    assert [call.json for call in api.calls] == [{"class_name": "a", "new_name": "b"}]


def test_merge_classes__of_many_waits(api: MockApi) -> None:
    api.on("POST", f"{BASE}/classes/merge", change("pending"))
    api.on("GET", f"{BASE}/classes/changes/c1", change("pending"), change())
    client = client_of(api)
    assert client.datasets.merge_classes("a b", ("a", "c"), "b").status == "completed"
    assert client.datasets.merge_classes("a b", ["a"], "b", wait=False).status == "pending"
    assert api.calls[0].json == {"class_names": ["a", "c"], "into": "b"}


def test_history__of_an_image(api: MockApi) -> None:
    entry = {"version": 2, "is_current": True, "saved_at": NOW, "annotation_count": 1, "added": 1}
    api.on("GET", f"{API}/annotations/i1/history", {"versions": [entry]})
    api.on("GET", f"{API}/annotations/i1/history/1", entry | {"version": 1, "annotations": []})
    saved = {"image_id": "i1", "previous_count": 1, "new_count": 0, "status": "new", "annotation_version": 3}
    api.on("POST", f"{API}/annotations/i1/restore", saved)
    client = client_of(api)
    assert client.annotations.history("i1", limit=5)[0].is_current
    assert client.annotations.at_version("i1", 1).annotations == []
    assert client.annotations.restore("i1", 1, expected_version=2).new_count == 0
    assert api.calls[-1].json == {"version": 1, "expected_version": 2}
