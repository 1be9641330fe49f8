"""Semantic segmentation as a learner: RGB pixels in, a logit of each class for each pixel out."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch
from segmentation_models_pytorch.losses import DiceLoss
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from pictograph.inference.spec import ClassMapDecoding, Preprocessing, SemanticSegmenterSpec
from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Prepared, Run
from pictograph_server.engines.trainers.class_maps import BACKGROUND, IGNORE, MOST_CLASSES
from pictograph_server.engines.trainers.devices import pick_device
from pictograph_server.engines.trainers.loop.inputs import network_input
from pictograph_server.engines.trainers.loop.pictures import PAD, Pictures
from pictograph_server.engines.trainers.saved_tensors import read_tensors
from pictograph_server.engines.trainers.sm_pytorch.config import Plan, SmPytorchConfig, networks, plan_run
from pictograph_server.engines.trainers.sm_pytorch.data import Example, draw
from pictograph_server.engines.trainers.sm_pytorch.network import (
    build_network,
    forget_pooled_statistics,
    is_whole,
    make_optimizer,
    of_whole_network,
    published,
)
from pictograph_server.engines.trainers.weights import fill, starting_weights

# ImageNet's, which the published encoders were trained with.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Of the learning rate: an encoder that has seen a million images, beside a decoder that has seen none.
_LEARNED_ENCODER = 0.2


class SmPytorchLearner:
    """See `Learner`."""

    output_names = ("logits",)
    is_channels_last = True

    def __init__(self, data: Prepared, config: SmPytorchConfig, run: Run) -> None:
        cv2.setNumThreads(1)
        _check(data, run)
        on_gpu = pick_device().type == "cuda"
        architecture, encoder = networks(config, on_gpu=on_gpu)
        weights = starting_weights(config, published(encoder), run, on_gpu=on_gpu)
        plan = plan_run(config, data.train, on_gpu=on_gpu, from_scratch=weights is None)
        self.network = build_network(architecture, encoder, len(data.class_names) + 1, plan.loop.seed)
        self._encoder_rate = 1.0
        if weights is not None:
            saved = read_tensors(weights)
            self._encoder_rate = 1.0 if is_whole(saved) else _LEARNED_ENCODER
            run.say(fill(self.network, of_whole_network(saved), name=weights.name))
        self.started_from = weights.name if weights is not None else None
        self.plan = plan.loop
        self.settings = {
            "architecture": architecture,
            "encoder": encoder,
            "image_size": max(plan.input_size_hw),
            "flip": plan.flip,
        }
        self.spec = model_spec(plan, data.class_names)
        self.examples = len(data.train)
        self._pictures = Pictures(data.train, max(plan.input_size_hw))
        self._size_hw, self._flip = plan.input_size_hw, plan.flip
        self._dice = DiceLoss("multiclass", ignore_index=IGNORE)

    def optimizer(self, network: nn.Module) -> Optimizer:
        return make_optimizer(network, encoder_rate=self._encoder_rate)

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> Example:  # noqa: ARG002
        return draw(self._pictures[index], self._size_hw, rng, flip=self._flip)

    def collate(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Return pixels, uint8, `(n, height, width, 3)`, and class maps, uint8, `(n, height, width)`."""
        return {
            "pixels": torch.from_numpy(np.stack([example.pixels for example in examples])),
            "class_maps": torch.from_numpy(np.stack([example.class_map for example in examples])),
        }

    def losses(self, network: nn.Module, batch: dict[str, Tensor], *, fine: bool) -> Mapping[str, Tensor]:  # noqa: ARG002
        if len(batch["pixels"]) == 1:
            forget_pooled_statistics(network)
        logits = network(network_input(batch["pixels"], self.spec.preprocessing)).float()
        truth = batch["class_maps"].long()
        counted = (truth != IGNORE).sum().clamp(min=1)
        cross_entropy = functional.cross_entropy(logits, truth, ignore_index=IGNORE, reduction="sum") / counted
        dice = self._dice(logits, truth)
        return {"loss": cross_entropy + dice, "loss_class": cross_entropy, "loss_overlap": dice}

    def answering(self, network: nn.Module) -> nn.Module:
        return _Answering(network)


class _Answering(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (self.network(images),)


def model_spec(plan: Plan, class_names: Sequence[str]) -> SemanticSegmenterSpec:
    """Return how the network is fed and read."""
    return SemanticSegmenterSpec(
        architecture=f"{plan.architecture} {plan.encoder}",
        class_names=tuple(class_names),
        preprocessing=Preprocessing(
            input_size_hw=plan.input_size_hw,
            channel_order="RGB",
            pad_value=PAD,
            scale=1 / 255,
            mean=_MEAN,
            std=_STD,
        ),
        postprocessing=ClassMapDecoding(background_channel=BACKGROUND),
    )


def _check(data: Prepared, run: Run) -> None:
    if len(data.class_names) > MOST_CLASSES:
        raise BadTrainingData(
            f"{len(data.class_names)} classes are too many for a class map",
            why=f"semantic segmentation knows at most {MOST_CLASSES}",
            fix="Leave out or join classes, export again, then train",
        )
    outlined = {shape.class_index for sample in data.train for shape in sample.shapes if shape.rings}
    if not outlined:
        raise BadTrainingData(
            "There are no outlines to train on",
            why="a box does not say which of its pixels are the object, and no annotation to learn from is a polygon",
            fix="Annotate with polygons (auto-annotation makes them from boxes too), export again, then train",
        )
    boxed = [name for index, name in enumerate(data.class_names) if index not in outlined]
    if boxed:
        run.say(f"Only boxes, no outlines, of {', '.join(boxed)}: the model will not find them.")
