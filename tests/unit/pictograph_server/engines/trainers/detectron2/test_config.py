"""What a person leaves open is filled in for the device and the data."""

import pytest

from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.detectron2.config import MaskRcnnConfig, plan_run
from pictograph_server.engines.trainers.registry import read_config, trainer_spec


@pytest.mark.parametrize("name", ["R18", "resnet18", "mask_rcnn_R_18_FPN", "mask_rcnn_R18_FPN"])
def test_model_type__by_any_of_its_names(name: str) -> None:
    assert MaskRcnnConfig.model_validate({"model_type": name}).model_type == "mask_rcnn_R18_FPN"


def test_model_type__unknown_is_refused_with_what_there_is() -> None:
    with pytest.raises(BadConfig, match=r"mask_rcnn_R18_FPN.*mask_rcnn_R50_FPN"):
        read_config(trainer_spec("detectron2"), {"model_type": "R101"})


def test_plan_run__a_cpu_gets_a_small_network() -> None:
    plan = plan_run(MaskRcnnConfig(), train_images=120, on_gpu=False)
    assert (plan.model_type, plan.image_size, plan.network.channels) == ("mask_rcnn_R18_FPN", 192, 64)
    assert (plan.loop.batch_size, plan.loop.epochs, plan.loop.largest_batch) == (4, 12, None)


def test_plan_run__a_gpu_gets_the_published_network() -> None:
    plan = plan_run(MaskRcnnConfig(), train_images=400, on_gpu=True, is_published=True)
    assert (plan.model_type, plan.image_size, plan.network.channels) == ("mask_rcnn_R50_FPN", 640, 256)
    assert plan.network.anchors == (32, 64, 128, 256, 512)
    assert plan.network.is_norm_frozen
    assert (plan.loop.epochs, plan.loop.largest_batch) == (80, 32)


def test_plan_run__many_images_are_each_seen_some_times() -> None:
    assert plan_run(MaskRcnnConfig(), train_images=4000, on_gpu=False).loop.epochs == 4


def test_plan_run__no_larger_batch_than_images() -> None:
    assert plan_run(MaskRcnnConfig(batch_size=16), train_images=5, on_gpu=False).loop.batch_size == 5
