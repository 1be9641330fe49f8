"""torchvision's weights under both libraries' names, and the same answer from them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.unit.pictograph_server.engines.trainers.detectron2.libraries import build, library, needs_detectron2
from torchvision.models import resnet18

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.detectron2.weight_names import torchvision_to_detectron2, with_newer_names
from pictograph_server.engines.trainers.detectron2.weights import read_weights


def test_with_newer_names__as_they_were_when_the_coco_weights_were_published() -> None:
    one = torch.zeros(1)
    old = {
        "backbone.fpn.inner_blocks.0.weight": one,
        "rpn.head.conv.bias": one,
        "roi_heads.mask_head.mask_fcn1.weight": one,
        "roi_heads.box_head.fc6.weight": one,
    }
    new = ["backbone.fpn.inner_blocks.0.0.weight", "rpn.head.conv.0.0.bias", "roi_heads.mask_head.0.0.weight"]
    assert list(with_newer_names(old)) == [*new, "roi_heads.box_head.fc6.weight"]


def test_with_newer_names__a_bare_resnet_is_the_backbone() -> None:
    own = set(build("torchvision").state_dict())
    renamed = set(with_newer_names(resnet18(weights=None).state_dict()))
    assert {name for name in own if name.startswith("backbone.body.")} == renamed - {"fc.weight", "fc.bias"}


def test_with_newer_names__present_ones_stay() -> None:
    own = build("torchvision").state_dict()
    assert list(with_newer_names(own)) == list(own)


def test_torchvision_to_detectron2__background_goes_last() -> None:
    head = {
        "backbone.body.conv1.weight": torch.zeros(1),
        "roi_heads.box_predictor.cls_score.bias": torch.tensor([0, 1, 2]),
        "roi_heads.box_predictor.bbox_pred.bias": torch.arange(12),
        "roi_heads.mask_predictor.mask_fcn_logits.bias": torch.tensor([0, 1, 2]),
    }
    renamed = torchvision_to_detectron2(head)
    assert renamed["roi_heads.box_predictor.cls_score.bias"].tolist() == [1, 2, 0]
    assert renamed["roi_heads.box_predictor.bbox_pred.bias"].tolist() == list(range(4, 12))
    assert renamed["roi_heads.mask_head.predictor.bias"].tolist() == [1, 2]


@needs_detectron2
def test_torchvision_to_detectron2__every_layer_fits() -> None:
    theirs = build("detectron2").state_dict()
    renamed = torchvision_to_detectron2(build("torchvision").state_dict())
    assert {name: value.shape for name, value in renamed.items()} == {
        name: value.shape for name, value in theirs.items()
    }


@needs_detectron2
def test_torchvision_to_detectron2__the_backbone_computes_the_same() -> None:
    ours, theirs = build("torchvision").eval(), build("detectron2", seed=1).eval()
    theirs.load_state_dict(library("detectron2").renamed(ours.state_dict()))
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        pyramids = [list(net.get_submodule("backbone")(image).values()) for net in (ours, theirs)]
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(*pyramids, strict=True))


def test_read_weights__a_pickle_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model_final.pkl"
    file.write_bytes(b"\x80\x02}.")
    with pytest.raises(EngineUnavailable, match=r"'model_final\.pkl' are not read: a \.pkl is a Python pickle"):
        read_weights(file)


def test_read_weights__code_in_a_pth_is_not_run(tmp_path: Path) -> None:
    torch.save({"model": Path("anything")}, tmp_path / "model.pth")
    with pytest.raises(EngineUnavailable, match=r"'model\.pth' cannot be read"):
        read_weights(tmp_path / "model.pth")


def test_read_weights__tensors_of_either_format(tmp_path: Path) -> None:
    state = {"rpn.head.cls_logits.bias": torch.arange(3)}
    torch.save({"model": state, "iteration": 90_000}, tmp_path / "model.pth")
    save_file(state, tmp_path / "model.safetensors")
    for file in ("model.pth", "model.safetensors"):
        assert {name: value.tolist() for name, value in read_weights(tmp_path / file).items()} == {
            "rpn.head.cls_logits.bias": [0, 1, 2]
        }
