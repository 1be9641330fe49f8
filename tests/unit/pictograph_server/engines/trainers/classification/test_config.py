"""Names of networks are known without loading the library; defaults fit the device and the data."""

import subprocess
import sys
from pathlib import Path

import pytest

from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.classification.config import ClassificationConfig, Made, plan_run
from pictograph_server.engines.trainers.classification.names import network_names
from pictograph_server.engines.trainers.registry import read_config, trainer_spec

RESNET, VIT = Made(224, is_fixed=False), Made(224, is_fixed=True)


def images(side: int, count: int = 100) -> list[Sample]:
    return [Sample(str(number), Path("a.png"), side, side // 2, f"{number:064x}") for number in range(count)]


@pytest.mark.parametrize("name", ["resnet18", "resnet50.a1_in1k", "vit_small_patch16_224"])
def test_config__any_network_of_timm(name: str) -> None:
    config = read_config(trainer_spec("classification"), {"model_type": name})
    assert isinstance(config, ClassificationConfig) and config.model_type == name


def test_config__unknown_network_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadConfig, match=r"timm has no network 'resnet19'; it has \d+, among them .*resnet18"):
        read_config(trainer_spec("classification"), {"model_type": "resnet19"})


def test_network_names__loads_neither_timm_nor_torch() -> None:
    code = (
        "import sys; from pictograph_server.engines.trainers.classification.names import network_names as names; "
        "sys.exit(not names() or 'timm' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_network_names__are_those_timm_lists() -> None:
    import timm

    assert network_names() == set(timm.list_models())


@pytest.mark.parametrize(
    ("side", "made", "on_gpu", "expected"),
    [
        (40, RESNET, False, 64),
        (90, RESNET, False, 96),
        (3000, RESNET, False, 128),
        (40, VIT, False, 224),
        (40, RESNET, True, 224),
    ],
    ids=["small images", "as they are", "large images", "fixed by the network", "gpu"],
)
def test_plan_run__image_size(side: int, made: Made, on_gpu: bool, expected: int) -> None:
    assert plan_run(ClassificationConfig(), images(side), made, on_gpu=on_gpu).image_size == expected


def test_plan_run__never_more_images_a_step_than_there_are() -> None:
    assert plan_run(ClassificationConfig(), images(64, count=7), RESNET, on_gpu=False).loop.batch_size == 7
