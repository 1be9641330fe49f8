"""The two halves of a SAM 3 checkpoint on one vision encoder: prompts find instances, clicks cut out one object.

Tensors in, tensors out. The stock forward of `transformers` is taken apart for two reasons: the vision encoder runs
once per image however many prompts and clicks follow, and the pixel decoder runs only for what was found.
`tests/contract/test_sam3_parity.py` holds every path to the stock forward's bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import Sam3Model, Sam3Processor, Sam3TrackerModel
from transformers.models.sam3.modeling_sam3 import box_cxcywh_to_xyxy, inverse_sigmoid

from pictograph_server.engines.annotators.base import Box, RgbImage

TEXT_TOKENS = 32


@dataclass(frozen=True, slots=True)
class ImageEmbedding:
    """What the vision encoder saw in one image; leading dimension 1 everywhere."""

    # Tokens of the encoder, from which the tracker makes its own pyramid.
    tokens: Tensor
    # The detector's feature pyramid without its coarsest level, finest first.
    levels: tuple[Tensor, ...]
    # The position encoding of the last of the levels.
    position: Tensor

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.tokens, *self.levels, self.position)


@dataclass(frozen=True, slots=True)
class PromptEmbedding:
    """What the detector is asked with: the tokens of a phrase, of exemplars, or of both."""

    features: Tensor  # (tokens, channels)
    attended: Tensor  # (tokens,) bool

    def tensors(self) -> tuple[Tensor, ...]:
        return self.features, self.attended

    def followed_by(self, other: "PromptEmbedding") -> "PromptEmbedding":
        return PromptEmbedding(torch.cat([self.features, other.features]), torch.cat([self.attended, other.attended]))


@dataclass(frozen=True, slots=True)
class ClickEmbedding:
    """What the tracker makes of an image: its pyramid, finest first; leading dimension 1 everywhere."""

    levels: tuple[Tensor, ...]

    def tensors(self) -> tuple[Tensor, ...]:
        return self.levels


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

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype, *, compile_vision: bool = False) -> None:
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
        # The tracker's config may name another number format for this part, which then wins over ours.
        self._tracker.vision_encoder.neck.to(dtype)
        self._detector.to(device).eval()
        self._tracker.to(device).eval()
        self._input_size = int(self._processor.image_processor.size["height"])
        # The rest of the network reads sizes out of tensors, which breaks its graph ten times.
        self._see: Any = self._detector.vision_encoder
        if compile_vision:
            self._see = torch.compile(self._see, dynamic=False)

    @torch.inference_mode()
    def embed_images(self, images: Sequence[RgbImage]) -> list[ImageEmbedding]:
        """Return one embedding per image from one pass of the vision encoder over all of them."""
        # One after the other, because the processor copies its images twice; it would guess where the channels are.
        prepare = self._processor.image_processor
        prepared = [
            prepare(np.ascontiguousarray(image), input_data_format="channels_last", return_tensors="pt")
            for image in images
        ]
        pixels = torch.cat([each["pixel_values"] for each in prepared])
        seen = self._see(pixels.to(self.device, self.dtype))
        return [
            ImageEmbedding(
                seen.last_hidden_state[i : i + 1],
                tuple(level[i : i + 1] for level in seen.fpn_hidden_states[:-1]),
                seen.fpn_position_encoding[-2][i : i + 1],
            )
            for i in range(len(images))
        ]

    @torch.inference_mode()
    def embed_text(self, phrase: str) -> PromptEmbedding:
        """Return the embedding of a phrase; one longer than the encoder's 32 tokens is cut."""
        # The stock processor pads but does not cut, and fails on a long phrase.
        tokens = self._processor.tokenizer(
            [phrase], padding="max_length", max_length=TEXT_TOKENS, truncation=True, return_tensors="pt"
        ).to(self.device)
        [features] = self._detector.get_text_features(**tokens).pooler_output
        return PromptEmbedding(features, tokens.attention_mask[0].bool())

    @torch.inference_mode()
    def embed_boxes(
        self, image: ImageEmbedding, boxes_xyxy: Sequence[Box], is_positive: Sequence[bool], size_wh: tuple[int, int]
    ) -> PromptEmbedding:
        """Return the embedding of exemplars: boxes, in pixels, that say «like this» or «not like this»."""
        corners = torch.tensor(boxes_xyxy) / torch.tensor([*size_wh, *size_wh])
        boxes = torch.cat([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], dim=1)
        # The network does not cast the boxes itself. Autocast is no way out: on a CPU it makes their pooling fail.
        boxes = boxes[None].to(self.device, self.dtype)
        labels = torch.tensor([[int(positive) for positive in is_positive]], device=self.device)
        shown = self._detector.geometry_encoder(
            box_embeddings=boxes,
            box_mask=torch.ones_like(labels, dtype=torch.bool),
            box_labels=labels,
            img_feats=(image.levels[-1],),
            img_pos_embeds=(image.position,),
        )
        return PromptEmbedding(shown.last_hidden_state[0], shown.attention_mask[0])

    @torch.inference_mode()
    def propose(self, image: ImageEmbedding, prompts: Sequence[PromptEmbedding]) -> Proposals:
        """Return the detector's proposals for each prompt; the prompts have the same number of tokens."""
        model, count = self._detector, len(prompts)
        prompt = torch.stack([each.features for each in prompts])
        mask = torch.stack([each.attended for each in prompts])
        encoded = model.detr_encoder(
            vision_features=[image.levels[-1].expand(count, -1, -1, -1)],
            text_features=prompt,
            vision_pos_embeds=[image.position.expand(count, -1, -1, -1)],
            text_mask=mask,
        )
        decoded = model.detr_decoder(
            vision_features=encoded.last_hidden_state,
            text_features=encoded.text_features,
            vision_pos_encoding=encoded.pos_embeds_flattened,
            text_mask=mask,
            spatial_shapes=encoded.spatial_shapes,
        )
        # Of all layers, though only the last one counts: the last bits of a product depend on the number of its rows.
        queries = decoded.intermediate_hidden_states
        logits = model.dot_product_scoring(
            decoder_hidden_states=queries, text_features=encoded.text_features, text_mask=mask
        )[..., 0]
        # In bfloat16 the sum alone would move a box by 16 pixels of a large photo.
        offsets = model.detr_decoder.box_head(queries).float()
        boxes = box_cxcywh_to_xyxy((inverse_sigmoid(decoded.reference_boxes.float()) + offsets).sigmoid())[-1]
        # A query's score says «this one»; presence says «there is one at all». Their product is the model's confidence.
        confidences = logits[-1].float().sigmoid() * decoded.presence_logits[-1].float().sigmoid()
        return Proposals(confidences, boxes, queries[-1], encoded.last_hidden_state, prompt, mask, image.levels)

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
    def embed_clicks(self, image: ImageEmbedding) -> ClickEmbedding:
        """Return what the stock `get_image_embeddings` would, from tokens that the detector has computed already."""
        side = round(image.tokens.shape[1] ** 0.5)
        grid = image.tokens.view(1, side, side, -1).permute(0, 3, 1, 2)
        levels, _ = self._tracker.vision_encoder.neck(grid)
        decoder = self._tracker.mask_decoder
        return ClickEmbedding((decoder.conv_s0(levels[0]), decoder.conv_s1(levels[1]), levels[2]))

    @torch.inference_mode()
    def cut_out(
        self,
        image: ClickEmbedding,
        points_xy: Sequence[tuple[float, float]],
        is_positive: Sequence[bool],
        box_xyxy: Box | None,
        size_wh: tuple[int, int],
    ) -> tuple[Tensor, float]:
        """Return the coarse mask logits, shape `(h, w)`, and the confidence of the one object that is pointed at.

        Coordinates are pixels of the image, whose size is `size_wh`.
        """
        asked: dict[str, Tensor] = {}
        if points_xy:
            asked["input_points"] = self._squeezed(points_xy, size_wh)[None, None]
            labels = [int(positive) for positive in is_positive]
            asked["input_labels"] = torch.tensor([[labels]], device=self.device)
        if box_xyxy is not None:
            asked["input_boxes"] = self._squeezed([box_xyxy], size_wh)[None]
        # One click may mean a part or the whole: let the head give its three answers and take the one it trusts most.
        ambiguous = box_xyxy is None and len(points_xy) == 1
        answer = self._tracker(image_embeddings=list(image.levels), multimask_output=ambiguous, **asked)
        confidences = answer.iou_scores[0, 0].float()
        best = int(confidences.argmax())
        return answer.pred_masks[0, 0, best].float(), min(1.0, max(0.0, float(confidences[best])))

    def _squeezed(self, pixels: Sequence[tuple[float, ...]], size_wh: tuple[int, int]) -> Tensor:
        """Return coordinates of the image, `(x, y)` once or twice a row, as those of the network's square input."""
        # Not in the network's own format: in bfloat16 a click would move by two pixels.
        squeezed = torch.tensor(pixels, dtype=torch.float32)
        for axis, side in enumerate(size_wh):
            # Rounded twice, as the stock processor does it.
            squeezed[:, axis::2] *= torch.tensor(side).reciprocal() * self._input_size
        return squeezed.to(self.device)
