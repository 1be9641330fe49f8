"""`client.models.evaluate`: what is asked, how long it waits, and what is made of the answers."""

from typing import Any

import pytest
from tests.unit.pictograph.wire import API, NOW, client_of

from pictograph._http.mock import MockApi
from pictograph.exceptions import ApiError
from pictograph.models.evaluation import ModelEvaluation

ID = "0198c0de-0000-7000-8000-000000000001"
FIGURES = ModelEvaluation(task="object_detection", images=3, metrics={"map_50_95": 0.5})
PLACE = f"{API}/models/{ID}/evaluations"


def snapshot(status: str, **more: Any) -> dict[str, Any]:
    run = {"id": "e1", "model_id": ID, "dataset_name": "signs", "status": status, "created_at": NOW, **more}
    return {"evaluation": run}


@pytest.fixture
def api() -> MockApi:
    api = MockApi()
    api.on("POST", PLACE, snapshot("pending"))
    return api


def test_evaluate__waits_for_the_figures(api: MockApi) -> None:
    completed = snapshot("completed", evaluation=FIGURES.model_dump(mode="json"))
    api.on("GET", f"{PLACE}/e1", snapshot("running", progress=40), completed)
    seen: list[int] = []
    with client_of(api) as client:
        found = client.models.evaluate(ID, "signs", split="test", progress=lambda run: seen.append(run.progress))
    assert found == FIGURES
    assert seen == [40, 0]
    assert api.calls[0].json == {"dataset_name": "signs", "split": "test", "status_filter": "complete"}


def test_evaluate__without_waiting(api: MockApi) -> None:
    with client_of(api) as client:
        run = client.models.evaluate(ID, "signs", wait=False)
    assert (run.id, run.status, run.evaluation) == ("e1", "pending", None)


def test_evaluate__by_name_takes_the_newest(api: MockApi) -> None:
    model = {"id": ID, "organization_id": "o", "name": "signs-1", "model_type": "object_detection"}
    model |= {"visibility": "private", "status": "ready", "created_at": NOW, "updated_at": NOW}
    api.on("GET", f"{API}/models/", {"models": [model]})
    with client_of(api) as client:
        assert client.models.evaluate("signs-1", "signs", wait=False).model_id == ID
        assert client.models.evaluate(client.models.list()[0], "signs", wait=False).model_id == ID


def test_evaluate__failure_has_the_words_of_the_job(api: MockApi) -> None:
    api.on("GET", f"{PLACE}/e1", snapshot("failed", error_message="The image 'a.png' cannot be read"))
    with client_of(api) as client, pytest.raises(ApiError, match=r"'a\.png' cannot be read"):
        client.models.evaluate(ID, "signs")


def test_evaluations__list_get_and_cancel(api: MockApi) -> None:
    api.on("GET", PLACE, {"evaluations": [snapshot("running")["evaluation"]]})
    api.on("GET", f"{PLACE}/e1", snapshot("running"))
    api.on("POST", f"{PLACE}/e1/cancel", snapshot("cancelled"))
    with client_of(api) as client:
        assert [run.id for run in client.models.evaluations(ID)] == ["e1"]
        assert client.models.get_evaluation(ID, "e1").status == "running"
        assert client.models.cancel_evaluation(ID, "e1").status == "cancelled"
