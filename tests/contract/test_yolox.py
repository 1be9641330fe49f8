"""What is YOLOX's own: both files of a model agree, weights load, boxes stay on their objects."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.contract.test_trainers import SMALL_RUNS, make_data, train
from tests.recording_run import RecordingRun

from pictograph.inference import DetectionModel, load_model
from pictograph.inference.spec import DetectorSpec
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import TrainedModel
from pictograph_server.engines.trainers.data import boxes_of, load_rgb
from pictograph_server.engines.trainers.loop.batches import Batches
from pictograph_server.engines.trainers.prepare import prepare
from pictograph_server.engines.trainers.product.torch_network import as_model
from pictograph_server.engines.trainers.yolox.config import YoloxConfig
from pictograph_server.engines.trainers.yolox.learner import YoloxLearner


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yolox")


@pytest.fixture(scope="module")
def model(folder: Path) -> TrainedModel:
    return train("yolox", RecordingRun(folder / "work"), make_data(folder / "images", size=64))


def test_export__onnx_finds_what_torch_finds(model: TrainedModel, folder: Path) -> None:
    onnx_model = load_model(model.folder)
    assert isinstance(onnx_model, DetectionModel) and isinstance(onnx_model.spec, DetectorSpec)
    learner = learner_of(folder, YoloxConfig(image_size=64, model_type="yolox_nano"))
    network = learner.network.eval()
    network.load_state_dict(load_file(model.folder / "model.safetensors"))
    torch_model = as_model(learner.answering(network), learner.output_names, onnx_model.spec)
    assert isinstance(torch_model, DetectionModel)
    samples = make_data(folder / "images", size=64).samples[:4]
    images = [load_rgb(sample.path) for sample in samples]
    answers = (each.predict(images, 0.01, batch_size=len(images)) for each in (onnx_model, torch_model))
    for found, expected in zip(*answers, strict=True):
        assert found
        np.testing.assert_allclose([each.box_xyxy for each in found], [each.box_xyxy for each in expected], atol=0.01)
        np.testing.assert_allclose(
            [each.confidence for each in found], [each.confidence for each in expected], atol=1e-4
        )


def test_train__starts_from_an_earlier_model(model: TrainedModel, folder: Path, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path / "work")
    settings = {**SMALL_RUNS["yolox"], "epochs": 1, "weights": model.folder / "model.safetensors"}
    again = train("yolox", run, make_data(folder / "images", size=64), settings)
    assert any("Started from model.safetensors: " in message for message in run.said)
    assert again.card["training"]["started_from"] == "model.safetensors"  # pyright: ignore[reportIndexIssue]


def test_train__weights_that_are_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"no weights at 'none\.pth'"):
        learner_of(folder, YoloxConfig(weights=tmp_path / "none.pth"))


def test_train__weights_of_another_kind(folder: Path, tmp_path: Path) -> None:
    torch.save({"model": {"other.weight": torch.zeros(2)}}, tmp_path / "other.pth")
    with pytest.raises(EngineUnavailable, match="fit nowhere in this network"):
        learner_of(folder, YoloxConfig(weights=tmp_path / "other.pth"))


def test_draw__boxes_stay_on_their_squares(folder: Path) -> None:
    """Inside a moved, flipped, cut box the colour is the class's; BGR, so blue comes first."""
    learner = learner_of(folder, YoloxConfig(image_size=64, batch_size=30), images=30)
    (batch,) = Batches(learner, threads=1).epoch(0, batch_size=30, fine=False)
    checked = 0
    for image, targets in zip(batch["images"], batch["targets"], strict=True):
        for class_index, x, y, width, height in targets[targets[:, 3] > 0].tolist():
            assert image[:, int(y), int(x)].argmax() == 2 - class_index
            assert 2 <= width <= 64 and 2 <= height <= 64
            checked += 1
    assert checked >= 24


def learner_of(folder: Path, config: YoloxConfig, *, images: int = 12) -> YoloxLearner:
    data = prepare(make_data(folder / f"of {images}", images=images, size=64), "object_detection", config)
    return YoloxLearner(data, config, RecordingRun(folder))


def test_boxes_of__polygons_by_their_bounds(tmp_path: Path) -> None:
    sample = make_data(tmp_path, images=1).samples[0]
    ring = ((10.0, 20.0), (30.0, 20.0), (20.0, 140.0))
    sample = replace(sample, shapes=(replace(sample.shapes[0], rings=(ring,)),))
    assert boxes_of(sample).xyxy.tolist() == [[10, 20, 30, 128]]  # cut at the image
