"""Training of the vision encoder alone, first of all: every 4 x 4 pixels say which class they belong to.

Without it, the detector sees nothing worth attending to and learns nothing in the time there is.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from tools.tiny_sam3.batches import Batch, Scenes
from tools.tiny_sam3.loop import Stage, Step, Workbench, train
from tools.tiny_sam3.network import CELLS, TOKENS_SIDE
from tools.tiny_sam3.scenes import MASK_SIDE
from tools.tiny_sam3.vocabulary import CLASSES
from torch import Tensor, nn
from transformers import Sam3Model

COVERED = 0.4  # of a cell: then it belongs to the object
BACKGROUND_WEIGHT = 0.35  # most of a picture is background


class EncoderInTraining(nn.Module):
    """The vision encoder, and a head that only training needs."""

    def __init__(self, detector: Sam3Model) -> None:
        super().__init__()
        source: Any = detector
        source.set_attn_implementation("eager")
        self.encoder: Any = source.vision_encoder.backbone
        self.cell_head = nn.Linear(self.encoder.config.hidden_size, CELLS * CELLS * (len(CLASSES) + 1))


def train_encoder(network: EncoderInTraining, scenes: Scenes, stage: Stage, bench: Workbench) -> EncoderInTraining:
    """Return the averaged encoder after the stage."""
    weight = torch.tensor([BACKGROUND_WEIGHT] + [1.0] * len(CLASSES), device=bench.device)

    def step_loss(rng: np.random.Generator, _progress: float) -> Step:
        batch = scenes.pick(rng, stage.batch, only_with_objects=False, changed=True)
        with bench.autocast():
            logits = network.cell_head(network.encoder(batch.images).last_hidden_state)
        grid = logits.float().view(-1, TOKENS_SIDE, TOKENS_SIDE, CELLS, CELLS, len(CLASSES) + 1)
        picture = grid.permute(0, 5, 1, 3, 2, 4).reshape(-1, len(CLASSES) + 1, MASK_SIDE, MASK_SIDE)
        truth = cell_classes(batch)
        loss = functional.cross_entropy(picture, truth, weight=weight)
        there = truth > 0
        right = (picture.argmax(1)[there] == truth[there]).float().mean()
        return loss, {"objects_right": right}

    return train(network, stage, bench, step_loss)


def cell_classes(batch: Batch) -> Tensor:
    """Return what covers each mask cell most, `(n, 48, 48)`: 0 for the background, else the class index plus 1."""
    covered, nearest = batch.masks.max(1)
    classes = torch.gather(batch.classes, 1, nearest.flatten(1)).view_as(nearest)
    return torch.where(covered > COVERED, classes + 1, 0)
