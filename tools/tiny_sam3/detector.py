"""Training of the detector: phrases and exemplars in, boxes, confidences and masks out.

Three stages: boxes on the frozen vision encoder, then masks too, then everything.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from tools.tiny_sam3.answers import PADDING, Answers, Asked, padded_boxes, questions_about
from tools.tiny_sam3.batches import Batch, Scenes
from tools.tiny_sam3.detector_loss import detector_loss
from tools.tiny_sam3.loop import Stage, Step, Workbench, train
from tools.tiny_sam3.network import CELLS, TOKENS_SIDE
from tools.tiny_sam3.questions import Question
from tools.tiny_sam3.scenes import MASK_SIDE
from torch import Tensor, nn
from transformers import CLIPTokenizer, Sam3Model
from transformers.models.sam3.modeling_sam3 import inverse_sigmoid

MASKED_SHARE = 0.4  # of the answered questions; masks are the dearest part of a step
EXEMPLARS_EVERY = 4  # steps, on average


class DetectorInTraining(nn.Module):
    """The detector, and a head that only training needs: it says of each mask cell whether it is what was asked for."""

    def __init__(self, detector: Sam3Model) -> None:
        super().__init__()
        self.detector: Any = detector
        # The library's fast attention is slow backwards on a CPU.
        self.detector.set_attn_implementation("eager")
        self.cell_head = nn.Linear(self.detector.config.vision_config.fpn_hidden_size, CELLS * CELLS)


def train_detector(
    network: DetectorInTraining,
    tokenizer: CLIPTokenizer,
    scenes: Scenes,
    stage: Stage,
    bench: Workbench,
    *,
    with_masks: bool,
    with_vision: bool,
) -> DetectorInTraining:
    """Return the averaged network after a stage.

    Without `with_vision` the vision encoder stays as it is and each scene passes it once, before the first step.
    """
    model = network.detector
    model.requires_grad_(True)
    model.vision_encoder.backbone.requires_grad_(with_vision)
    for unused in () if with_masks else (model.mask_decoder, *model.vision_encoder.neck.fpn_layers[:2]):
        unused.requires_grad_(False)
    model.vision_encoder.neck.fpn_layers[3].requires_grad_(False)  # half resolution: nothing reads it
    tokens = None if with_vision else scenes.vision_tokens(model.vision_encoder.backbone, bench)
    asker = _Asker(network, tokenizer, bench, with_masks=with_masks)

    def step_loss(rng: np.random.Generator, progress: float) -> Step:
        with_boxes = int(rng.integers(EXEMPLARS_EVERY)) == 0 and (with_masks or progress > 0.15)
        batch = scenes.pick(rng, stage.batch, only_with_objects=with_boxes, changed=with_vision)
        seen = batch.seen_by(model.vision_encoder.backbone, bench) if tokens is None else tokens[batch.rows]
        return asker.ask(rng, batch, seen, with_boxes=with_boxes)

    slower = list(model.vision_encoder.backbone.parameters()) if with_vision else []
    return train(network, stage, bench, step_loss, slower=slower)


class _Asker:
    def __init__(
        self, network: DetectorInTraining, tokenizer: CLIPTokenizer, bench: Workbench, *, with_masks: bool
    ) -> None:
        self._network, self._model = network, network.detector
        self._tokenizer: Any = tokenizer
        self._bench = bench
        self._with_masks = with_masks
        self._start_xy = self._model.detr_decoder.reference_points.weight.detach().sigmoid()[:, :2].clone()

    def ask(self, rng: np.random.Generator, batch: Batch, tokens: Tensor, *, with_boxes: bool) -> Step:
        """Ask two or three questions about every scene of the batch and return the loss of the answers."""
        asked = questions_about(rng, batch, with_boxes=with_boxes, device=self._bench.device)
        answers = self._answer(rng, asked, tokens)
        return detector_loss(asked, answers, batch, self._start_xy)

    def _answer(self, rng: np.random.Generator, asked: Asked, tokens: Tensor) -> Answers:
        model, bench = self._model, self._bench
        answered = torch.nonzero(asked.is_answered)[:, 0]
        share = max(1, int(len(answered) * MASKED_SHARE)) if self._with_masks else 0
        masked = answered[torch.from_numpy(rng.permutation(len(answered))[:share]).to(bench.device)]
        with bench.autocast():
            levels, positions = self._levels(tokens, [0, 1, 2] if self._with_masks else [2])
            level, position = levels[-1][asked.picture], positions[-1][asked.picture]
            prompt, attended = self._prompt(asked.questions, level, position)
            encoded = model.detr_encoder(
                vision_features=[level], text_features=prompt, vision_pos_embeds=[position], text_mask=attended
            )
            decoded = model.detr_decoder(
                vision_features=encoded.last_hidden_state,
                text_features=prompt,
                vision_pos_encoding=encoded.pos_embeds_flattened,
                text_mask=attended,
                spatial_shapes=encoded.spatial_shapes,
            )
            queries = decoded.intermediate_hidden_states
            logits = model.dot_product_scoring(decoder_hidden_states=queries, text_features=prompt, text_mask=attended)
            offsets = model.detr_decoder.box_head(queries)
            cells = self._network.cell_head(encoded.last_hidden_state)
            drawn = None
            if len(masked):
                pictures = asked.picture[masked]
                drawn = model.mask_decoder(
                    decoder_queries=queries[-1][masked],
                    backbone_features=[levels[0][pictures], levels[1][pictures], level[masked]],
                    encoder_hidden_states=encoded.last_hidden_state[masked],
                    prompt_features=prompt[masked],
                    prompt_mask=attended[masked],
                )
        return Answers(
            logits.squeeze(-1).float(),
            (inverse_sigmoid(decoded.reference_boxes) + offsets.float()).sigmoid(),
            decoded.presence_logits.float().squeeze(-1),
            _as_picture(cells.float()),
            masked,
            None if drawn is None else drawn.pred_masks.float(),
            None if drawn is None else drawn.semantic_seg[:, 0].float(),
        )

    def _levels(self, tokens: Tensor, which: Sequence[int]) -> tuple[list[Tensor], list[Tensor]]:
        neck = self._model.vision_encoder.neck
        grid = tokens.float().view(len(tokens), TOKENS_SIDE, TOKENS_SIDE, -1).permute(0, 3, 1, 2)
        levels = [neck.fpn_layers[index](grid) for index in which]
        return levels, [neck.position_encoding(level.shape, level.device, torch.float32) for level in levels]

    def _prompt(self, questions: Sequence[Question], level: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of phrases and exemplars, and which of them to attend to."""
        device = self._bench.device
        phrases = sorted({question.phrase for question in questions})
        words = self._tokenizer(phrases, padding=True, truncation=True, return_tensors="pt").to(device)
        features = self._model.get_text_features(**words).pooler_output
        rows = torch.tensor([phrases.index(question.phrase) for question in questions], device=device)
        prompt, attended = features[rows], words.attention_mask[rows].bool()
        if not any(question.labels for question in questions):
            return prompt, attended
        boxes, labels = padded_boxes(questions, device)
        # Under a CPU's autocast the library's pooling of boxes fails.
        with torch.autocast(device.type, enabled=False):
            geometry = self._model.geometry_encoder(
                box_embeddings=boxes,
                box_mask=labels != PADDING,
                box_labels=labels.clamp(min=0),
                img_feats=[level.float()],
                img_pos_embeds=[position.float()],
            )
        return (
            torch.cat([prompt, geometry.last_hidden_state.to(prompt.dtype)], dim=1),
            torch.cat([attended, geometry.attention_mask], dim=1),
        )


def _as_picture(cells: Tensor) -> Tensor:
    """Return `(n, tokens, cells of a token)` as `(n, 48, 48)`."""
    grid = cells.view(-1, TOKENS_SIDE, TOKENS_SIDE, CELLS, CELLS).permute(0, 1, 3, 2, 4)
    return grid.reshape(-1, MASK_SIDE, MASK_SIDE)
