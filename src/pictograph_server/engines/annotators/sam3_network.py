"""The two halves of a SAM 3 checkpoint on one vision encoder: text finds instances, clicks cut out one object.

Tensors in, tensors out; `sam3.py` turns them into detections. The stock forward of `transformers` is taken apart for
two reasons: the vision encoder runs once per image however many prompts and clicks follow, and the pixel decoder runs
only for what was found. `tests/contract/test_annotators.py` holds it to the stock forward's numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Sam3Model, Sam3Processor, Sam3TrackerModel
from transformers.models.sam3.modeling_sam3 import box_cxcywh_to_xyxy, inverse_sigmoid

from pictograph_server.engines.annotators.base import RgbImage

TEXT_TOKENS = 32


@dataclass(frozen=True, slots=True)
class ImageEmbedding:
    """What the vision encoder saw in one image; leading dimension 1 everywhere."""

    # Tokens of the encoder, from which the tracker makes its own pyramid.
    tokens: Tensor
    # The detector's feature pyramid without its coarsest level, finest first, and its position encodings.
    levels: tuple[Tensor, ...]
    positions: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class TextEmbedding:
    features: Tensor  # (tokens, channels)
    attended: Tensor  # (tokens,) bool


@dataclass(frozen=True, slots=True)
class Proposals:
    """What the detector proposes for each of some prompts; `masks_of` draws those worth drawing."""

    confidences: Tensor  # (prompts, queries), 0-1
    boxes: Tensor  # (prompts, queries, 4), xyxy relative to the image
    queries: Tensor
    memory: Tensor
    prompt_features: Tensor
    prompt_mask: Tensor
    levels: tuple[Tensor, ...]


class Sam3Network:
    """A loaded checkpoint. Memory: the vision encoder is held once, though both halves come with their own."""

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        self._detector: Any = Sam3Model.from_pretrained(folder, dtype=dtype, local_files_only=True)
        self._processor: Any = Sam3Processor.from_pretrained(folder, local_files_only=True)
        loaded: Any = Sam3TrackerModel.from_pretrained(
            folder, dtype=dtype, local_files_only=True, output_loading_info=True
        )
        self._tracker, info = loaded
        # Missing weights are left random and only warned about: clicks would then cut out noise.
        self.has_clicks = not any(key.startswith(("mask_decoder", "prompt_encoder")) for key in info["missing_keys"])
        self._tracker.vision_encoder.backbone = self._detector.vision_encoder.backbone
        self._detector.to(device).eval()
        self._tracker.to(device).eval()
        self._input_size = int(self._processor.image_processor.size["height"])

    @torch.inference_mode()
    def embed_images(self, images: Sequence[RgbImage]) -> list[ImageEmbedding]:
        """Return one embedding per image from one pass of the vision encoder over all of them."""
        prepared = self._processor.image_processor(list(images), return_tensors="pt")["pixel_values"]
        seen = self._detector.get_vision_features(pixel_values=prepared.to(self.device, self.dtype))
        return [
            ImageEmbedding(
                seen.last_hidden_state[i : i + 1],
                tuple(level[i : i + 1] for level in seen.fpn_hidden_states[:-1]),
                tuple(level[i : i + 1] for level in seen.fpn_position_encoding[:-1]),
            )
            for i in range(len(images))
        ]

    @torch.inference_mode()
    def embed_texts(self, phrases: Sequence[str]) -> list[TextEmbedding]:
        """Return one embedding per phrase; phrases longer than the encoder's 32 tokens are cut."""
        # The stock processor pads but does not cut, and fails on a long phrase.
        tokens = self._processor.tokenizer(
            list(phrases), padding="max_length", max_length=TEXT_TOKENS, truncation=True, return_tensors="pt"
        ).to(self.device)
        features = self._detector.get_text_features(**tokens).pooler_output
        return [TextEmbedding(f, m.bool()) for f, m in zip(features, tokens.attention_mask, strict=True)]

    @torch.inference_mode()
    def propose(
        self, image: ImageEmbedding, texts: Sequence[TextEmbedding], boxes_cxcywh: Tensor | None = None
    ) -> Proposals:
        """Return the detector's proposals for each text; with boxes, shape `(n, 5)`, also as exemplars.

        A box is its center and size relative to the image, then 1 for «like this» or 0 for «not like this».
        """
        model, count = self._detector, len(texts)
        prompt = torch.stack([text.features for text in texts])
        mask = torch.stack([text.attended for text in texts])
        level = image.levels[-1].expand(count, -1, -1, -1)
        position = image.positions[-1].expand(count, -1, -1, -1)
        if boxes_cxcywh is not None:
            boxes = boxes_cxcywh.to(self.device)[None].expand(count, -1, -1)
            geometry = model.geometry_encoder(
                box_embeddings=boxes[..., :4].to(self.dtype),
                box_mask=torch.ones(boxes.shape[:2], dtype=torch.bool, device=self.device),
                box_labels=boxes[..., 4].long(),
                img_feats=(level,),
                img_pos_embeds=(position,),
            )
            prompt = torch.cat([prompt, geometry.last_hidden_state], dim=1)
            mask = torch.cat([mask, geometry.attention_mask], dim=1)
        encoded = model.detr_encoder(
            vision_features=[level], text_features=prompt, vision_pos_embeds=[position], text_mask=mask
        )
        decoded = model.detr_decoder(
            vision_features=encoded.last_hidden_state,
            text_features=encoded.text_features,
            vision_pos_encoding=encoded.pos_embeds_flattened,
            text_mask=mask,
            spatial_shapes=encoded.spatial_shapes,
        )
        queries = decoded.intermediate_hidden_states[-1:]
        logits = model.dot_product_scoring(
            decoder_hidden_states=queries, text_features=encoded.text_features, text_mask=mask
        )[0, ..., 0]
        offsets = model.detr_decoder.box_head(queries[0])
        boxes_out = box_cxcywh_to_xyxy((inverse_sigmoid(decoded.reference_boxes[-1]) + offsets).sigmoid())
        # A query's score says «this one»; presence says «there is one at all». Their product is the model's confidence.
        confidences = logits.float().sigmoid() * decoded.presence_logits[-1].float().sigmoid()
        return Proposals(
            confidences, boxes_out.float(), queries[0], encoded.last_hidden_state, prompt, mask, image.levels
        )

    @torch.inference_mode()
    def masks_of(self, proposals: Proposals, prompt: int, queries: Sequence[int]) -> Tensor:
        """Return the mask logits of some of a prompt's proposals, shape `(queries, h, w)`, coarse."""
        one = slice(prompt, prompt + 1)
        drawn = self._detector.mask_decoder(
            decoder_queries=proposals.queries[one, list(queries)],
            backbone_features=list(proposals.levels),
            encoder_hidden_states=proposals.memory[one],
            prompt_features=proposals.prompt_features[one],
            prompt_mask=proposals.prompt_mask[one],
        )
        return drawn.pred_masks[0].float()

    @torch.inference_mode()
    def cut_out(
        self,
        image: ImageEmbedding,
        points_xy: Sequence[tuple[float, float]],
        labels: Sequence[int],
        box_xyxy: tuple[float, float, float, float] | None,
    ) -> tuple[Tensor, float]:
        """Return the coarse mask logits, shape `(h, w)`, and the confidence of the one object that is pointed at.

        Coordinates are relative to the image, 0-1; a label is 1 for a point on the object and 0 for one off it.
        """
        scale = float(self._input_size)
        asked: dict[str, Tensor] = {}
        if points_xy:
            asked["input_points"] = self._tensor(points_xy)[None, None] * scale
            asked["input_labels"] = torch.tensor([[list(labels)]], device=self.device)
        if box_xyxy is not None:
            asked["input_boxes"] = self._tensor([box_xyxy])[None] * scale
        # One click may mean a part or the whole: let the head give its three answers and take the one it trusts most.
        ambiguous = box_xyxy is None and len(points_xy) == 1
        answer = self._tracker(image_embeddings=self._tracker_levels(image), multimask_output=ambiguous, **asked)
        confidences = answer.iou_scores[0, 0].float()
        best = int(confidences.argmax())
        return answer.pred_masks[0, 0, best].float(), min(1.0, max(0.0, float(confidences[best])))

    def _tracker_levels(self, image: ImageEmbedding) -> list[Tensor]:
        """Return what the stock `get_image_embeddings` would, from tokens that the detector has computed already."""
        side = round(image.tokens.shape[1] ** 0.5)
        grid = image.tokens.view(1, side, side, -1).permute(0, 3, 1, 2)
        levels, _ = self._tracker.vision_encoder.neck(grid)
        decoder = self._tracker.mask_decoder
        return [decoder.conv_s0(levels[0]), decoder.conv_s1(levels[1]), levels[2]]

    def _tensor(self, values: Sequence[tuple[float, ...]]) -> Tensor:
        return torch.tensor(values, dtype=self.dtype, device=self.device)


def crop_mask(
    logits: Tensor, size_wh: tuple[int, int], box_xyxy: tuple[float, float, float, float], *, margin: float = 0.15
) -> tuple[Tensor, tuple[int, int]] | None:
    """Return the foreground of coarse mask logits at full resolution, near a box only, and the crop's top-left pixel.

    The same pixels as upsampling the whole mask and cutting: 50 instances of a 12-megapixel photo would take gigabytes
    that way. None when the box, widened by `margin` of its size, lies outside the image.
    """
    width, height = size_wh
    x_min, y_min, x_max, y_max = box_xyxy
    dx, dy = margin * (x_max - x_min) + 2, margin * (y_max - y_min) + 2
    left, top = max(0, int(x_min - dx)), max(0, int(y_min - dy))
    right, bottom = min(width, int(x_max + dx) + 1), min(height, int(y_max + dy) + 1)
    if right <= left or bottom <= top:
        return None
    columns = (torch.arange(left, right, device=logits.device) + 0.5) / width * 2 - 1
    rows = (torch.arange(top, bottom, device=logits.device) + 0.5) / height * 2 - 1
    grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)[None]
    sampled = torch.nn.functional.grid_sample(
        logits[None, None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return sampled[0, 0] > 0, (left, top)
