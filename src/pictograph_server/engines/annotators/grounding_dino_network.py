"""Grounding DINO: an image and some phrases in, boxes with the phrase each answers out; tensors and numbers only.

Source: Liu et al. 2023, Grounding DINO, https://arxiv.org/abs/2303.05499
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.engines.annotators.checkpoints.catalogue import GROUNDING_DINO
from pictograph_server.engines.annotators.loading import refuse_missing_weights

# The first and the last token of every text.
_FRAME = 2


@dataclass(frozen=True, slots=True)
class FoundBoxes:
    """What the network proposes for an image; a row for each of its queries."""

    boxes_xyxy: Tensor  # (queries, 4), relative to the image, on the CPU
    phrase: Tensor  # (queries,), index of the phrase that the query answers
    confidence: Tensor  # (queries,), 0-1


class GroundingDinoNetwork:
    """A loaded checkpoint. It always computes in single precision: its boxes lose more than time in half."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.device, self.dtype = device, torch.float32
        loaded: Any = AutoModelForZeroShotObjectDetection.from_pretrained(
            folder, dtype=self.dtype, local_files_only=True, output_loading_info=True
        )
        self._model, info = loaded
        refuse_missing_weights(info["missing_keys"], GROUNDING_DINO, folder)
        self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._model.to(device).eval()
        self._most_tokens = int(self._model.config.max_text_len)
        tokenizer = self._processor.tokenizer
        self._first, self._last = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)
        [self._stop] = tokenizer.encode(".", add_special_tokens=False)

    def tokens_of(self, phrase: str) -> tuple[int, ...]:
        """Return a phrase's tokens, as many as fit into one text; none for a phrase without letters or digits."""
        # A dot or question mark in a phrase would end it: the network takes what follows for another one.
        words = " ".join(phrase.replace(".", " ").replace("?", " ").split()).lower()
        tokens = self._processor.tokenizer.encode(words, add_special_tokens=False) if words else []
        return tuple(tokens[: self._most_tokens - _FRAME - 1])

    def texts(self, phrases: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return the phrases' indices, parted so that each part fits into one text."""
        parts: list[list[int]] = []
        left = 0
        for index, tokens in enumerate(phrases):
            if not tokens:
                continue
            if len(tokens) + 1 > left:
                parts.append([])
                left = self._most_tokens - _FRAME
            parts[-1].append(index)
            left -= len(tokens) + 1
        return parts

    @torch.inference_mode()
    def find(self, images: Sequence[RgbImage], phrases: Sequence[Sequence[int]]) -> list[FoundBoxes]:
        """Return what is proposed for each image; the images are of one size, the phrases fit into one text.

        Every query answers the one phrase that holds its strongest token, with the probability of that token: the
        words of several phrases are never added up, and a phrase does not get what another answers better.
        """
        prepared = self._processor.image_processor(list(images), return_tensors="pt").to(self.device)
        ids, owner = self._text(phrases)
        answer = self._model(
            pixel_values=prepared["pixel_values"],
            pixel_mask=prepared["pixel_mask"],
            input_ids=ids.expand(len(images), -1),
            token_type_ids=torch.zeros_like(ids).expand(len(images), -1),
            attention_mask=torch.ones_like(ids).expand(len(images), -1),
        )
        probabilities = answer.logits[..., : len(owner)].float().sigmoid()
        best = torch.where(owner >= 0, probabilities, -1.0).max(dim=-1)
        centers, sizes = answer.pred_boxes.float().split(2, dim=-1)
        corners = torch.cat([centers - sizes / 2, centers + sizes / 2], dim=-1).cpu()
        phrase, confidence = owner[best.indices].cpu(), best.values.cpu()
        return [FoundBoxes(corners[i], phrase[i], confidence[i]) for i in range(len(images))]

    def _text(self, phrases: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Return the tokens of `a. b. c.`, shape `(1, tokens)`, and for each the phrase it is of, or -1."""
        ids, owner = [self._first], [-1]
        for index, tokens in enumerate(phrases):
            ids += [*tokens, self._stop]
            owner += [index] * len(tokens) + [-1]
        ids.append(self._last)
        owner.append(-1)
        return torch.tensor([ids], device=self.device), torch.tensor(owner, device=self.device)
