"""SAM 2.1 on single images: boxes or clicks in, coarse masks out; tensors only (`sam2_cutter.py` has the pixels).

Source: Ravi et al. 2024, SAM 2: Segment Anything in Images and Videos, https://arxiv.org/abs/2408.00714
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Sam2Model, Sam2Processor

from pictograph_server.engines.annotators.base import Box, RgbImage
from pictograph_server.engines.annotators.checkpoints.catalogue import SAM2
from pictograph_server.engines.annotators.loading import refuse_missing_weights


@dataclass(frozen=True, slots=True)
class Sam2Embedding:
    """What the vision encoder saw in one image: its pyramid, finest first; leading dimension 1."""

    levels: tuple[Tensor, ...]

    def tensors(self) -> tuple[Tensor, ...]:
        return self.levels


class Sam2Network:
    """A loaded checkpoint. Coordinates are relative to the image, 0-1: the image is squeezed to a square."""

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        loaded: Any = Sam2Model.from_pretrained(folder, dtype=dtype, local_files_only=True, output_loading_info=True)
        self._model, info = loaded
        refuse_missing_weights(info["missing_keys"], SAM2, folder)
        self._processor: Any = Sam2Processor.from_pretrained(folder, local_files_only=True)
        self._model.to(device).eval()
        self._input_size = float(self._processor.image_processor.size["height"])

    @torch.inference_mode()
    def embed(self, image: RgbImage) -> Sam2Embedding:
        prepared = self._processor.image_processor([image], return_tensors="pt")["pixel_values"]
        return Sam2Embedding(tuple(self._model.get_image_embeddings(prepared.to(self.device, self.dtype))))

    @torch.inference_mode()
    def masks_in(self, image: Sam2Embedding, boxes_xyxy: Sequence[Box]) -> Tensor:
        """Return the mask logits of the object in each box, shape `(boxes, h, w)`, coarse."""
        asked = self._tensor(boxes_xyxy)[None] * self._input_size
        answer = self._model(image_embeddings=list(image.levels), input_boxes=asked, multimask_output=False)
        return answer.pred_masks[0, :, 0].float()

    @torch.inference_mode()
    def cut_out(
        self,
        image: Sam2Embedding,
        points_xy: Sequence[tuple[float, float]],
        is_positive: Sequence[bool],
        box_xyxy: Box | None,
    ) -> tuple[Tensor, float]:
        """Return the coarse mask logits, shape `(h, w)`, and the confidence of the one object that is pointed at."""
        asked: dict[str, Tensor] = {}
        if points_xy:
            asked["input_points"] = self._tensor(points_xy)[None, None] * self._input_size
            asked["input_labels"] = torch.tensor([[[int(yes) for yes in is_positive]]], device=self.device)
        if box_xyxy is not None:
            asked["input_boxes"] = self._tensor([box_xyxy])[None] * self._input_size
        # One click may mean a part or the whole: let it give its three answers and take the one it trusts most.
        is_ambiguous = box_xyxy is None and len(points_xy) == 1
        answer = self._model(image_embeddings=list(image.levels), multimask_output=is_ambiguous, **asked)
        confidences = answer.iou_scores[0, 0].float()
        best = int(confidences.argmax())
        return answer.pred_masks[0, 0, best].float(), min(1.0, max(0.0, float(confidences[best])))

    def _tensor(self, values: Sequence[tuple[float, ...]]) -> Tensor:
        return torch.tensor(values, dtype=self.dtype, device=self.device)
