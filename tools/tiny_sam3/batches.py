"""Scenes on the device, taken a few at a time, mirrored and recoloured on the way."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tools.tiny_sam3.loop import Workbench
from tools.tiny_sam3.scenes import SceneSet
from torch import Tensor

MIRRORED = 0.3  # share of the pictures; some are, in the world too: seen from behind glass, or badly mounted
_AT_ONCE = 64


@dataclass(frozen=True)
class Batch:
    """`images` float (n, 3, 192, 192) in -1 to 1; `boxes` (n, 6, 4) xyxy relative; `masks` float (n, 6, 48, 48)."""

    rows: Tensor
    images: Tensor
    boxes: Tensor
    masks: Tensor
    classes: Tensor

    def seen_by(self, encoder: Any, bench: Workbench) -> Tensor:
        """Return the vision encoder's tokens of the pictures, `(n, 144, width)`."""
        with bench.autocast():
            return encoder(self.images).last_hidden_state


class Scenes:
    """A set of scenes on a device."""

    def __init__(self, scenes: SceneSet, device: torch.device) -> None:
        self._images, self._masks, self._boxes, self._classes = (
            torch.from_numpy(array).to(device) for array in (scenes.images, scenes.masks, scenes.boxes, scenes.classes)
        )
        self._device = device
        self._with_objects = np.flatnonzero((scenes.classes >= 0).any(1))

    def __len__(self) -> int:
        return len(self._images)

    def pick(self, rng: np.random.Generator, count: int, *, only_with_objects: bool, changed: bool) -> Batch:
        """Return some scenes; `changed` ones are mirrored now and then, and have other colours and light."""
        chosen = rng.choice(self._with_objects, count) if only_with_objects else rng.integers(0, len(self), count)
        rows = torch.from_numpy(chosen).to(self._device)
        batch = self._batch(rows)
        return _changed(batch, rng) if changed else batch

    @torch.no_grad()
    def vision_tokens(self, encoder: Any, bench: Workbench) -> Tensor:
        """Return the encoder's tokens of every scene, bfloat16 (n, 144, width), for stages that leave it as it is."""
        every = torch.arange(len(self), device=self._device)
        parts = [self._batch(rows).seen_by(encoder, bench).bfloat16() for rows in every.split(_AT_ONCE)]
        return torch.cat(parts)

    def _batch(self, rows: Tensor) -> Batch:
        images = self._images[rows].permute(0, 3, 1, 2).float() / 127.5 - 1
        return Batch(rows, images, self._boxes[rows], self._masks[rows].float() / 255, self._classes[rows])


def _changed(batch: Batch, rng: np.random.Generator) -> Batch:
    device, count = batch.images.device, len(batch.images)

    def normal(*shape: int) -> Tensor:
        return torch.from_numpy(rng.standard_normal((count, *shape, 1, 1), np.float32)).to(device)

    gain = 1 + 0.07 * normal(3) + 0.12 * normal(1)
    images = ((batch.images + 1) * gain + 0.08 * normal(1)).clamp(0, 2) - 1
    mirror = torch.from_numpy(rng.random(count) < MIRRORED).to(device)
    x_min, y_min, x_max, y_max = batch.boxes.unbind(-1)
    mirrored = torch.stack([1 - x_max, y_min, 1 - x_min, y_max], dim=-1)
    return Batch(
        batch.rows,
        torch.where(mirror[:, None, None, None], images.flip(-1), images),
        torch.where(mirror[:, None, None], mirrored, batch.boxes),
        torch.where(mirror[:, None, None, None], batch.masks.flip(-1), batch.masks),
        batch.classes,
    )
