"""Mask R-CNN as a learner: what it says, what it draws, and a file that answers on empty pictures too."""

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tests.recording_run import RecordingRun
from tests.unit.pictograph_server.engines.trainers.detectron2.libraries import (
    SIDE,
    has_detectron2,
    libraries,
    needs_detectron2,
)

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import Prepared, Sample, Shape
from pictograph_server.engines.trainers.detectron2.config import MaskRcnnConfig
from pictograph_server.engines.trainers.detectron2.learner import MaskRcnnLearner
from pictograph_server.engines.trainers.product.export import export

RING = ((16.0, 16.0), (48.0, 16.0), (16.0, 48.0))


def make_samples(folder: Path, count: int = 4) -> tuple[Sample, ...]:
    """Squares, every second one without an outline."""
    folder.mkdir(parents=True, exist_ok=True)
    samples: list[Sample] = []
    for number in range(count):
        file = folder / f"{number}.png"
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (SIDE, SIDE, 3), np.uint8)).save(file)
        shape = Shape(number % 2, (16, 16, 48, 48), (RING,) if number % 2 else ())
        samples.append(
            Sample(str(number), file, SIDE, SIDE, hashlib.sha256(file.read_bytes()).hexdigest(), None, (shape,))
        )
    return tuple(samples)


def make_learner(folder: Path, run: RecordingRun | None = None, **settings: object) -> MaskRcnnLearner:
    samples = make_samples(folder)
    data = Prepared(("a", "b"), samples, samples, samples, "hash")
    config = MaskRcnnConfig.model_validate({"image_size": SIDE, "library": "torchvision", "flip": False, **settings})
    return MaskRcnnLearner(data, config, run or RecordingRun(folder))


def test_learner__says_how_many_boxes_are_learned_as_rectangles(tmp_path: Path) -> None:
    run = RecordingRun(tmp_path)
    learner = make_learner(tmp_path, run)
    assert "2 of 4 annotations are boxes without an outline: learned as filled rectangles." in run.said
    assert learner.settings["boxes_learned_as_rectangles"] == 2


@pytest.mark.skipif(has_detectron2, reason="detectron2 is installed")
def test_learner__without_detectron2_torchvision_stands_in_and_says_so(tmp_path: Path) -> None:
    run = RecordingRun(tmp_path)
    learner = make_learner(tmp_path, run, library="auto")
    assert any("torchvision's Mask R-CNN" in message and "in place of detectron2's" in message for message in run.said)
    assert learner.spec.architecture == "torchvision_mask_rcnn_R18_FPN"
    assert str(learner.settings["library"]).startswith("torchvision ")
    with pytest.raises(EngineUnavailable, match="detectron2 cannot be used here: it is not installed"):
        make_learner(tmp_path, library="detectron2")


@needs_detectron2
def test_learner__detectron2_where_it_is_and_says_so(tmp_path: Path) -> None:
    run = RecordingRun(tmp_path)
    learner = make_learner(tmp_path, run, library="auto")
    assert any("detectron2's Mask R-CNN" in message for message in run.said)
    assert learner.spec.architecture == "detectron2_mask_rcnn_R18_FPN"
    assert str(learner.settings["library"]).startswith("detectron2 ")


@libraries
def test_learner__batch_has_every_objects_mask(name: str, tmp_path: Path) -> None:
    learner = make_learner(tmp_path, library=name)
    pictures = [learner.draw(index, np.random.default_rng(index), fine=False) for index in range(4)]
    batch = learner.collate(pictures)
    assert batch["images"].shape == (4, 3, SIDE, SIDE)
    for boxes, classes, masks in batch["truth"]:
        assert len(boxes) == len(classes) == len(masks) == 1
        left, top, right, bottom = boxes[0].tolist()
        share = float(masks[0].sum()) / ((right - left) * (bottom - top))
        assert share == pytest.approx(1.0 if int(classes[0]) == 0 else 0.5, abs=0.1)


@libraries
def test_export__a_picture_with_detections_and_one_without(name: str, tmp_path: Path) -> None:
    """A graph is traced on a picture with detections; on an empty one it must answer with empty lists."""
    learner = make_learner(tmp_path, library=name)
    network = learner.network.eval()
    # Very sure of whatever it sees, and of nothing on a black picture, where all features are zero.
    head = network.get_submodule("roi_heads.box_predictor.cls_score")
    background = 0 if name == "torchvision" else 2
    with torch.no_grad():
        for key, value in network.named_parameters():
            if key.endswith("bias"):
                value.zero_()
        head.get_parameter("weight").mul_(1e4)
        head.get_parameter("bias")[background] = 20.0
    black = np.zeros((1, 3, SIDE, SIDE), np.float32)
    noise = np.random.default_rng(3).normal(size=black.shape).astype(np.float32)
    facts = export(learner, network, tmp_path / "model", [noise, black])
    assert max(facts.differences.values()) <= 1e-3
    session = onnxruntime.InferenceSession(str(tmp_path / "model" / "model.onnx"))
    counts = [len(session.run(["scores"], {"images": image})[0]) for image in (noise, black)]  # pyright: ignore[reportArgumentType]
    assert counts[0] > 0 and counts[1] == 0


def test_learner__goes_on_from_an_earlier_model(tmp_path: Path) -> None:
    first = make_learner(tmp_path)
    save_file(first.network.state_dict(), tmp_path / "model.safetensors")
    second = make_learner(tmp_path, weights=tmp_path / "model.safetensors", seed=7)
    expected = first.network.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in second.network.state_dict().items())
    assert second.started_from == "model.safetensors"
