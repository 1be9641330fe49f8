"""What `client.pipelines` and `pictograph pipelines` send, and what they make of the answers."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.pictograph.wire import API, NOW, client_of
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import Call, MockApi
from pictograph.cli.app import app
from pictograph.exceptions import ApiError
from pictograph.models.auto_annotate import BatchClass
from pictograph.models.pipeline import PipelineUpload


def pipeline_run(status: str = "running", **more: Any) -> dict[str, Any]:
    document = {
        "id": "p1",
        "organization_id": "org",
        "dataset_name": "signs",
        "name": "signs · yolox",
        "driver": "server",
        "status": status,
        "stage": "annotate",
        "settings": {"pipeline": "yolox"},
        "created_at": NOW,
        **more,
    }
    return {"pipeline_run": document}


@pytest.fixture
def api() -> MockApi:
    return MockApi()


def test_create__sends_the_arguments_of_full_pipeline(api: MockApi) -> None:
    api.on("POST", f"{API}/pipelines/", pipeline_run("waiting"))
    made = client_of(api).pipelines.create(
        "signs", pipeline="yolox", classes=[BatchClass(name="stop", output_type="bbox")], review=True
    )
    assert (made.id, made.status, made.annotate.labelled) == ("p1", "waiting", 0)
    sent = api.calls[0].json
    assert (sent["classes"], sent["review"]) == ([{"name": "stop", "output_type": "bbox"}], True)
    assert (sent["min_credits"], sent["driver"], sent["train_config"]) == (1, "server", {})


def test_continue__with_the_report_of_the_upload(api: MockApi) -> None:
    api.on("POST", f"{API}/pipelines/p1/continue", pipeline_run())
    client_of(api).pipelines.continue_("p1", upload=PipelineUpload(uploaded=3, failed=1))
    assert api.calls[0].json == {
        "upload": {"uploaded": 3, "skipped": 0, "failed": 1, "failures": []},
        "accept_rest": False,
    }


@pytest.mark.parametrize("what", ["cancel", "resume", "rerun"])
def test_actions__are_posts(api: MockApi, what: str) -> None:
    api.on("POST", f"{API}/pipelines/p1/{what}", pipeline_run())
    assert getattr(client_of(api).pipelines, what)("p1").id == "p1"


def test_list__goes_on_at_the_cursor(api: MockApi) -> None:
    pages = iter([(["a", "b"], "c2"), (["c"], None)])

    def answer(_call: Call) -> dict[str, Any]:
        ids, cursor = next(pages)
        return {"pipeline_runs": [pipeline_run(id=each)["pipeline_run"] for each in ids], "next_cursor": cursor}

    api.on("GET", f"{API}/pipelines/", answer)
    assert [run.id for run in client_of(api).pipelines.iter(status="running")] == ["a", "b", "c"]
    assert [call.query.get("cursor") for call in api.calls] == [None, "c2"]


def test_wait__ends_where_somebody_is_needed(api: MockApi) -> None:
    answers = iter([pipeline_run(), pipeline_run("waiting", stage="review", waiting_for="review")])

    def answer(_call: Call) -> dict[str, Any]:
        return next(answers)

    api.on("GET", f"{API}/pipelines/p1", answer)
    assert client_of(api).pipelines.wait("p1", sleep=lambda _s: None).waiting_for == "review"


def test_wait__a_failure_is_raised_with_its_words(api: MockApi) -> None:
    api.on("GET", f"{API}/pipelines/p1", pipeline_run("failed", error_message="it is tired"))
    with pytest.raises(ApiError, match="it is tired"):
        client_of(api).pipelines.wait("p1", sleep=lambda _s: None)


def test_quote__is_for_so_many_images(api: MockApi) -> None:
    quote = {
        "images": 9,
        "annotate_credits": 4,
        "train_credits": 6,
        "train_minutes": 2,
        "credits": 10,
        "credits_remaining": 50,
        "sufficient": True,
    }
    api.on("POST", f"{API}/pipelines/quote", {"quote": quote})
    assert client_of(api).pipelines.quote(9, pipeline="yolox", annotate=False).credits == 10
    assert api.calls[0].json["images"] == 9


def run(api: MockApi, *words: str) -> Result:
    def connect(_api_key: str | None, _base_url: str | None) -> Client:
        return Client.over(api.transport(max_retries=0))

    return CliRunner().invoke(app, ["pipelines", *words], obj=connect)


def test_command_status__in_words(api: MockApi) -> None:
    api.on("GET", f"{API}/pipelines/p1", pipeline_run(annotate={"labelled": 3, "total": 9}))
    found = run(api, "status", "p1")
    assert found.exit_code == 0
    assert '"labelled": "3 of 9"' in found.stdout


def test_command_start__of_no_folder_makes_a_run_of_nothing(api: MockApi, tmp_path: Path) -> None:
    found = run(api, "start", str(tmp_path / "none"), "--classes", "a:square")
    assert found.exit_code == 2
    assert api.calls == []
