"""What is YOLOX's own: classes and colours survive the way to the file, both files of a model agree, weights load."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.contract.test_trainers import CLASS_NAMES, RecordingRun, make_data

from pictograph.inference import DetectionModel, load_model
from pictograph.inference.spec import DetectorSpec
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import TrainedModel
from pictograph_server.engines.trainers.data import boxes_of
from pictograph_server.engines.trainers.yolox import YoloxTrainer
from pictograph_server.engines.trainers.yolox.config import YoloxConfig, plan_run
from pictograph_server.engines.trainers.yolox.data import Batches, TrainPictures
from pictograph_server.engines.trainers.yolox.evaluate import predict
from pictograph_server.engines.trainers.yolox.network import Average, build_network, learning_rate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yolox")


@pytest.fixture(scope="module")
def model(folder: Path) -> TrainedModel:
    """A network that has learned to tell three colours apart."""
    (folder / "work").mkdir()
    config = YoloxConfig(epochs=70, image_size=64, batch_size=8)
    return YoloxTrainer().train(make_data(folder / "images", images=24, size=64), config, RecordingRun(folder / "work"))


def test_train__every_class_keeps_its_name(model: TrainedModel, folder: Path) -> None:
    """Catches a class off by one, and red taken for blue: channels in another order than in training."""
    onnx_model = load_model(model.folder)
    fresh = make_data(folder / "fresh", images=36, size=64).samples[30:]
    for sample in fresh:
        best = onnx_model.predict(sample.path, confidence=0.0)[0]
        assert best.class_name == CLASS_NAMES[sample.shapes[0].class_index]


def test_train__learns(model: TrainedModel) -> None:
    assert model.metrics["map_50"] > 0.5


def test_export__onnx_finds_what_torch_finds(model: TrainedModel, folder: Path) -> None:
    onnx_model = load_model(model.folder)
    assert isinstance(onnx_model, DetectionModel) and isinstance(onnx_model.spec, DetectorSpec)
    network = build_network(plan_run(YoloxConfig(image_size=64), train_images=8, on_gpu=False), len(CLASS_NAMES)).eval()
    network.load_state_dict(load_file(model.folder / "model.safetensors"))
    samples = make_data(folder / "images", images=24, size=64).samples[:4]
    expected = predict(network, samples, onnx_model.spec, batch_size=3, before_batch=lambda: None)
    for sample, boxes in zip(samples, expected, strict=True):
        found = onnx_model.predict(sample.path, confidence=0.01)
        assert boxes.confidences is not None
        np.testing.assert_allclose([each.box_xyxy for each in found], boxes.xyxy, atol=0.01)
        np.testing.assert_allclose([each.confidence for each in found], boxes.confidences, atol=1e-4)


def test_train__starts_from_an_earlier_model(model: TrainedModel, folder: Path, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path / "work")
    run.workdir.mkdir()
    config = YoloxConfig(epochs=1, image_size=64, batch_size=8, weights=model.folder / "model.safetensors")
    again = YoloxTrainer().train(make_data(folder / "images", images=24, size=64), config, run)
    assert any("Started from model.safetensors: " in message for message in run.said)
    assert again.metrics["map_50"] > 0.3


def test_train__weights_that_are_not_there(folder: Path, tmp_path: Path) -> None:
    config = YoloxConfig(epochs=1, image_size=64, weights=tmp_path / "none.pth")
    with pytest.raises(EngineUnavailable, match=r"no weights at 'none\.pth'"):
        YoloxTrainer().train(make_data(folder / "images", images=24, size=64), config, RecordingRun(tmp_path))


def test_train__weights_of_another_kind(folder: Path, tmp_path: Path) -> None:
    torch.save({"model": {"other.weight": torch.zeros(2)}}, tmp_path / "other.pth")
    config = YoloxConfig(epochs=1, image_size=64, weights=tmp_path / "other.pth")
    with pytest.raises(EngineUnavailable, match="fit nowhere in this network"):
        YoloxTrainer().train(make_data(folder / "images", images=24, size=64), config, RecordingRun(tmp_path))


def test_batches__same_epoch_same_pictures(tmp_path: Path) -> None:
    data = make_data(tmp_path)
    plan = plan_run(YoloxConfig(image_size=64, batch_size=5), train_images=12, on_gpu=False)
    batches = Batches(TrainPictures(data.samples, 64), plan, threads=2)
    first, again, other = (list(batches.epoch(n, batch_size=5, mosaic=True)) for n in (3, 3, 4))
    batches.close()
    assert [batch.images.shape for batch in first] == [(5, 3, 64, 64)] * 3
    assert all(
        (a.images == b.images).all() and (a.targets == b.targets).all() for a, b in zip(first, again, strict=True)
    )
    assert not all((a.images == b.images).all() for a, b in zip(first, other, strict=True))


def test_batches__boxes_stay_on_their_squares(tmp_path: Path) -> None:
    """Inside a moved, flipped, cut box the colour is the class's; BGR, so blue comes first."""
    data = make_data(tmp_path, images=30)
    plan = plan_run(YoloxConfig(image_size=64, batch_size=30), train_images=30, on_gpu=False)
    batches = Batches(TrainPictures(data.samples, 64), plan, threads=1)
    (batch,) = batches.epoch(0, batch_size=30, mosaic=True)
    batches.close()
    checked = 0
    for image, targets in zip(batch.images, batch.targets, strict=True):
        for class_index, x, y, width, height in targets[targets[:, 3] > 0]:
            centre = image[:, int(y), int(x)]
            assert centre.argmax() == 2 - class_index
            assert 2 <= width <= 64 and 2 <= height <= 64
            checked += 1
    assert checked >= 30


def test_boxes_of__polygons_by_their_bounds(tmp_path: Path) -> None:
    sample = make_data(tmp_path, images=1).samples[0]
    ring = ((10.0, 20.0), (30.0, 20.0), (20.0, 140.0))
    sample = replace(sample, shapes=(replace(sample.shapes[0], rings=(ring,)),))
    assert boxes_of(sample).xyxy.tolist() == [[10, 20, 30, 128]]  # cut at the image


def test_average__follows_and_settles() -> None:
    network = torch.nn.Linear(1, 1)
    average = Average(network, steps=200)
    with torch.no_grad():
        network.weight.fill_(5.0)
    for _ in range(100):
        average.update(network)
    assert float(average.network.state_dict()["weight"]) == pytest.approx(5.0, abs=0.01)


def test_learning_rate__warms_up_and_comes_down() -> None:
    rates = [learning_rate(1.0, progress) for progress in (0.0, 0.05, 0.45, 0.85, 1.0)]
    assert rates == [0, 1, pytest.approx(0.525), pytest.approx(0.05), pytest.approx(0.05)]
