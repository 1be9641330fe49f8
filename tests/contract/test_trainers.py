"""What every trainer must do, on a dataset of twelve small pictures. A new engine adds a line to `SMALL_RUNS`."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.recording_run import RecordingRun
from tests.without_torch import predict_without_torch

from pictograph.inference import DetectionModel, load_model
from pictograph_server.engines.errors import BadConfig, BadTrainingData, Cancelled
from pictograph_server.engines.trainers.base import (
    Sample,
    Shape,
    Task,
    TrainedModel,
    TrainingData,
)
from pictograph_server.engines.trainers.registry import check_installed, read_config, trainer_spec, trainer_specs

CLASS_NAMES = ("red_square", "green_square", "blue_square")
COLOURS = ("#c02020", "#20a030", "#2040c0")

# Settings that make a run last seconds: four epochs on pictures of about 64 pixels.
_TINY_DETR: dict[str, object] = {"encoder_blocks": 1, "decoder_layers": 1, "queries": 10, "groups": 1}
SMALL_RUNS: dict[str, dict[str, object]] = {
    "classification": {"epochs": 4, "image_size": 64, "batch_size": 4},
    "detectron2": {"epochs": 4, "image_size": 64, "batch_size": 4},
    "rfdetr_detection": {"epochs": 4, "image_size": 64, "batch_size": 4, **_TINY_DETR},
    "rfdetr_segmentation": {"epochs": 4, "image_size": 60, "batch_size": 4, **_TINY_DETR},
    "sm_pytorch": {"epochs": 4, "image_size": 64, "batch_size": 4},
    "yolox": {"epochs": 4, "image_size": 64, "batch_size": 4, "model_type": "nano"},
}
# Settings with which a network from scratch learns to tell the three colours apart.
GOLDEN_RUNS: dict[str, dict[str, object]] = {
    "classification": {"epochs": 12, "image_size": 64, "batch_size": 8},
    "detectron2": {"epochs": 12, "image_size": 64, "batch_size": 4},
    "rfdetr_detection": {
        **_TINY_DETR,
        "epochs": 80,
        "image_size": 64,
        "batch_size": 8,
        "queries": 16,
        "learning_rate": 1e-3,
    },
    "rfdetr_segmentation": {
        **_TINY_DETR,
        "epochs": 80,
        "image_size": 60,
        "batch_size": 8,
        "queries": 20,
        "learning_rate": 1e-3,
    },
    "sm_pytorch": {"epochs": 16, "image_size": 64, "batch_size": 8},
    "yolox": {"epochs": 70, "image_size": 64, "batch_size": 8},
}
# The first figure of each task, which decides the best epoch, and those of every class.
FIGURES: dict[Task, tuple[str, str]] = {
    "object_detection": ("map_50_95", "ap_50"),
    "instance_segmentation": ("mask_map_50_95", "mask_ap_50"),
    "semantic_segmentation": ("miou", "iou"),
    "classification": ("top_1", "recall"),
}

trainers = pytest.mark.parametrize("name", sorted(trainer_specs()))


def make_data(
    folder: Path, *, images: int = 12, annotated: bool = True, size: int = 128, classes: int = 3
) -> TrainingData:
    """Pictures with one square each, its colour the class, drawn the same way every time.

    The square is a polygon, and the image is tagged with its class: there is something to learn for every task.
    """
    folder.mkdir(parents=True, exist_ok=True)
    samples: list[Sample] = []
    for number in range(images):
        rng = np.random.default_rng(number)
        class_index = number % classes
        side = int(rng.integers(size // 3, size // 2))
        left, top = (int(value) for value in rng.integers(0, size - side, 2))
        noise = rng.integers(90, 160, (size, size, 3), dtype=np.uint8)
        picture = Image.fromarray(noise)
        ImageDraw.Draw(picture).rectangle((left, top, left + side - 1, top + side - 1), fill=COLOURS[class_index])
        path = folder / f"{number}.png"
        picture.save(path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        right, bottom = left + side, top + side
        ring = ((left, top), (right, top), (right, bottom), (left, bottom))
        shape = Shape(class_index, (left, top, right, bottom), (ring,))
        shapes, tags = ((shape,), (class_index,)) if annotated else ((), ())
        samples.append(Sample(f"image-{number}", path, size, size, sha256, shapes=shapes, tags=tags))
    return TrainingData(CLASS_NAMES[:classes], tuple(samples))


def train(
    name: str, run: RecordingRun, data: TrainingData, settings: Mapping[str, object] | None = None
) -> TrainedModel:
    import torch

    from pictograph_server.engines.trainers.train import train as train_model

    run.workdir.mkdir(parents=True, exist_ok=True)
    # Sums come out the same to the last bit only from as many threads; other tests in this process may have changed it.
    torch.set_num_threads(1)
    spec = trainer_spec(name)
    return train_model(spec, data, read_config(spec, settings or SMALL_RUNS[name]), run)


@dataclass(frozen=True)
class Finished:
    run: RecordingRun
    data: TrainingData
    model: TrainedModel


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Finished:
    """One uninterrupted run of each trainer, shared by the tests that look at it."""
    folder = tmp_path_factory.mktemp(request.param)
    run, data = RecordingRun(folder / "work"), make_data(folder / "images")
    return Finished(run, data, train(request.param, run, data))


finished_runs = pytest.mark.parametrize("finished", sorted(trainer_specs()), indirect=True)

# Minutes of the network whose loop, colours and classes are those of rfdetr_detection.
_LONG = [
    pytest.param(name, marks=pytest.mark.exhaustive if name == "rfdetr_segmentation" else ())
    for name in sorted(trainer_specs())
]


@trainers
def test_trainer__is_installed_and_has_a_small_run(name: str) -> None:
    check_installed(trainer_spec(name))
    assert name in SMALL_RUNS and name in GOLDEN_RUNS


@finished_runs
def test_train__reports_every_epoch(finished: Finished) -> None:
    reports = finished.run.reports
    assert [report.epoch for report in reports] == [1, 2, 3, 4]
    assert {report.epochs for report in reports} == {4}
    assert all(report.metrics["loss"] > 0 for report in reports)
    assert reports[-1].eta_seconds == 0
    assert task_figures(finished)[0] in reports[-1].metrics
    assert all(report.metrics["learning_rate"] >= 0 and report.metrics["images_per_second"] > 0 for report in reports)


@finished_runs
def test_train__says_what_it_runs_on(finished: Finished) -> None:
    assert finished.run.device
    assert any(finished.run.device in message for message in finished.run.said)


@finished_runs
def test_train__leaves_a_whole_folder(finished: Finished) -> None:
    assert {file.name for file in finished.model.folder.iterdir()} == {
        "model.onnx",
        "model.safetensors",
        "card.json",
        "card.md",
        "evaluation.json",
    }
    assert json.loads((finished.model.folder / "card.json").read_text()) == finished.model.card


@finished_runs
def test_train__card_has_the_facts(finished: Finished) -> None:
    card = json.loads((finished.model.folder / "card.json").read_text())
    onnx_file = (finished.model.folder / "model.onnx").read_bytes()
    assert card["class_names"] == list(CLASS_NAMES)
    assert card["inference"]["preprocessing"]["channel_order"] in ("RGB", "BGR")
    assert card["inference"]["preprocessing"]["input_size_hw"] == [SMALL_RUNS[card["pipeline"]]["image_size"]] * 2
    assert sum(card["data"]["splits"].values()) == 12
    assert card["data"]["objects"] == {"red_square": 4, "green_square": 4, "blue_square": 4}
    assert len(card["data"]["sha256"]) == 64
    assert card["training"]["seed"] == 0
    assert card["training"]["device"] == finished.run.device
    assert card["metrics"] == dict(finished.model.metrics)
    assert card["versions"]["torch"]
    assert "Apache-2.0" in card["license"]
    assert card["files"]["model.onnx"]["sha256"] == hashlib.sha256(onnx_file).hexdigest()


@finished_runs
def test_train__figures_for_every_class(finished: Finished) -> None:
    decides, of_class = task_figures(finished)
    assert next(iter(finished.model.metrics)) == decides
    assert all(f"{of_class}/{name}" in finished.model.metrics for name in CLASS_NAMES)


@finished_runs
def test_train__exported_file_answers_as_torch_does(finished: Finished) -> None:
    file = cast("dict[str, dict[str, dict[str, float]]]", finished.model.card["files"])["model.onnx"]
    differences = file["largest_difference_from_torch"]
    assert differences and all(value <= 1e-3 for value in differences.values())


@finished_runs
def test_train__model_file_is_enough_to_predict(finished: Finished, tmp_path: Path) -> None:
    downloaded = tmp_path / "anything.onnx"
    downloaded.write_bytes((finished.model.folder / "model.onnx").read_bytes())
    model = load_model(downloaded)
    assert model.class_names == CLASS_NAMES
    assert model.spec.task == trainer_spec(str(finished.model.card["pipeline"])).task
    image = finished.data.samples[0].path
    found = model.predict(image, confidence=0.0)
    assert all(0 <= each.confidence <= 1 and each.class_name in CLASS_NAMES for each in found)
    if isinstance(model, DetectionModel):
        boxes = [each.box_xyxy for each in model.predict(image, confidence=0.0)]
        assert all(0 <= x_min < x_max <= 128 for x_min, _, x_max, _ in boxes)


@finished_runs
def test_train__model_answers_several_images_as_one_by_one(finished: Finished) -> None:
    model, images = load_model(finished.model.folder), [sample.path for sample in finished.data.samples[:3]]
    together = model.predict(images, confidence=0.0, batch_size=3)
    for image, found in zip(images, together, strict=True):
        alone = model.predict(image, confidence=0.0)
        # The surest: behind them are hundreds that differ by less than rounding.
        np.testing.assert_allclose(found.confidences[:5], alone.confidences[:5], atol=1e-3)


@finished_runs
def test_train__model_predicts_without_torch(finished: Finished) -> None:
    file, images = finished.model.folder / "model.onnx", [sample.path for sample in finished.data.samples[:2]]
    here = [each.to_dict() for each in load_model(file, threads=1).predict(images, confidence=0.0)]
    assert predict_without_torch([(file, images)]) == [here]


@pytest.mark.slow
@pytest.mark.parametrize("name", _LONG)
def test_train__every_class_keeps_its_name(name: str, tmp_path: Path) -> None:
    """Catches a class off by one, and red taken for blue: channels in another order than in training."""
    trained = train(name, RecordingRun(tmp_path / "work"), make_data(tmp_path, images=24, size=64), GOLDEN_RUNS[name])
    model = load_model(trained.folder)
    unseen = make_data(tmp_path / "unseen", images=36, size=64).samples[30:]
    for sample in unseen:
        found = model.predict(sample.path, confidence=0.0)
        assert found[0].class_name == CLASS_NAMES[sample.shapes[0].class_index]


@trainers
def test_train__one_class(name: str, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path / "work")
    trained = train(name, run, make_data(tmp_path, classes=1), {**SMALL_RUNS[name], "epochs": 1})
    assert trained.class_names == CLASS_NAMES[:1]
    assert load_model(trained.folder).class_names == CLASS_NAMES[:1]


@trainers
def test_train__class_without_examples_is_left_out_and_said(name: str, tmp_path: Path) -> None:
    data = make_data(tmp_path, classes=3)
    green_and_blue = tuple(s for s in data.samples if s.tags != (0,))
    run = RecordingRun(tmp_path / "work")
    trained = train(name, run, replace(data, samples=green_and_blue), {**SMALL_RUNS[name], "epochs": 1})
    assert trained.class_names == CLASS_NAMES[1:]
    assert any("No example of red_square: left out" in message for message in run.said)


@finished_runs
def test_train__goes_on_from_an_earlier_model_with_other_classes(finished: Finished, tmp_path: Path) -> None:
    name, weights = str(finished.model.card["pipeline"]), finished.model.folder / "model.safetensors"
    run, data = RecordingRun(tmp_path / "work"), make_data(tmp_path / "images", classes=2)
    trained = train(name, run, data, {**SMALL_RUNS[name], "epochs": 1, "weights": weights})
    assert trained.class_names == CLASS_NAMES[:2]
    assert run.started_from == weights.name
    (words,) = [message for message in run.said if message.startswith("Started from model.safetensors")]
    assert "fresh ones, as for other classes" in words


def task_figures(finished: Finished) -> tuple[str, str]:
    return FIGURES[trainer_spec(str(finished.model.card["pipeline"])).task]


@trainers
def test_train__cancel_stops_within_a_step(name: str, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path / "work", cancel_at_call=4)
    with pytest.raises(Cancelled):
        train(name, run, make_data(tmp_path / "images"))
    assert run.calls == 4
    assert not (run.workdir / "model" / "model.onnx").exists()


@pytest.mark.parametrize("finished", _LONG, indirect=True)
def test_train__killed_in_the_third_epoch_goes_on(
    finished: Finished, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = str(request.node.callspec.params["finished"])
    steps_and_measurements = finished.run.calls // 4
    child = [sys.executable, __file__, name, str(tmp_path), str(2 * steps_and_measurements + 2)]
    # Behind it what this process was given: a library that is on no package index.
    search_path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    paths = {**os.environ, "PYTHONPATH": search_path.rstrip(os.pathsep)}
    died = subprocess.run(child, check=False, capture_output=True, text=True, env=paths)
    assert died.returncode == -signal.SIGKILL, died.stderr

    run = RecordingRun(tmp_path / "work")
    model = train(name, run, make_data(tmp_path / "images"))

    epochs = [report.epoch for report in run.reports]
    assert epochs == list(range(epochs[0], 5))
    assert 1 < epochs[0] <= 3
    assert any(f"after epoch {epochs[0] - 1} of 4" in message for message in run.said)
    assert {report.epochs for report in run.reports} == {4}
    # The killed process may not have told the platform of all of them.
    before = [report.epoch for report in run.reports_before]
    assert before == list(range(1, epochs[0]))
    assert [report.metrics["loss"] for report in (*run.reports_before, *run.reports)] == [
        report.metrics["loss"] for report in finished.run.reports
    ]
    # The same model to the last bit, as if nothing had happened.
    weights = [(folder / "model.safetensors").read_bytes() for folder in (model.folder, finished.model.folder)]
    assert weights[0] == weights[1]
    assert model.metrics == finished.model.metrics


@finished_runs
def test_train__checkpoint_of_other_data_is_not_taken_up(finished: Finished, tmp_path: Path) -> None:
    name = str(finished.model.card["pipeline"])
    run = RecordingRun(tmp_path / "work", cancel_at_call=4)
    run.workdir.mkdir()
    (run.workdir / "checkpoint.pt").write_bytes((finished.run.workdir / "checkpoint.pt").read_bytes())
    with pytest.raises(Cancelled):
        train(name, run, make_data(tmp_path / "images", images=13))
    assert not any("Going on" in message for message in run.said)


@trainers
def test_read_config__unknown_key_lists_the_allowed(name: str) -> None:
    with pytest.raises(BadConfig, match=r"no setting 'epoch_count': allowed are .*'seed'"):
        read_config(trainer_spec(name), {"epoch_count": 3})


@trainers
@pytest.mark.parametrize(
    ("images", "annotated", "words"),
    [
        (0, True, "the export holds no images"),
        (12, False, "none of the 12 images has a (box or a polygon|tag)"),
        (4, True, "Too few annotated images: 4 of 4: training needs at least 5"),
    ],
    ids=["no images", "no annotations", "too few"],
)
def test_train__nothing_to_learn_from(name: str, images: int, annotated: bool, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadTrainingData, match=words):
        train(name, RecordingRun(tmp_path / "work"), make_data(tmp_path, images=images, annotated=annotated))


@trainers
def test_train__broken_image_is_named(name: str, tmp_path: Path) -> None:
    data = make_data(tmp_path / "images")
    data.samples[3].path.write_bytes(b"not an image")
    with pytest.raises(BadTrainingData, match=r"'3\.png' cannot be read"):
        train(name, RecordingRun(tmp_path / "work"), data)


def _die_while_training(name: str, folder: Path, die_at_call: int) -> None:
    run = RecordingRun(folder / "work", die_at_call=die_at_call)
    train(name, run, make_data(folder / "images"))


if __name__ == "__main__":
    _die_while_training(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
