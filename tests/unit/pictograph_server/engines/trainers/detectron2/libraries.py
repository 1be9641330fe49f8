"""The two libraries' networks, in a size that a test has time for. detectron2's tests are skipped where it is not."""

from importlib.util import find_spec

import pytest
import torch
from torch import nn

from pictograph_server.engines.trainers.detectron2.config import MaskRcnnConfig, Network, plan_run
from pictograph_server.engines.trainers.detectron2.library import MaskRcnnLibrary
from pictograph_server.engines.trainers.detectron2.torchvision_network import TorchvisionMaskRcnn

SIDE = 64
has_detectron2 = find_spec("detectron2") is not None
needs_detectron2 = pytest.mark.skipif(
    not has_detectron2, reason="detectron2 is not installed: see docs/engines/detectron2.md"
)
libraries = pytest.mark.parametrize("name", ["torchvision", pytest.param("detectron2", marks=needs_detectron2)])


def library(name: str) -> MaskRcnnLibrary:
    if name == "torchvision":
        return TorchvisionMaskRcnn()
    from pictograph_server.engines.trainers.detectron2.detectron2_network import Detectron2MaskRcnn

    return Detectron2MaskRcnn()


def small_network(*, is_norm_frozen: bool = False) -> Network:
    config = MaskRcnnConfig(image_size=SIDE)
    return plan_run(config, train_images=8, on_gpu=False, is_published=is_norm_frozen).network


def build(name: str, *, classes: int = 2, seed: int = 0) -> nn.Module:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return library(name).build(small_network(), classes)
