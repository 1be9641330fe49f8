"""Defaults that fit the device and the data."""

from pathlib import Path

import pytest

from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.registry import read_config, trainer_spec
from pictograph_server.engines.trainers.sm_pytorch.config import SmPytorchConfig, input_size, plan_run


def images(*sizes_wh: tuple[int, int]) -> list[Sample]:
    return [Sample(str(number), Path("a.png"), *size, f"{number:064x}") for number, size in enumerate(sizes_wh)]


@pytest.mark.parametrize(
    ("sizes_wh", "side", "expected_hw"),
    [
        ([(640, 480)], 256, (192, 256)),
        ([(480, 640)], 256, (256, 192)),
        ([(1920, 1080)], 512, (288, 512)),
        ([(500, 500)], 64, (64, 64)),
        ([(640, 480), (640, 480), (480, 640)], 256, (192, 256)),
        ([(640, 480), (480, 640)], 256, (256, 256)),
        ([(4000, 100)], 256, (32, 256)),
    ],
    ids=["4 to 3", "upright", "16 to 9", "square", "most are wide", "half are wide", "a strip"],
)
def test_input_size__follows_the_images(
    sizes_wh: list[tuple[int, int]], side: int, expected_hw: tuple[int, int]
) -> None:
    assert input_size(images(*sizes_wh), side) == expected_hw


def test_plan_run__defaults_by_device() -> None:
    data = images(*[(640, 480)] * 120)
    cpu, gpu = (plan_run(SmPytorchConfig(), data, on_gpu=on_gpu) for on_gpu in (False, True))
    assert (cpu.encoder, gpu.architecture, gpu.encoder) == ("resnet18", "unet", "resnet34")
    assert (gpu.input_size_hw, gpu.loop.largest_batch) == ((384, 512), 32)
    assert cpu.loop.largest_batch is None


def test_plan_run__loaded_weights_learn_slower() -> None:
    data = images(*[(640, 480)] * 120)
    scratch, loaded = (plan_run(SmPytorchConfig(), data, on_gpu=True, from_scratch=each) for each in (True, False))
    assert loaded.loop.learning_rate < scratch.loop.learning_rate


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"architecture": "pspnet"}, "'unet', 'unetplusplus', 'linknet'"),
        ({"encoder": "resnet9000"}, "'resnet18', 'resnet34'"),
        ({"image_size": 100}, "multiple of 32"),
    ],
    ids=["architecture", "encoder", "size"],
)
def test_config__what_it_cannot_do_is_refused_with_what_it_can(settings: dict[str, object], words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        read_config(trainer_spec("sm_pytorch"), settings)
