"""`pictograph train`: settings as words, what there is to train, what it costs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from tests.unit.pictograph.resources.test_training import ESTIMATE, PIPELINE
from tests.unit.pictograph.wire import API, NOW
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import MockApi, Reply
from pictograph.cli.app import app
from pictograph.cli.options import parse_settings
from pictograph.cli.train_settings import settings_of
from pictograph.models.training import Pipeline

Run = Callable[..., Result]
SCHEMA: dict[str, Any] = {
    "properties": {
        "epochs": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 2000}, {"type": "null"}], "default": None},
        "weights": {
            "enum": ["auto", "scratch"],
            "type": "string",
            "default": "auto",
            "description": "What to start from.",
        },
        "image_size": {"type": "integer", "minimum": 64, "multipleOf": 32},
        "val_fraction": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5, "default": 0.2},
        "flip": {"type": "boolean", "default": True},
    }
}


@pytest.fixture
def api() -> MockApi:
    return MockApi()


@pytest.fixture
def run(api: MockApi, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line against the table, on a terminal that cuts nothing off."""
    monkeypatch.setenv("COLUMNS", "200")

    def connect(api_key: str | None, base_url: str | None) -> Client:
        return Client.over(api.transport(max_retries=0))

    return lambda *arguments: CliRunner().invoke(app, list(arguments), obj=connect)


@pytest.mark.parametrize(
    ("settings", "parsed"),
    [
        (["epochs=10", "image_size=320"], {"epochs": 10, "image_size": 320}),
        (["learning_rate=1e-3"], {"learning_rate": 0.001}),
        (["flip=false", "model_type=s"], {"flip": False, "model_type": "s"}),
        (["weights=scratch", "encoder=mit_b0"], {"weights": "scratch", "encoder": "mit_b0"}),
        (["seed=3"], {"seed": 3}),
    ],
)
def test_parse_settings__name_and_value(settings: list[str], parsed: dict[str, object]) -> None:
    assert parse_settings(None, settings) == parsed


def test_parse_settings__win_over_the_config() -> None:
    assert parse_settings('{"epochs": 5, "seed": 1}', ["epochs=10"]) == {"epochs": 10, "seed": 1}


def test_parse_settings__nothing_given() -> None:
    assert parse_settings(None, None) is None


@pytest.mark.parametrize("setting", ["epochs", "=3", ""])
def test_parse_settings__no_setting(setting: str) -> None:
    with pytest.raises(typer.BadParameter, match="write name=value"):
        parse_settings(None, [setting])


def test_settings_of__in_words() -> None:
    words = settings_of(Pipeline.model_validate({**PIPELINE, "config_schema": SCHEMA}))
    assert [(each.name, each.takes, each.default) for each in words] == [
        ("epochs", "integer, from 1 to 2000", None),
        ("weights", "auto, scratch", "auto"),
        ("image_size", "integer, from 64, a multiple of 32", None),
        ("val_fraction", "number, above 0 to 0.5", "0.2"),
        ("flip", "boolean", "true"),
    ]
    assert words[1].description == "What to start from."


def test_pipelines__what_there_is_and_why_not(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/training/pipelines", {"pipelines": [PIPELINE]})
    shown = run("train", "pipelines").stdout
    assert "yolox" in shown and "object detection" in shown and "no: torch not installed" in shown


def test_pipelines__settings_of_one(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/training/pipelines", {"pipelines": [{**PIPELINE, "config_schema": SCHEMA}]})
    settings = json.loads(run("train", "pipelines", "yolox", "--json").stdout)
    assert [each["name"] for each in settings] == ["epochs", "weights", "image_size", "val_fraction", "flip"]


def test_pipelines__one_that_the_server_lacks(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/training/pipelines", {"pipelines": [PIPELINE]})
    result = run("train", "pipelines", "detectron2")
    assert (result.exit_code, "this server has yolox" in result.stderr) == (2, True)


def test_start__unknown_setting_sends_nothing(api: MockApi, run: Run) -> None:
    result = run("train", "start", "signs", "--pipeline", "yolox", "--set", "epoch=10")
    assert result.exit_code == 2
    assert "no setting 'epoch'" in result.stderr and "epochs: a whole number from 1" in result.stderr
    assert api.calls == []


def test_start__setting_of_another_pipeline_is_refused_before_the_export(api: MockApi, run: Run) -> None:
    refusal = {"detail": "The pipeline 'yolox' has no setting 'encoder'", "fix": "Settings are epochs, batch_size"}
    api.on("POST", f"{API}/training/check", Reply(422, json=refusal))
    result = run("train", "start", "signs", "--pipeline", "yolox", "--set", "encoder=resnet18")
    assert result.exit_code != 0 and "Settings are epochs, batch_size" in result.stderr
    assert [call.path for call in api.calls] == [f"{API}/training/check"]


def test_estimate__minutes_and_credits(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/training/estimate", {"estimate": ESTIMATE})
    shown = json.loads(run("train", "estimate", "signs", "-p", "yolox", "--set", "epochs=10", "--json").stdout)
    assert (shown["minutes"], shown["credits"]) == (6, 30)
    assert api.calls[0].json["config"] == {"epochs": 10}


def test_history__a_row_an_epoch(api: MockApi, run: Run) -> None:
    epoch = {"epoch": 7, "losses": {"loss": 2.5}, "metrics": {"map_50": 0.25, "ap_50/stop": 0.5}}
    api.on("GET", f"{API}/training/r1/history", {"epochs": [{**epoch, "seconds": 3.4, "reported_at": NOW}]})
    shown = run("train", "history", "r1").stdout
    assert "map_50" in shown and "0.25" in shown and "ap_50/stop" not in shown


def test_splits__as_json(api: MockApi, run: Run) -> None:
    splits = {"images": {"train": ["i1"]}, "objects": {"train": {"stop": 3}}}
    api.on("GET", f"{API}/training/r1/splits", {"splits": splits})
    assert json.loads(run("train", "splits", "r1").stdout) == splits
