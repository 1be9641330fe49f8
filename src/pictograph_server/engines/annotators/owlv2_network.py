"""OWLv2: an image and phrases, or embeddings of examples, in; boxes with a score for each question out.

Source: Minderer et al. 2023, Scaling Open-Vocabulary Object Detection, https://arxiv.org/abs/2306.09683
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Owlv2ForObjectDetection, Owlv2Processor

from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.engines.annotators.checkpoints.catalogue import OWLV2
from pictograph_server.engines.annotators.loading import refuse_missing_weights


@dataclass(frozen=True, slots=True)
class SeenImage:
    """What the network saw in an image: a row for each of its patches, leading dimension 1 for the features."""

    features: Tensor  # (1, patches, channels)
    # Relative to the square that the image is the top left part of; what each patch proposes.
    boxes_xyxy: Tensor  # (patches, 4)
    # How much each patch looks like an object at all.
    objectness: Tensor  # (patches,)

    def tensors(self) -> tuple[Tensor, ...]:
        return self.features, self.boxes_xyxy, self.objectness


@dataclass(frozen=True, slots=True)
class Question:
    """What patches are compared with: a phrase, or a patch of another image; shape `(channels,)`."""

    embedding: Tensor

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.embedding,)


class Owlv2Network:
    """A loaded checkpoint. Images are padded to a square below and to the right, then shrunk."""

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        loaded: Any = Owlv2ForObjectDetection.from_pretrained(
            folder, dtype=dtype, local_files_only=True, output_loading_info=True
        )
        self._model, info = loaded
        refuse_missing_weights(info["missing_keys"], OWLV2, folder)
        self._processor: Any = Owlv2Processor.from_pretrained(folder, local_files_only=True)
        self._model.to(device).eval()
        self._most_tokens = int(self._model.config.text_config.max_position_embeddings)

    @torch.inference_mode()
    def look(self, images: Sequence[RgbImage]) -> list[SeenImage]:
        prepared = self._processor.image_processor(list(images), return_tensors="pt")["pixel_values"]
        grids, _ = self._model.image_embedder(pixel_values=prepared.to(self.device, self.dtype))
        features = grids.flatten(1, 2)
        centers, sizes = self._model.box_predictor(features, grids).float().split(2, dim=-1)
        corners = torch.cat([centers - sizes / 2, centers + sizes / 2], dim=-1)
        objectness = self._model.objectness_predictor(features).float()
        return [SeenImage(features[i : i + 1], corners[i], objectness[i]) for i in range(len(images))]

    @torch.inference_mode()
    def ask_for(self, phrase: str) -> Question:
        """Return the question for a phrase; what does not fit into the text encoder is cut."""
        tokens = self._processor.tokenizer(
            [phrase], padding="max_length", max_length=self._most_tokens, truncation=True, return_tensors="pt"
        ).to(self.device)
        features = self._model.owlv2.get_text_features(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        ).pooler_output
        return Question(torch.nn.functional.normalize(features[0], dim=-1))

    @torch.inference_mode()
    def ask_like(self, image: SeenImage, patch: int) -> Question:
        """Return the question for objects like the one that a patch of an image proposes."""
        _, embeddings = self._model.class_predictor(image.features)
        return Question(embeddings[0, patch])

    @torch.inference_mode()
    def embeddings(self, image: SeenImage) -> Tensor:
        """Return what each patch is compared by, shape `(patches, channels)`, of length 1."""
        _, embeddings = self._model.class_predictor(image.features)
        return torch.nn.functional.normalize(embeddings[0].float(), dim=-1)

    @torch.inference_mode()
    def scores(self, image: SeenImage, questions: Sequence[Question]) -> Tensor:
        """Return how well each patch answers each question, shape `(questions, patches)`, 0-1, on the CPU."""
        asked = torch.stack([question.embedding for question in questions])[None]
        logits, _ = self._model.class_predictor(image.features, asked)
        return logits[0].float().sigmoid().T.cpu()
