"""Boxes as tensors, last dimension 4, relative to the picture: from one layout to the other, and how they overlap."""

import torch
from torch import Tensor

_EPSILON = 1e-6


def xyxy_to_cxcywh(boxes: Tensor) -> Tensor:
    return torch.cat([(boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]], dim=-1)


def cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], dim=-1)


def iou(one_xyxy: Tensor, other_xyxy: Tensor) -> Tensor:
    """Return the IoU of boxes, 0 to 1; shapes broadcast."""
    return _overlaps(one_xyxy, other_xyxy)[0]


def giou(one_xyxy: Tensor, other_xyxy: Tensor) -> Tensor:
    """Return the generalized IoU of boxes, -1 to 1; shapes broadcast (Rezatofighi et al. 2019)."""
    return _overlaps(one_xyxy, other_xyxy)[1]


def _overlaps(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    low, high = torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])
    both = (high - low).clamp(min=0).prod(-1)
    either = (one[..., 2:] - one[..., :2]).prod(-1) + (other[..., 2:] - other[..., :2]).prod(-1) - both
    far = torch.maximum(one[..., 2:], other[..., 2:]) - torch.minimum(one[..., :2], other[..., :2])
    around = far.clamp(min=0).prod(-1)
    overlap = both / (either + _EPSILON)
    return overlap, overlap - (around - either) / (around + _EPSILON)
