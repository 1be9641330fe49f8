"""Both libraries' Mask R-CNN: losses of a batch, also without objects, an answer of lists, and what is frozen."""

import pytest
import torch
from tests.unit.pictograph_server.engines.trainers.detectron2.libraries import (
    SIDE,
    build,
    libraries,
    library,
    small_network,
)
from torch import Tensor

from pictograph_server.engines.trainers.detectron2.library import Truth


def truth(*boxes: tuple[float, float, float, float]) -> Truth:
    masks = torch.zeros(len(boxes), SIDE, SIDE, dtype=torch.bool)
    for mask, (left, top, right, bottom) in zip(masks, boxes, strict=True):
        mask[int(top) : int(bottom), int(left) : int(right)] = True
    classes = torch.arange(len(boxes)) % 2
    return Truth(torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4), classes, masks)


def images(count: int) -> Tensor:
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@libraries
def test_losses__an_image_without_objects_among_others(name: str) -> None:
    network = build(name).train()
    torch.manual_seed(0)
    losses = library(name).losses(network, images(2), [truth((8, 8, 40, 40), (30, 20, 60, 60)), truth()])
    assert len(losses) == 5
    total = torch.stack(list(losses.values())).sum()
    total.backward()
    assert torch.isfinite(total)
    assert all(each.grad is not None for each in network.parameters())


@libraries
def test_losses__the_seed_decides_which_proposals_are_learned_from(name: str) -> None:
    network = build(name).train()
    sums: list[float] = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        parts = library(name).losses(network, images(2), [truth((8, 8, 40, 40)), truth((20, 20, 50, 60))])
        sums.append(sum(float(part.detach()) for part in parts.values()))
    assert sums[0] == sums[1] != sums[2]


@libraries
def test_answering__lists_of_one_image(name: str) -> None:
    network = build(name).eval()
    with torch.inference_mode():
        boxes, scores, labels, masks = library(name).answering(network, SIDE)(images(1))
    count = len(scores)
    assert count > 0
    assert boxes.shape == (count, 4) and labels.shape == (count,) and masks.shape == (count, 1, 28, 28)
    assert float(boxes.min()) >= 0 and float(boxes.max()) <= SIDE
    assert set((labels - library(name).first_label).tolist()) <= {0, 1}
    assert float(masks.min()) >= 0 and float(masks.max()) <= 1


@libraries
def test_build__published_statistics_and_first_layers_stay(name: str) -> None:
    network = library(name).build(small_network(is_norm_frozen=True), 2)
    frozen = [key for key, value in network.named_parameters() if not value.requires_grad]
    assert frozen and all("conv1" in key or "layer1" in key or "res2" in key for key in frozen)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    library(name).losses(network.train(), images(2), [truth((8, 8, 40, 40)), truth()])
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.bfloat16])
def test_losses__boxes_keep_their_precision_under_autocast(dtype: torch.dtype) -> None:
    network = build("torchvision").train()
    seen: list[torch.dtype] = []
    network.get_submodule("roi_heads.box_roi_pool").register_forward_pre_hook(
        lambda _, arguments: seen.extend(boxes.dtype for boxes in arguments[1])
    )
    with torch.autocast("cpu", dtype=dtype):
        library("torchvision").losses(network, images(1), [truth((8, 8, 40, 40))])
    assert set(seen) == {torch.float32}
