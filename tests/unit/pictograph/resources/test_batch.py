"""What `client.batch` sends, and how it brings answers together."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi, Reply
from pictograph.exceptions import ApiError, NotFoundError
from pictograph.models.batch import AssignChange, BatchResult, BulkChange, CopyChange, StatusChange
from pictograph.resources.batch import Batch

DONE = {"success": True, "processed": 2, "affected_folders": ["/a"]}


@pytest.fixture
def api() -> MockApi:
    return MockApi()


IMAGES: dict[str, tuple[Callable[[Batch], BatchResult], str, str, dict[str, Any]]] = {
    "move": (lambda b: b.move("s", ["i"]), "POST", "move", {"target_folder_path": "/"}),
    "move as asked": (
        lambda b: b.move("s", ["i"], target_folder_path="/a", duplicate_handling="rename"),
        "POST",
        "move",
        {"target_folder_path": "/a", "duplicate_handling": "rename"},
    ),
    "copy": (
        lambda b: b.copy("s", ["i"], copy_annotations=True),
        "POST",
        "copy",
        {"target_folder_path": "/", "duplicate_handling": "rename", "copy_annotations": True},
    ),
    "copy to a dataset": (
        lambda b: b.copy_to_dataset("s", ["i"], "t"),
        "POST",
        "copy-to-dataset",
        {"target_dataset_name": "t", "duplicate_handling": "rename", "copy_annotations": False},
    ),
    "delete": (lambda b: b.delete("s", ["i"]), "POST", "delete", {"permanent": False}),
    "update": (
        lambda b: b.update("s", ["i"], is_archived=False),
        "PATCH",
        "update",
        {"updates": {"is_archived": False}},
    ),
    "restore": (lambda b: b.restore("s", ["i"]), "POST", "restore", {"duplicate_handling": "rename"}),
}
CHANGES: dict[str, tuple[Callable[[Batch], BulkChange], str, dict[str, Any]]] = {
    "matching": (
        lambda b: b.change_matching(
            "s", StatusChange(status="review"), where={"class_name": "stop", "tag": None}, except_ids=["i"]
        ),
        "matching",
        {
            "filter": {"class_name": "stop"},
            "except_ids": ["i"],
            "change": {"kind": "status", "status": "review"},
        },
    ),
    "all": (
        lambda b: b.change_matching("s", CopyChange(target_dataset_name="t")),
        "matching",
        {
            "filter": {},
            "except_ids": [],
            "change": {
                "kind": "copy",
                "target_dataset_name": "t",
                "target_folder_path": None,
                "duplicate_handling": "rename",
                "copy_annotations": False,
            },
        },
    ),
    "named": (
        lambda b: b.change_images("s", ["i", "j", "i"], AssignChange(assignee="me")),
        "matching",
        {"image_ids": ["i", "j"], "change": {"kind": "assign", "assignee": "me", "to_review": False}},
    ),
    "move": (
        lambda b: b.move_folder("s", "/a", "/b"),
        "folders/move",
        {"folder_path": "/a", "target_path": "/b", "duplicate_handling": "skip"},
    ),
    "delete": (
        lambda b: b.delete_folder("s", "/a"),
        "folders/delete",
        {"folder_path": "/a", "permanent": False},
    ),
    "restore": (lambda b: b.restore_all("s"), "trash/restore", {"duplicate_handling": "rename"}),
    "empty": (lambda b: b.empty_trash("s"), "trash/empty", {}),
}


@pytest.mark.parametrize("case", IMAGES)
def test_images__body(api: MockApi, case: str) -> None:
    call, method, action, body = IMAGES[case]
    api.on(method, f"{API}/batch/images/{action}", DONE)
    assert call(client_of(api).batch) == BatchResult.model_validate(DONE)
    assert api.calls[0].json == {"dataset_name": "s", "image_ids": ["i"], **body}


NONE: list[Callable[[Batch], BatchResult]] = [
    lambda b: b.move("s", []),
    lambda b: b.copy("s", []),
    lambda b: b.copy_to_dataset("s", [], "t"),
    lambda b: b.delete("s", []),
    lambda b: b.update("s", [], status="complete"),
    lambda b: b.tag("s", [], add=["night"]),
    lambda b: b.restore("s", []),
]


@pytest.mark.parametrize("change", NONE)
def test_images__none_of_them_is_no_request(api: MockApi, change: Callable[[Batch], BatchResult]) -> None:
    result = change(client_of(api).batch)
    assert (result.success, result.processed, result.failed, api.calls) == (True, 0, [], [])


def test_update__nothing_to_do(api: MockApi) -> None:
    with pytest.raises(ValueError, match="nothing to update"):
        client_of(api).batch.update("s", ["i"])
    assert api.calls == []


@pytest.mark.parametrize("count", [0, 100_001])
def test_change_images__so_many_are_no_one_change(api: MockApi, count: int) -> None:
    with pytest.raises(ValueError, match="name 1 to 100,000"):
        client_of(api).batch.change_images("s", [str(each) for each in range(count)], StatusChange(status="review"))
    assert api.calls == []


def test_many_ids__are_sent_ten_thousand_at_a_time_and_each_once(api: MockApi) -> None:
    failed = {"success": False, "processed": 1, "failed": [{"id": "x", "reason": "gone"}], "affected_folders": ["/b"]}
    api.on("POST", f"{API}/batch/images/move", DONE, failed)
    ids = [str(number) for number in range(10_001)]
    result = client_of(api).batch.move("s", [*ids, *ids[:5]])
    assert [len(call.json["image_ids"]) for call in api.calls] == [10_000, 1]
    assert (result.success, result.processed, result.affected_folders) == (False, 3, ["/a", "/b"])
    assert result.failed[0].id == "x"


def test_many_ids__a_part_without_any_image_is_in_failed(api: MockApi) -> None:
    nothing = Reply(404, {"detail": "None of the 1 images was found", "code": "image_not_found"})
    api.on("POST", f"{API}/batch/images/move", DONE, nothing)
    result = client_of(api).batch.move("s", [str(number) for number in range(10_001)])
    assert (result.success, result.processed, [each.id for each in result.failed]) == (False, 2, ["10000"])


def test_no_image_found__raises(api: MockApi) -> None:
    api.on("POST", f"{API}/batch/images/move", Reply(404, {"detail": "None", "code": "image_not_found"}))
    with pytest.raises(NotFoundError):
        client_of(api).batch.move("s", ["i"])


def change(status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"status": status, "total": 3, "processed": 3, **more}


@pytest.mark.parametrize("case", CHANGES)
def test_folders_and_trash__done_at_once(api: MockApi, case: str) -> None:
    call, path, body = CHANGES[case]
    api.on("POST", f"{API}/batch/{path}", change())
    assert call(client_of(api).batch).success
    assert api.calls[0].json == {"dataset_name": "s", **body}


def test_move_folder__waits_for_the_job(api: MockApi) -> None:
    api.on("POST", f"{API}/batch/folders/move", change("pending", job_id="j1"))
    api.on("GET", f"{API}/batch/changes/j1", change("running", job_id="j1"), change(job_id="j1", failed_count=1))
    done = client_of(api).batch.move_folder("s", "/a", "/b")
    assert (done.status, done.success) == ("completed", False)


def test_move_folder__a_job_that_fails_raises(api: MockApi) -> None:
    api.on("POST", f"{API}/batch/folders/move", change("pending", job_id="j1"))
    api.on("GET", f"{API}/batch/changes/j1", change("failed", job_id="j1", error_message="no room"))
    with pytest.raises(ApiError, match="no room"):
        client_of(api).batch.move_folder("s", "/a", "/b")


def test_move_folder__without_waiting(api: MockApi) -> None:
    api.on("POST", f"{API}/batch/folders/move", change("pending", job_id="j1"))
    assert client_of(api).batch.move_folder("s", "/a", "/b", wait=False).job_id == "j1"


def test_cancel_change(api: MockApi) -> None:
    api.on("POST", f"{API}/batch/changes/j1/cancel", change("running", job_id="j1"))
    assert client_of(api).batch.cancel_change("j1").status == "running"


def test_trash__follows_the_cursor_up_to_the_limit(api: MockApi) -> None:
    pages = [
        {"images": [wire.dataset_image("i3"), wire.dataset_image("i2")], "next_cursor": "i2"},
        {"images": [wire.dataset_image("i1")], "next_cursor": "i1"},
    ]
    api.on("GET", f"{API}/batch/trash", *pages)
    found = list(client_of(api).batch.trash("s", page_size=2, max_total=3))
    assert [image.id for image in found] == ["i3", "i2", "i1"]
    assert [call.query.get("cursor") for call in api.calls] == [None, "i2"]
    assert [call.query["limit"] for call in api.calls] == ["2", "1"]
