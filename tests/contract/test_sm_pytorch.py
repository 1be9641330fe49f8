"""What is semantic segmentation's own: ignored pixels teach nothing, one image a step trains, weights are found."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.contract.test_trainers import make_data
from tests.recording_run import RecordingRun

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import TrainingData
from pictograph_server.engines.trainers.class_maps import IGNORE
from pictograph_server.engines.trainers.prepare import prepare
from pictograph_server.engines.trainers.sm_pytorch.config import SmPytorchConfig
from pictograph_server.engines.trainers.sm_pytorch.learner import SmPytorchLearner


def learner_of(
    folder: Path, data: TrainingData | None = None, **settings: object
) -> tuple[SmPytorchLearner, list[str]]:
    config = SmPytorchConfig.model_validate({"image_size": 64, **settings})
    run = RecordingRun(folder)
    data = data or make_data(folder / "images", size=64)
    return SmPytorchLearner(prepare(data, "semantic_segmentation", config), config, run), run.said


def loss_of(learner: SmPytorchLearner, pixels: torch.Tensor, class_maps: torch.Tensor) -> float:
    network = learner.network.train()
    return learner.losses(network, {"pixels": pixels, "class_maps": class_maps}, fine=False)["loss"].item()


def test_losses__ignored_pixels_count_for_nothing(tmp_path: Path) -> None:
    learner, _ = learner_of(tmp_path)
    pixels = torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)
    truth = torch.zeros(2, 64, 64, dtype=torch.uint8)
    truth[:, 20:40, 20:40] = 1
    ignored, other = truth.clone(), truth.clone()
    ignored[:, :, 40:] = other[:, :, 40:] = IGNORE
    # In eval mode, so that nothing but the class maps differs.
    learner.network.eval()
    losses = [
        learner.losses(learner.network, {"pixels": pixels, "class_maps": maps}, fine=False)["loss"]
        for maps in (truth, ignored, other)
    ]
    assert losses[1] == losses[2] != losses[0]


def test_losses__nothing_but_ignored_pixels(tmp_path: Path) -> None:
    learner, _ = learner_of(tmp_path)
    everything_ignored = torch.full((2, 64, 64), IGNORE, dtype=torch.uint8)
    assert loss_of(learner, torch.zeros(2, 64, 64, 3, dtype=torch.uint8), everything_ignored) == 0


@pytest.mark.parametrize("architecture", ["deeplabv3plus", "unet"])
def test_losses__one_image_a_step(architecture: str, tmp_path: Path) -> None:
    learner, _ = learner_of(tmp_path, architecture=architecture)
    pixels, truth = torch.zeros(1, 64, 64, 3, dtype=torch.uint8), torch.zeros(1, 64, 64, dtype=torch.uint8)
    assert loss_of(learner, pixels, truth) > 0


def test_prepare__boxes_alone_are_refused(tmp_path: Path) -> None:
    data = make_data(tmp_path / "images", size=64)
    boxes = tuple(replace(s, shapes=tuple(replace(shape, rings=()) for shape in s.shapes)) for s in data.samples)
    with pytest.raises(BadTrainingData, match="a box does not say which of its pixels are the object"):
        learner_of(tmp_path, replace(data, samples=boxes))


def test_prepare__class_with_boxes_alone_is_said(tmp_path: Path) -> None:
    data = make_data(tmp_path / "images", size=64)
    samples = tuple(
        replace(s, shapes=tuple(replace(shape, rings=()) for shape in s.shapes)) if s.tags == (2,) else s
        for s in data.samples
    )
    _, said = learner_of(tmp_path, replace(data, samples=samples))
    assert "Only boxes, no outlines, of blue_square: the model will not find them." in said


@pytest.mark.parametrize(("prefix", "is_whole"), [("", True), ("encoder.", False)], ids=["model", "encoder"])
def test_weights__of_an_encoder_and_of_a_whole_model(prefix: str, is_whole: bool, tmp_path: Path) -> None:
    """The library publishes encoders; ours are whole. Both are safetensors, told apart by the names inside."""
    first, _ = learner_of(tmp_path, seed=1)
    known = {name: value.contiguous() for name, value in first.network.state_dict().items()}
    file = tmp_path / "known.safetensors"
    save_file({name.removeprefix(prefix): v for name, v in known.items() if name.startswith(prefix)}, file)

    second, said = learner_of(tmp_path, seed=2, weights=file)

    filled = second.network.state_dict()
    assert torch.equal(filled["encoder.conv1.weight"], known["encoder.conv1.weight"])
    head = "segmentation_head.0.weight"
    assert torch.equal(filled[head], known[head]) is is_whole
    assert any("Started from known.safetensors" in words for words in said)
