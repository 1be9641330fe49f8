"""`client.review` and `client.jobs`: what is sent, page by page and part by part."""

from typing import Any

import pytest
from tests.unit.pictograph.wire import API, NOW, client_of, dataset_image

from pictograph._http.mock import MockApi, Reply
from pictograph.exceptions import ApiError, ConflictError

R = f"{API}/datasets/by-name/road%20signs/review"


def item(image_id: str = "i1", version: int = 3) -> dict[str, Any]:
    return {"image": dataset_image(image_id, status="review", annotation_version=version), "held_by": "me"}


def verdict(word: str = "accepted") -> dict[str, Any]:
    facts = {"id": "v1", "image_id": "i1", "reviewer_id": "me", "reviewer_name": "Me", "verdict": word}
    return {"verdict": {**facts, "version_before": 3, "version_after": 3, "created_at": NOW}}


def job(state: str = "running") -> dict[str, Any]:
    return {"id": "j1", "kind": "train", "title": "Training run", "state": state, "progress": 3, "created_at": NOW}


def test_each__decides_one_after_the_other() -> None:
    api = MockApi()
    queue = [{"items": [item(name)], "held": 1} for name in ("i1", "i2")]
    api.on("POST", f"{R}/next", *queue, {"items": [], "held": 0})
    api.on("POST", f"{R}/verdicts", verdict())
    api.on("POST", f"{R}/release", Reply(204))
    with client_of(api) as client:
        for each in client.review.each("road signs", order="disagreement", class_name="stop"):
            client.review.accept("road signs", each)
    asked = [call.json for call in api.made("POST", f"{R}/next")]
    assert [each["exclude"] for each in asked] == [[], ["i1"], ["i1", "i2"]]
    assert {(each["order"], each["class_name"], each["hold"]) for each in asked} == {("disagreement", "stop", 1)}
    assert api.made("POST", f"{R}/verdicts")[1].json == {
        "image_id": "i2", "verdict": "accept", "expected_version": 3, "note": None,
    }  # fmt: skip


def test_reject__says_why_and_a_stale_one_is_a_conflict() -> None:
    api = MockApi()
    api.on("POST", f"{R}/next", {"items": [item()], "held": 1})
    api.on("POST", f"{R}/verdicts", verdict("rejected"), Reply(409, {"detail": "changed", "code": "stale_annotations"}))
    with client_of(api) as client:
        taken = client.review.next("road signs")
        assert taken is not None
        assert client.review.reject("road signs", taken, note="cut off").verdict == "rejected"
        with pytest.raises(ConflictError):
            client.review.accept("road signs", taken)
    assert api.made("POST", f"{R}/verdicts")[0].json["note"] == "cut off"


def test_share__goes_on_until_everything_is_dealt_out() -> None:
    api = MockApi()
    most = {"assigned": {"a": 2_500, "b": 2_500}, "unassigned_left": 10}
    api.on("POST", f"{R}/share", most, {"assigned": {"a": 5, "b": 5}, "unassigned_left": 0})
    with client_of(api) as client:
        shared = client.review.share("road signs", ["a", "b"])
    assert (shared.assigned, shared.unassigned_left) == ({"a": 2_505, "b": 2_505}, 0)
    assert len(api.calls) == 2


def test_disagreement__with_a_version_names_it_as_a_source() -> None:
    api = MockApi()
    scoring = {
        "id": "s1", "source": "version:3", "against": "version 3", "status_filter": "review", "status": "pending",
        "progress": 0, "images_total": 1, "images_done": 0, "images_skipped": 0, "created_by_name": "a",
        "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    api.on("POST", f"{R}/disagreement", {"scoring": scoring})
    with client_of(api) as client:
        client.review.measure_disagreement("road signs", version=3, wait=False)
        with pytest.raises(ValueError, match="not both"):
            client.review.measure_disagreement("road signs", version=3, source="people")
    assert [call.json["source"] for call in api.calls] == ["version:3"]


def test_assign__ten_thousand_at_a_time() -> None:
    api = MockApi()
    api.on("POST", f"{R}/assign", *({"assigned": {"a": n}, "unassigned_left": 0} for n in (10_000, 1)))
    with client_of(api) as client:
        answer = client.review.assign("road signs", [str(n) for n in range(10_001)], "a")
    assert answer.assigned == {"a": 10_001}
    assert [len(call.json["image_ids"]) for call in api.calls] == [10_000, 1]


def test_jobs__page_by_page() -> None:
    api = MockApi()
    api.on("GET", f"{API}/jobs/", {"jobs": [job()], "next_cursor": "c"}, {"jobs": [job()], "next_cursor": None})
    with client_of(api) as client:
        assert len(client.jobs.iter(state=["queued", "running"], kind="train").all()) == 2
    assert api.calls[1].query == {"kind": "train", "state": ["queued", "running"], "limit": "100", "cursor": "c"}


def test_wait__a_failed_job_raises() -> None:
    api = MockApi()
    api.on("GET", f"{API}/jobs/j1", {"job": job()}, {"job": {**job("failed"), "error": "out of memory"}})
    with client_of(api) as client, pytest.raises(ApiError, match="out of memory"):
        client.jobs.wait("j1")
