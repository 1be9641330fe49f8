"""What training makes small, each as a function of a few tensors."""

import torch
import torch.nn.functional as functional
from tools.tiny_sam3.boxes import cxcywh_to_xyxy, giou, xyxy_to_cxcywh
from torch import Tensor


def box_loss(boxes_cxcywh: Tensor, true_xyxy: Tensor) -> Tensor:
    """Return for each pair of boxes what it costs: 5 of distance (of centre and size, summed) and 2 of overlap."""
    distance = (boxes_cxcywh - xyxy_to_cxcywh(true_xyxy)).abs().sum(-1)
    return 5 * distance + 2 * (1 - giou(cxcywh_to_xyxy(boxes_cxcywh), true_xyxy))


def confidence_loss(logits: Tensor, targets: Tensor, is_answered: Tensor) -> Tensor:
    """Return binary cross-entropy, summed, in which a query that is sure and wrong counts, and an unsure one hardly.

    Args:
        logits: (layers, prompts, queries).
        targets: of the same shape; how sure a query should be, 0 where it answers for nothing.
        is_answered: bool (prompts,): whether anything in the picture answers; queries of the others count a quarter.
    """
    wrong = logits.detach().sigmoid() ** 2
    weight = torch.where(targets > 0, torch.full_like(wrong, 2.0), wrong)
    weight = weight * torch.where(is_answered, 1.0, 0.25)[None, :, None]
    return (functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weight).sum()


def mask_loss(logits: Tensor, targets: Tensor, *, pixel_weight: float, dice_weight: float) -> Tensor:
    """Return for each mask its loss by pixel and by area; masks are the last two dimensions."""
    by_pixel = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean((-2, -1))
    return pixel_weight * by_pixel + dice_weight * dice_loss(logits, targets)


def dice_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return 1 - 2 |A and B| / (|A| + |B|) for each mask, smoothed by one pixel; masks are the last two dimensions."""
    chances = logits.sigmoid()
    both = (chances * targets).sum((-2, -1))
    return 1 - (2 * both + 1) / (chances.sum((-2, -1)) + targets.sum((-2, -1)) + 1)
