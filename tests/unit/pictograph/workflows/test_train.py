import re
from typing import Any, get_args

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer

from pictograph._http.mock import Reply
from pictograph.exceptions import ApiError, ConflictError, ValidationError
from pictograph.models.training import PipelineType
from pictograph.workflows.checks import TRAIN_CONFIG
from pictograph.workflows.progress import Progress
from pictograph.workflows.train import train_pipeline


def test_train__export_then_run_then_model(server: FakeServer) -> None:
    run, model = train_pipeline(server.client(), "signs", pipeline="yolox", config={"epochs": 2}, class_filter=["stop"])
    (export,) = server.made("POST", "/exports/")
    (training,) = server.made("POST", "/training/")
    assert (run.status, model.id if model else None) == ("completed", "m1")
    assert re.fullmatch(r"yolox-\d{8}-\d{6}", export.json["name"])
    assert export.json["format"] == "pictograph"
    assert export.json["include_images"] is True
    assert export.json["status_filter"] == "complete"
    assert export.json["class_filter"] == ["stop"]
    assert training.json["export_name"] == export.json["name"]
    assert training.json["name"] == export.json["name"].replace("yolox-", "yolox-run-")
    assert training.json["config"] == {"epochs": 2}
    assert training.json["gpu_type"] == "a10g"


def test_train__given_names(server: FakeServer) -> None:
    train_pipeline(server.client(), "signs", pipeline="yolox", name="mine", export_name="frozen", status_filter="all")
    assert server.made("POST", "/exports/")[0].json["name"] == "frozen"
    assert server.made("POST", "/exports/")[0].json["status_filter"] == "all"
    assert server.made("POST", "/training/")[0].json["name"] == "mine"


def test_train__twice_in_a_second(server: FakeServer) -> None:
    for _ in range(3):
        train_pipeline(server.client(), "signs", pipeline="yolox")
    assert len(set(server.export_names)) == 3


def test_train__given_name_that_is_taken(server: FakeServer) -> None:
    server.export_names.append("frozen")
    with pytest.raises(ConflictError):
        train_pipeline(server.client(), "signs", pipeline="yolox", export_name="frozen")


def test_train__without_waiting(server: FakeServer) -> None:
    run, model = train_pipeline(server.client(), "signs", pipeline="yolox", wait=False)
    assert (run.status, model) == ("queued", None)
    assert server.made("GET", "/training/r1") == []


def test_train__failed_run(server: FakeServer) -> None:
    server.run = wire.run(status="failed", error_message="5 images are too few")
    with pytest.raises(ApiError, match="too few") as caught:
        train_pipeline(server.client(), "signs", pipeline="yolox")
    assert caught.value.response["id"] == "r1"


def test_train__failed_export(server: FakeServer) -> None:
    server.export_names.append("e1")
    server.api.on("POST", f"{API}/exports/", {"export": wire.export(status="pending")})
    server.api.on("GET", f"{API}/exports/signs/e1", {"export": wire.export(status="failed", error_message="disk")})
    with pytest.raises(ApiError, match="disk"):
        train_pipeline(server.client(), "signs", pipeline="yolox", export_name="e1")
    assert server.made("POST", "/training/") == []


def test_train__refused_by_the_server(server: FakeServer) -> None:
    body = {"detail": "image_size must be a multiple of 32", "code": "bad_config"}
    server.api.on("POST", f"{API}/training/", Reply(422, json=body))
    with pytest.raises(ValidationError, match="multiple of 32") as caught:
        train_pipeline(server.client(), "signs", pipeline="yolox", config={"image_size": 33})
    assert caught.value.code == "bad_config"


def test_train__progress(server: FakeServer) -> None:
    seen: list[Progress] = []
    train_pipeline(server.client(), "signs", pipeline="yolox", progress=seen.append)
    assert Progress("export", 100, 100, "completed") in seen
    assert seen[-1] == Progress("train", 100, 100, "epoch 2 of 2")


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"pipeline": "yolo"}, "yolox, detectron2"),
        ({"pipeline": None}, "yolox, detectron2"),
        ({"gpu": "t4"}, "a10g, a100, h100"),
        ({"config": {"epoch": 5}}, "epochs"),
        ({"config": {"epochs": 0}}, "a whole number from 1"),
        ({"config": {"epochs": 2.5}}, "a whole number from 1"),
        ({"config": {"epochs": "5"}}, "a whole number from 1"),
        ({"config": {"epochs": True}}, "a whole number from 1"),
        ({"config": {"batch_size": -1}}, "a whole number from 1"),
        ({"config": {"image_size": None}}, "a whole number of pixels"),
        ({"config": {"learning_rate": 0}}, "a number above 0"),
        ({"config": {"learning_rate": float("nan")}}, "a number above 0"),
        ({"config": {"learning_rate": "fast"}}, "a number above 0"),
        ({"config": {"model_type": 3}}, "the name of a variant"),
        ({"config": {"seed": -1}}, "a whole number from 0"),
        ({"config": {"flip": 1}}, "True or False"),
        ({"config": {"patience": 0}}, "a whole number from 1"),
        ({"config": {"test_fraction": -0.1}}, "a number from 0"),
        ({"config": {"encoder": [1]}}, "a name, a number, True or False"),
        ({"config": [("epochs", 5)]}, "epochs"),
        ({"dataset_name": " "}, "name"),
    ],
)
def test_arguments__refused_before_anything_is_sent(server: FakeServer, options: dict[str, Any], allowed: str) -> None:
    arguments: dict[str, Any] = {"dataset_name": "signs", "pipeline": "yolox", **options}
    with pytest.raises(ValidationError) as caught:
        train_pipeline(server.client(), **arguments)
    assert caught.value.status_code == 422
    assert allowed in str(caught.value)
    assert server.api.calls == []


@pytest.mark.parametrize(
    "config",
    [
        {"flip": False, "weights": "scratch", "test_fraction": 0.0, "max_minutes": 4.5, "patience": 3},
        {"encoder": "resnet18", "architecture": "unet"},
        {"queries": 20, "variant": "nano"},
    ],
    ids=str,
)
def test_arguments__settings_of_every_pipeline(server: FakeServer, config: dict[str, Any]) -> None:
    train_pipeline(server.client(), "signs", pipeline="sm_pytorch", config=config)
    assert server.made("POST", "/training/")[0].json["config"] == config


def test_arguments__every_setting_of_the_server_can_be_given() -> None:
    from pictograph_server.engines.trainers.registry import trainer_specs

    settings = {name for spec in trainer_specs().values() for name in spec.config.model_fields}
    assert settings == TRAIN_CONFIG.keys()


@pytest.mark.parametrize("pipeline", get_args(PipelineType))
def test_train__each_of_the_six(server: FakeServer, pipeline: PipelineType) -> None:
    run, _ = train_pipeline(server.client(), "signs", pipeline=pipeline)
    assert run.status == "completed"
    assert server.made("POST", "/training/")[0].json["pipeline_type"] == pipeline


def test_train__asks_before_it_exports(server: FakeServer) -> None:
    refusal = {"detail": "no setting 'variant'", "code": "bad_train_config"}
    server.api.on("POST", f"{API}/training/check", Reply(422, json=refusal))
    with pytest.raises(ValidationError, match="variant"):
        train_pipeline(server.client(), "signs", pipeline="yolox", config={"variant": "nano"})
    assert server.made("POST", "/exports/") == []


def test_train__goes_on_from_a_model(server: FakeServer) -> None:
    train_pipeline(server.client(), "signs", pipeline="yolox", parent_model_id="m0")
    assert server.made("POST", "/training/check")[0].json["parent_model_id"] == "m0"
    assert server.made("POST", "/training/")[0].json["parent_model_id"] == "m0"


def test_arguments__numpy_numbers_become_plain(server: FakeServer) -> None:
    import numpy as np

    train_pipeline(
        server.client(), "signs", pipeline="yolox", config={"epochs": np.int64(3), "learning_rate": np.float32(0.5)}
    )
    assert server.made("POST", "/training/")[0].json["config"] == {"epochs": 3, "learning_rate": 0.5}
