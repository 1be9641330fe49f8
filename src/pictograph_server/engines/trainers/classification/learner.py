"""Classification as a learner: RGB pixels in, a logit for each class out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from pictograph.inference.spec import ClassificationDecoding, ClassifierSpec, Preprocessing
from pictograph.pixels import RgbArray
from pictograph_server.engines.trainers.base import Prepared, Run
from pictograph_server.engines.trainers.classification.config import ClassificationConfig, Plan, network_of, plan_run
from pictograph_server.engines.trainers.classification.data import ENLARGED, draw, open_stretched
from pictograph_server.engines.trainers.classification.network import (
    Facts,
    adapted,
    build_network,
    facts_of,
    make_optimizer,
)
from pictograph_server.engines.trainers.devices import pick_device
from pictograph_server.engines.trainers.image_classes import exclusive
from pictograph_server.engines.trainers.loop.inputs import network_input
from pictograph_server.engines.trainers.loop.pictures import Pictures
from pictograph_server.engines.trainers.saved_tensors import read_tensors
from pictograph_server.engines.trainers.weights import fill, starting_weights

# Szegedy et al. 2016: the truth is a little less than sure of itself.
_SMOOTHING = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Pixels of shape `(side, side, 3)`, and the classes of the image, 1 for each that it shows."""

    pixels: RgbArray
    shows: tuple[int, ...]


class ClassificationLearner:
    """See `Learner`."""

    output_names = ("logits",)

    def __init__(self, data: Prepared, config: ClassificationConfig, run: Run) -> None:
        cv2.setNumThreads(1)
        on_gpu = pick_device().type == "cuda"
        facts = facts_of(network_of(config, on_gpu=on_gpu))
        weights = starting_weights(config, facts.published, run, on_gpu=on_gpu)
        plan = plan_run(config, data.train, facts.made, on_gpu=on_gpu, from_scratch=weights is None)
        self.network = build_network(
            plan.model_type, len(data.class_names), plan.image_size, plan.loop.seed, is_fixed=facts.made.is_fixed
        )
        if weights is not None:
            run.say(fill(self.network, adapted(read_tensors(weights), self.network), name=weights.name))
        self.started_from = weights.name if weights is not None else None
        # Networks of a fixed size are made of attention.
        self.is_channels_last = not facts.made.is_fixed
        self.plan = plan.loop
        self.is_exclusive = exclusive((*data.train, *data.val, *data.test))
        self.settings = {
            "model_type": plan.model_type,
            "image_size": plan.image_size,
            "flip": plan.flip,
            "exclusive_classes": self.is_exclusive,
        }
        self.spec = model_spec(plan, facts, data.class_names, is_exclusive=self.is_exclusive)
        self.examples = len(data.train)
        self._tags = [sample.tags for sample in data.train]
        self._classes = len(data.class_names)
        kept = round(plan.image_size * ENLARGED)
        self._pictures = Pictures(data.train, kept, opened=lambda sample: open_stretched(sample, kept))
        self._side, self._flip = plan.image_size, plan.flip

    def optimizer(self, network: nn.Module) -> Optimizer:
        return make_optimizer(network)

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> Example:
        pixels = draw(self._pictures[index], self._side, rng, flip=self._flip, whole=fine)
        return Example(pixels, self._tags[index])

    def collate(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Return pixels, uint8, `(n, side, side, 3)`, and truth, float32, `(n, classes)`."""
        truth = torch.zeros(len(examples), self._classes)
        for row, example in enumerate(examples):
            truth[row, list(example.shows)] = 1.0
        return {"pixels": torch.from_numpy(np.stack([example.pixels for example in examples])), "truth": truth}

    def losses(self, network: nn.Module, batch: dict[str, Tensor], *, fine: bool) -> Mapping[str, Tensor]:  # noqa: ARG002
        pixels, truth = batch["pixels"], batch["truth"]
        if len(pixels) == 1:
            # Batch normalisation divides by a deviation, and one image may have none: it goes in twice.
            pixels, truth = pixels.expand(2, -1, -1, -1), truth.expand(2, -1)
        logits = network(network_input(pixels, self.spec.preprocessing)).float()
        if self.is_exclusive:
            return {"loss": functional.cross_entropy(logits, truth, label_smoothing=_SMOOTHING)}
        return {"loss": functional.binary_cross_entropy_with_logits(logits, truth)}

    def answering(self, network: nn.Module) -> nn.Module:
        return _Answering(network)


class _Answering(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (self.network(images),)


def model_spec(plan: Plan, facts: Facts, class_names: Sequence[str], *, is_exclusive: bool) -> ClassifierSpec:
    """Return how the network is fed and read."""
    decoding = (
        ClassificationDecoding(activation="softmax", top_k=1)
        if is_exclusive
        else ClassificationDecoding(activation="sigmoid", top_k=None)
    )
    return ClassifierSpec(
        architecture=plan.model_type,
        class_names=tuple(class_names),
        preprocessing=Preprocessing(
            input_size_hw=(plan.image_size, plan.image_size),
            channel_order="RGB",
            resize="stretch",
            scale=1 / 255,
            mean=facts.mean,
            std=facts.std,
        ),
        postprocessing=decoding,
    )
