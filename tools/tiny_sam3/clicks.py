"""Training of the click head: points or a box in, the one object under them out. The vision encoder stays as it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from tools.tiny_sam3.batches import Batch, Scenes
from tools.tiny_sam3.boxes import cxcywh_to_xyxy, xyxy_to_cxcywh
from tools.tiny_sam3.first_weights import make_clicks_local
from tools.tiny_sam3.loop import Stage, Step, Workbench, train
from tools.tiny_sam3.losses import mask_loss
from tools.tiny_sam3.network import CELLS, TOKENS_SIDE
from tools.tiny_sam3.scenes import INPUT_SIDE, MASK_SIDE
from torch import Tensor, nn
from transformers import Sam3TrackerModel

OBJECTS_ASKED = 4  # in each scene
MOST_POINTS = 3
BOX_SHARE = 0.25  # of the steps ask with a box, the others with points
THREE_ANSWERS_SHARE = 0.4  # of the steps with points let the head draw three masks and take the best
ON_OBJECT, OFF_OBJECT = 0.63, 0.16  # a cell so far covered is on the object; one less covered is off it
_PADDING = -10


class ClicksInTraining(nn.Module):
    """The click head, and another that only training needs: image tokens say themselves whether they are clicked on.

    Without that dense supervision the head cuts out every sign and does not look at the click.
    """

    def __init__(self, tracker: Sam3TrackerModel) -> None:
        super().__init__()
        self.tracker: Any = tracker
        self.tracker.set_attn_implementation("eager")
        self.cell_head = nn.Linear(self.tracker.config.mask_decoder_config.hidden_size, CELLS * CELLS)


def train_clicks(
    network: ClicksInTraining, scenes: Scenes, stage: Stage, bench: Workbench, *, is_new: bool
) -> ClicksInTraining:
    """Return the averaged network; `is_new` when its weights are not trained yet."""
    tracker = network.tracker
    tracker.requires_grad_(True)
    tracker.vision_encoder.backbone.requires_grad_(False)
    if is_new:
        first = scenes.pick(bench.rng("clicks-scale", 0), 16, only_with_objects=False, changed=False)
        make_clicks_local(tracker, first.images)
    # The image's content would grow against the codes of places until clicks are local no more.
    tracker.vision_encoder.neck.fpn_layers[2].requires_grad_(False)
    for code in (tracker.shared_image_embedding, tracker.prompt_encoder.shared_embedding):
        code.requires_grad_(False)
    tokens = scenes.vision_tokens(tracker.vision_encoder.backbone, bench)

    def step_loss(rng: np.random.Generator, _progress: float) -> Step:
        batch = scenes.pick(rng, stage.batch, only_with_objects=True, changed=False)
        return _ask(network, bench, rng, batch, tokens[batch.rows])

    return train(network, stage, bench, step_loss)


@dataclass(frozen=True)
class _Clicks:
    """For each scene and asked object: `points` (n, 4, 3, 2) in input pixels, `labels` (n, 4, 3), `rows` (n, 4)."""

    points: Tensor
    labels: Tensor
    rows: Tensor


def _ask(network: ClicksInTraining, bench: Workbench, rng: np.random.Generator, batch: Batch, tokens: Tensor) -> Step:
    tracker, clicks = network.tracker, _clicks(rng, batch)
    picture = torch.arange(len(clicks.rows), device=bench.device)[:, None]
    truth = batch.masks[picture, clicks.rows]
    with_box = rng.random() < BOX_SHARE
    three_answers = not with_box and rng.random() < THREE_ANSWERS_SHARE
    if with_box:
        sparse, dense = tracker.prompt_encoder(None, None, _boxes(rng, batch.boxes[picture, clicks.rows]), None)
    else:
        sparse, dense = tracker.prompt_encoder(clicks.points, clicks.labels, None, None)
    image_tokens: list[Tensor] = []

    def listen(_module: nn.Module, _inputs: tuple[Tensor, ...], outputs: tuple[Tensor, Tensor]) -> None:
        image_tokens.append(outputs[1])

    listening = tracker.mask_decoder.transformer.register_forward_hook(listen)
    with bench.autocast():
        levels = _levels(tracker, tokens)
        masks, overlaps, _, is_there = tracker.mask_decoder(
            image_embeddings=levels[2],
            image_positional_embeddings=tracker.get_image_wide_positional_embeddings().repeat(len(tokens), 1, 1, 1),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=three_answers,
            high_resolution_features=levels[:2],
        )
        cells = network.cell_head(image_tokens[0])
    listening.remove()
    return _loss(masks.float(), overlaps.float(), is_there.float(), cells.float(), truth)


def _loss(masks: Tensor, overlaps: Tensor, is_there: Tensor, cells: Tensor, truth: Tensor) -> Step:
    """Return the loss of the best of the drawn masks, of how well each is rated, and of the tokens.

    Args:
        masks: (scenes, objects, drawn, h, w).
        overlaps: what the head says of the IoU of each, (scenes, objects, drawn).
        truth: (scenes, objects, h, w).
    """
    wanted = truth[:, :, None].expand_as(masks)
    by_mask = mask_loss(masks, wanted, pixel_weight=10, dice_weight=1)
    best = by_mask.argmin(-1, keepdim=True)
    with torch.no_grad():
        drawn, there = masks > 0, wanted > 0.5
        reached = (drawn & there).sum((-2, -1)) / (drawn | there).sum((-2, -1)).clamp(min=1)
    parts = {
        "mask": by_mask.gather(-1, best).mean() + 0.1 * by_mask.mean(),
        "rating": functional.mse_loss(overlaps, reached),
        "there": 0.2 * functional.binary_cross_entropy_with_logits(is_there, torch.ones_like(is_there)),
        "cells": mask_loss(_as_picture(cells, truth.shape[:2]), truth, pixel_weight=10, dice_weight=1).mean(),
    }
    figures = {name: part.detach() for name, part in parts.items()}
    return torch.stack(list(parts.values())).sum(), figures | {"best_iou": reached.gather(-1, best).mean()}


def _levels(tracker: Any, tokens: Tensor) -> list[Tensor]:
    grid = tokens.float().view(len(tokens), TOKENS_SIDE, TOKENS_SIDE, -1).permute(0, 3, 1, 2)
    levels, _ = tracker.vision_encoder.neck(grid)
    decoder = tracker.mask_decoder
    return [decoder.conv_s0(levels[0]).float(), decoder.conv_s1(levels[1]).float(), levels[2].float()]


def _clicks(rng: np.random.Generator, batch: Batch) -> _Clicks:
    """Return for some objects of each scene one to three clicks: the first on the object, others on or off it."""
    masks, classes = batch.masks.cpu().numpy(), batch.classes.cpu().numpy()
    points = np.full((len(masks), OBJECTS_ASKED, MOST_POINTS, 2), float(_PADDING), np.float32)
    labels = np.full((len(masks), OBJECTS_ASKED, MOST_POINTS), _PADDING, np.int64)
    rows = np.zeros((len(masks), OBJECTS_ASKED), np.int64)
    for picture in range(len(masks)):
        objects = np.flatnonzero(classes[picture] >= 0)
        for asked in range(OBJECTS_ASKED):
            rows[picture, asked] = row = int(objects[rng.integers(len(objects))])
            count = int(rng.choice((1, 1, 2, MOST_POINTS)))
            for number in range(count):
                on = number == 0 or rng.random() < 0.5
                points[picture, asked, number] = _click(rng, masks[picture, row], on=on)
                labels[picture, asked, number] = int(on)
    device = batch.masks.device
    return _Clicks(*(torch.from_numpy(array).to(device) for array in (points, labels, rows)))


def _click(rng: np.random.Generator, mask: NDArray[np.float32], *, on: bool) -> NDArray[np.float64]:
    """Return a place on the object or off it, in pixels of the network's input."""
    fits = mask > min(ON_OBJECT, float(mask.max()) * 0.999) if on else mask < OFF_OBJECT
    rows, columns = np.nonzero(fits if fits.any() else np.ones_like(fits))
    cell = int(rng.integers(len(rows)))
    inside = rng.random(2)
    return (np.array([columns[cell], rows[cell]]) + inside) * (INPUT_SIDE / MASK_SIDE)


def _boxes(rng: np.random.Generator, boxes_xyxy: Tensor) -> Tensor:
    """Return the boxes in input pixels, about as exactly as a person draws them."""
    centred = xyxy_to_cxcywh(boxes_xyxy * INPUT_SIDE)
    off = torch.from_numpy(rng.normal(0, 0.04, tuple(centred.shape)).astype(np.float32)).to(centred.device)
    return cxcywh_to_xyxy(centred + off * centred[..., 2:].repeat(1, 1, 2))


def _as_picture(cells: Tensor, leading: torch.Size) -> Tensor:
    grid = cells.view(*leading, TOKENS_SIDE, TOKENS_SIDE, CELLS, CELLS).permute(0, 1, 2, 4, 3, 5)
    return grid.reshape(*leading, MASK_SIDE, MASK_SIDE)
