"""What the detector's answers cost: confidence, boxes, presence, masks, and what only training asks for."""

import torch
import torch.nn.functional as functional
from tools.tiny_sam3.answers import Answers, Asked
from tools.tiny_sam3.batches import Batch
from tools.tiny_sam3.boxes import cxcywh_to_xyxy, iou, xyxy_to_cxcywh
from tools.tiny_sam3.loop import Step
from tools.tiny_sam3.losses import box_loss, confidence_loss, mask_loss
from tools.tiny_sam3.matching import Matched, match
from torch import Tensor

NEAR = 0.12  # of the picture's side: queries that start so near to an object's centre learn to box it


def detector_loss(asked: Asked, answers: Answers, batch: Batch, start_xy: Tensor) -> Step:
    true_boxes, wanted, is_answered = batch.boxes[asked.picture], asked.wanted, asked.is_answered
    matched = match(answers.logits, answers.boxes, true_boxes, wanted)
    count = max(1, len(matched))
    boxes, truth = (
        answers.boxes[matched.layer, matched.prompt, matched.query],
        true_boxes[matched.prompt, matched.object],
    )
    overlap = iou(cxcywh_to_xyxy(boxes.detach()), truth)
    targets = torch.zeros_like(answers.logits)
    targets[matched.layer, matched.prompt, matched.query] = 0.5 + 0.5 * overlap.clamp(0, 1)
    there = is_answered.float()
    covered = (batch.masks[asked.picture] * wanted[..., None, None]).amax(1)
    parts = {
        "confidence": 1.5 * confidence_loss(answers.logits, targets, is_answered) / count,
        "box": box_loss(boxes, truth).sum() / count,
        "near": 0.4 * _near_loss(answers.boxes, true_boxes, wanted, start_xy),
        "presence": 2
        * functional.binary_cross_entropy_with_logits(answers.presence, there.expand_as(answers.presence)),
        "cells": 1.5 * _area_loss(answers.cells, covered, is_answered),
    }
    if answers.masks is not None and answers.areas is not None:
        parts["mask"] = 2 * _matched_mask_loss(answers.masks, answers.masked, matched, asked, batch)
        every = torch.ones_like(answers.masked, dtype=torch.bool)
        parts["area"] = 0.5 * _area_loss(answers.areas, covered[answers.masked], every)
    last = matched.layer == len(answers.logits) - 1
    with torch.no_grad():
        figures = {
            "box_iou": overlap[last].mean() if bool(last.any()) else torch.zeros(()),
            "presence_right": ((answers.presence[-1] > 0) == is_answered).float().mean(),
        }
    figures |= {name: part.detach() for name, part in parts.items()}
    return torch.stack(list(parts.values())).sum(), figures


def _near_loss(boxes: Tensor, true_boxes: Tensor, wanted: Tensor, start_xy: Tensor) -> Tensor:
    """Return the box loss of every query that starts near a wanted object: many learn where one is matched."""
    with torch.no_grad():
        centred = xyxy_to_cxcywh(true_boxes)
        away = (start_xy[None, :, None] - centred[:, None, :, :2]).abs()
        beyond = (away - (centred[:, None, :, 2:] / 2).clamp(min=NEAR)).amax(-1)
        beyond = beyond.masked_fill(~wanted[:, None], torch.inf)
        nearest, which = beyond.min(-1)
        prompts, queries = torch.nonzero(nearest < 0, as_tuple=True)
    if not len(prompts):
        return torch.zeros((), device=boxes.device)
    truth = true_boxes[prompts, which[prompts, queries]]
    return box_loss(boxes[:, prompts, queries], truth[None]).mean()


def _area_loss(logits: Tensor, covered: Tensor, is_answered: Tensor) -> Tensor:
    """Return how badly the area of all wanted objects together is told; the shape counts where there is one."""
    by_pixel = 3 * functional.binary_cross_entropy_with_logits(logits, covered)
    if not bool(is_answered.any()):
        return by_pixel
    shape = mask_loss(logits[is_answered], covered[is_answered], pixel_weight=0, dice_weight=1)
    return by_pixel + shape.mean()


def _matched_mask_loss(masks: Tensor, masked: Tensor, matched: Matched, asked: Asked, batch: Batch) -> Tensor:
    """Return the loss of the masks of the last layer's matched queries."""
    place = torch.full((len(asked.picture),), -1, device=masked.device)
    place[masked] = torch.arange(len(masked), device=masked.device)
    chosen = (matched.layer == matched.layer.max()) & (place[matched.prompt] >= 0)
    prompts, queries, objects = matched.prompt[chosen], matched.query[chosen], matched.object[chosen]
    truth = batch.masks[asked.picture[prompts], objects]
    return mask_loss(masks[place[prompts], queries], truth, pixel_weight=6, dice_weight=1.5).mean()
