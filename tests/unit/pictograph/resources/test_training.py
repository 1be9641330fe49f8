"""What `client.training` sends and returns beside the runs themselves."""

from typing import Any

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API, NOW, client_of

from pictograph._http.mock import MockApi, Reply
from pictograph.exceptions import NotFoundError, ValidationError

PIPELINE: dict[str, Any] = {
    "name": "yolox",
    "task": "object_detection",
    "learns_from": ["bbox", "polygon"],
    "license": "Apache-2.0",
    "is_available": False,
    "why_not": "torch not installed",
    "fix": "pip install it",
    "config_schema": {"properties": {"epochs": {"type": "integer"}}},
}
ESTIMATE: dict[str, Any] = {
    "pipeline_type": "yolox",
    "gpu_type": "a10g",
    "images": 120,
    "epochs": 10,
    "minutes": 6,
    "credits": 30,
    "credits_remaining": 100,
    "sufficient": True,
}


@pytest.fixture
def api() -> MockApi:
    return MockApi()


def test_pipelines__with_their_settings(api: MockApi) -> None:
    api.on("GET", f"{API}/training/pipelines", {"pipelines": [PIPELINE]})
    (found,) = client_of(api).training.pipelines()
    assert (found.name, found.is_available, found.why_not) == ("yolox", False, "torch not installed")
    assert found.config_schema["properties"] == {"epochs": {"type": "integer"}}


def test_estimate__sends_what_is_given(api: MockApi) -> None:
    api.on("POST", f"{API}/training/estimate", {"estimate": ESTIMATE})
    found = client_of(api).training.estimate(pipeline_type="yolox", config={"epochs": 10}, dataset_name="signs")
    assert (found.minutes, found.credits, found.sufficient) == (6, 30, True)
    assert api.calls[0].json == {
        "pipeline_type": "yolox",
        "gpu_type": "a10g",
        "config": {"epochs": 10},
        "dataset_name": "signs",
    }


def test_history__epochs(api: MockApi) -> None:
    epoch = {"epoch": 1, "losses": {"loss": 2.5}, "metrics": {"map_50": 0.1}, "seconds": 3.5, "reported_at": NOW}
    api.on("GET", f"{API}/training/r1/history", {"epochs": [epoch]})
    (found,) = client_of(api).training.history("r1")
    assert (found.epoch, found.losses, found.metrics, found.learning_rate) == (1, {"loss": 2.5}, {"map_50": 0.1}, None)


def test_splits__ids_and_counts(api: MockApi) -> None:
    splits = {"images": {"train": ["i1"], "val": ["i2"]}, "objects": {"train": {"stop": 3}, "val": {"stop": 1}}}
    api.on("GET", f"{API}/training/r1/splits", {"splits": splits})
    found = client_of(api).training.splits("r1")
    assert (found.images["val"], found.objects["train"]["stop"]) == (["i2"], 3)


@pytest.mark.parametrize("parent", [None, "m1"])
def test_create__parent_is_sent_only_when_given(api: MockApi, parent: str | None) -> None:
    api.on("POST", f"{API}/training/", {"training_run": wire.run(status="queued")})
    client_of(api).training.create("signs", "e1", pipeline_type="yolox", name="n", wait=False, parent_model_id=parent)
    assert api.calls[0].json.get("parent_model_id", None) == parent
    assert ("parent_model_id" in api.calls[0].json) == (parent is not None)


@pytest.mark.parametrize("status", [404, 405])
def test_check__server_that_cannot_be_asked_passes(api: MockApi, status: int) -> None:
    api.on("POST", f"{API}/training/check", Reply(status, json={"detail": "no such endpoint"}))
    client_of(api).training.check(pipeline_type="yolox")


def test_check__unknown_parent_does_not_pass(api: MockApi) -> None:
    refusal = {"detail": "There is no model 'm9'", "code": "model_not_found"}
    api.on("POST", f"{API}/training/check", Reply(404, json=refusal))
    with pytest.raises(NotFoundError, match="m9"):
        client_of(api).training.check(pipeline_type="yolox", parent_model_id="m9")


def test_check__refused_setting(api: MockApi) -> None:
    api.on("POST", f"{API}/training/check", Reply(422, json={"detail": "no setting 'size'", "fix": "Use 'image_size'"}))
    with pytest.raises(ValidationError, match="size"):
        client_of(api).training.check(pipeline_type="yolox", config={"size": 3})
