"""Weights by their names: torchvision's old and new ones, and what detectron2 calls the same layers."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

# What torchvision called its layers when it published the COCO weights, and a bare ResNet's layers.
_NEWER = (
    (r"^(conv1|bn1|layer\d)\.", r"backbone.body.\1."),
    (r"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d)\.(weight|bias)$", r"\1.0.\2"),
    (r"^rpn\.head\.conv\.(weight|bias)$", r"rpn.head.conv.0.0.\1"),
)
_OLD_MASK_HEAD = re.compile(r"^roi_heads\.mask_head\.mask_fcn(\d)\.(weight|bias)$")

_DETECTRON2 = (
    (r"^backbone\.body\.(conv1)\.", r"backbone.bottom_up.stem.\1."),
    (r"^backbone\.body\.bn1\.", r"backbone.bottom_up.stem.conv1.norm."),
    (r"^(backbone\.body\.layer\d\.\d)\.bn(\d)\.", r"\1.conv\2.norm."),
    (r"^(backbone\.body\.layer\d\.\d)\.downsample\.0\.", r"\1.shortcut."),
    (r"^(backbone\.body\.layer\d\.\d)\.downsample\.1\.", r"\1.shortcut.norm."),
    (r"^rpn\.head\.conv\.0\.0\.", r"proposal_generator.rpn_head.conv."),
    (r"^rpn\.head\.cls_logits\.", r"proposal_generator.rpn_head.objectness_logits."),
    (r"^rpn\.head\.bbox_pred\.", r"proposal_generator.rpn_head.anchor_deltas."),
    (r"^roi_heads\.box_head\.fc6\.", r"roi_heads.box_head.fc1."),
    (r"^roi_heads\.box_head\.fc7\.", r"roi_heads.box_head.fc2."),
    (r"^roi_heads\.mask_predictor\.conv5_mask\.", r"roi_heads.mask_head.deconv."),
    (r"^roi_heads\.mask_predictor\.mask_fcn_logits\.", r"roi_heads.mask_head.predictor."),
)
# Layers that both number, from different starts.
_STAGE = re.compile(r"^backbone\.body\.layer(\d)\.")
_PYRAMID = re.compile(r"^backbone\.fpn\.(inner|layer)_blocks\.(\d)\.0\.")
_MASK_CONVOLUTION = re.compile(r"^roi_heads\.mask_head\.(\d)\.0\.")


def with_newer_names(saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return torchvision's weights by the names of its present Mask R-CNN; a bare ResNet's become the backbone's."""
    return {_newer_name(name): value for name, value in saved.items()}


def torchvision_to_detectron2(saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return torchvision's weights as detectron2's; those of other origin as they are.

    The background is the first class there and the last here; boxes and masks of the background are not learned here.
    """
    newer = with_newer_names(saved)
    if not any(name.startswith("backbone.body.") for name in newer):
        return dict(saved)
    return {_detectron2_name(name): _without_background(name, value) for name, value in newer.items()}


def _newer_name(name: str) -> str:
    found = _OLD_MASK_HEAD.match(name)
    if found:
        return f"roi_heads.mask_head.{int(found[1]) - 1}.0.{found[2]}"
    return _replaced(name, _NEWER)


def _detectron2_name(name: str) -> str:
    name = _replaced(name, _DETECTRON2)
    name = _STAGE.sub(lambda found: f"backbone.bottom_up.res{int(found[1]) + 1}.", name)
    kinds = {"inner": "lateral", "layer": "output"}
    name = _PYRAMID.sub(lambda found: f"backbone.fpn_{kinds[found[1]]}{int(found[2]) + 2}.", name)
    return _MASK_CONVOLUTION.sub(lambda found: f"roi_heads.mask_head.mask_fcn{int(found[1]) + 1}.", name)


def _without_background(name: str, value: Tensor) -> Tensor:
    if name.startswith("roi_heads.box_predictor.cls_score."):
        return torch.cat([value[1:], value[:1]])
    if name.startswith("roi_heads.box_predictor.bbox_pred."):
        return value[4:]
    if name.startswith("roi_heads.mask_predictor.mask_fcn_logits."):
        return value[1:]
    return value


def _replaced(name: str, rules: Sequence[tuple[str, str]]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name
