"""What RF-DETR's defaults come to on a CPU, on a GPU and from weights, and what it refuses."""

import pytest

from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.registry import read_config, trainer_spec
from pictograph_server.engines.trainers.rfdetr.config import (
    Build,
    RfdetrDetectionConfig,
    RfdetrSegmentationConfig,
    Shapes,
    plan_run,
)


def test_plan_run__gpu_is_as_published() -> None:
    build = plan_run(RfdetrDetectionConfig(), train_images=500, on_gpu=True).build
    assert build == Build("small", False, 512, encoder_blocks=12, decoder_layers=3, queries=300, groups=13)
    assert build.taps == [3, 6, 9, 12]


def test_plan_run__cpu_is_small_and_learns_faster() -> None:
    plan = plan_run(RfdetrSegmentationConfig(), train_images=500, on_gpu=False)
    assert plan.build.architecture == "rfdetr_seg_nano"
    assert plan.build.encoder_blocks < 12
    assert plan.build.queries < 100


def test_plan_run__weights_decide_what_was_left_open() -> None:
    of_file = Shapes(image_size=192, encoder_blocks=3, decoder_layers=1, queries=25, groups=2)
    plan = plan_run(RfdetrDetectionConfig(queries=20), train_images=9, on_gpu=True, weights=of_file)
    assert plan.build == Build("small", False, 192, encoder_blocks=3, decoder_layers=1, queries=20, groups=2)


def test_plan_run__no_more_queries_than_patches() -> None:
    assert plan_run(RfdetrDetectionConfig(image_size=64), train_images=9, on_gpu=True).build.queries == 16


@pytest.mark.parametrize(
    ("blocks", "taps"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 3, 4]), (8, [2, 4, 6, 8])]
)
def test_taps__end_with_the_last_block(blocks: int, taps: list[int]) -> None:
    build = plan_run(RfdetrDetectionConfig(encoder_blocks=blocks), train_images=9, on_gpu=False).build
    assert build.taps == taps


@pytest.mark.parametrize(
    ("pipeline", "settings", "words"),
    [
        ("rfdetr_detection", {"image_size": 100}, "image_size = 100: .*multiple of 32"),
        ("rfdetr_detection", {"variant": "base"}, "variant = 'base': .*'nano', 'small', 'medium' or 'large'"),
        ("rfdetr_segmentation", {"variant": "small", "image_size": 60}, "multiple of 24: 48 or 72"),
        ("rfdetr_segmentation", {"groups": 14}, "groups = 14: .*less than or equal to 13"),
    ],
)
def test_read_config__refused(pipeline: str, settings: dict[str, object], words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        read_config(trainer_spec(pipeline), settings)
