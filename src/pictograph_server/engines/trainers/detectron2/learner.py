"""Mask R-CNN as a learner: normalised RGB in, lists of boxes, scores, labels and masks out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pictograph.inference.images import to_tensor
from pictograph.inference.spec import InstanceSegmenterSpec, ListDecoding, MaskDecoding, Preprocessing
from pictograph_server.engines.trainers.base import Prepared, Run
from pictograph_server.engines.trainers.detectron2.config import MaskRcnnConfig, Plan, model_type, plan_run
from pictograph_server.engines.trainers.detectron2.library import (
    OUTPUT_NAMES,
    MaskRcnnLibrary,
    Truth,
    choose_library,
)
from pictograph_server.engines.trainers.detectron2.weights import published, read_weights
from pictograph_server.engines.trainers.devices import pick_device
from pictograph_server.engines.trainers.loop.pictures import Picture, Pictures, flipped, placed, recoloured
from pictograph_server.engines.trainers.weights import fill, starting_weights

# ImageNet's, in 0-255: what the published weights of both libraries were learned with.
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# What the two libraries call the same parts of the loss.
_LOSSES = {
    **dict.fromkeys(("loss_rpn_cls", "loss_objectness"), "loss_objectness"),
    **dict.fromkeys(("loss_rpn_loc", "loss_rpn_box_reg"), "loss_proposal_box"),
    **dict.fromkeys(("loss_cls", "loss_classifier"), "loss_class"),
    "loss_box_reg": "loss_box",
    "loss_mask": "loss_mask",
}


class Batch(TypedDict):
    # Normalised, `(n, 3, side, side)`.
    images: Tensor
    # For each image the fields of a `Truth`.
    truth: list[tuple[Tensor, ...]]


class MaskRcnnLearner:
    """See `Learner`."""

    output_names = OUTPUT_NAMES
    is_channels_last = True

    def __init__(self, data: Prepared, config: MaskRcnnConfig, run: Run) -> None:
        cv2.setNumThreads(1)
        on_gpu = pick_device().type == "cuda"
        self._library = choose_library(config, run)
        size = model_type(config, on_gpu=on_gpu)
        weights = starting_weights(config, published(size), run, on_gpu=on_gpu)
        is_published = weights is not None and not isinstance(config.weights, Path)
        plan = plan_run(config, train_images=len(data.train), on_gpu=on_gpu, is_published=is_published)
        torch.manual_seed(plan.loop.seed)
        self.network = self._library.build(plan.network, len(data.class_names))
        if weights is not None:
            saved = self._library.renamed(read_weights(weights))
            run.say(fill(self.network, saved, name=weights.name))
        self.started_from = weights.name if weights is not None else None
        self.plan = plan.loop
        rectangles = _say_rectangles(data, run)
        self.settings = {
            "library": f"{self._library.name} {self._library.version}",
            "model_type": plan.model_type,
            "image_size": plan.image_size,
            "flip": plan.flip,
            "norm": "frozen" if is_published else "learned",
            "boxes_learned_as_rectangles": rectangles,
        }
        self.spec = model_spec(plan, data.class_names, self._library)
        self.examples = len(data.train)
        self._pictures = Pictures(data.train, plan.image_size)
        self._side, self._flip = plan.image_size, plan.flip

    def optimizer(self, network: nn.Module) -> Optimizer:
        """Return SGD; scales and shifts of normalisations, and biases, do not decay."""
        learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
        groups = [
            {"params": [each for each in learned if each.ndim > 1], "weight_decay": 1e-4},
            {"params": [each for each in learned if each.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.SGD(groups, lr=0.0, momentum=0.9)

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> Picture:
        picture = placed(self._pictures[index], (self._side, self._side), rng)
        if self._flip and rng.random() < 0.5:
            picture = flipped(picture)
        return recoloured(picture, rng)

    def collate(self, examples: Sequence[Picture]) -> Batch:
        images = np.concatenate([to_tensor(picture.pixels, self.spec.preprocessing) for picture in examples])
        truth: list[tuple[Tensor, ...]] = [
            (
                torch.from_numpy(picture.boxes_xyxy),
                torch.from_numpy(picture.class_indexes),
                torch.from_numpy(_shifted(picture, self._library.mask_shift).masks()),
            )
            for picture in examples
        ]
        return Batch(images=torch.from_numpy(images), truth=truth)

    def losses(self, network: nn.Module, batch: Batch, *, fine: bool) -> Mapping[str, Tensor]:
        truth = [Truth(*each) for each in batch["truth"]]
        parts = self._library.losses(network, batch["images"].to(memory_format=torch.channels_last), truth)
        return {
            "loss": torch.stack(list(parts.values())).sum(),
            **{_LOSSES[name]: part for name, part in parts.items()},
        }

    def answering(self, network: nn.Module) -> nn.Module:
        return self._library.answering(network, self._side)


def model_spec(plan: Plan, class_names: Sequence[str], library: MaskRcnnLibrary) -> InstanceSegmenterSpec:
    """Return how the network is fed and read."""
    return InstanceSegmenterSpec(
        architecture=f"{library.name}_{plan.model_type}",
        class_names=tuple(class_names),
        preprocessing=Preprocessing(
            input_size_hw=(plan.image_size, plan.image_size), channel_order="RGB", mean=_MEAN, std=_STD
        ),
        postprocessing=ListDecoding(first_label=library.first_label),
        masks=MaskDecoding(frame="box", values="probabilities"),
    )


def _say_rectangles(data: Prepared, run: Run) -> int:
    """Count the annotations without an outline, and say so."""
    shapes = [shape for sample in data.train for shape in sample.shapes]
    count = sum(not shape.rings for shape in shapes)
    if count:
        run.say(f"{count} of {len(shapes)} annotations are boxes without an outline: learned as filled rectangles.")
    return count


def _shifted(picture: Picture, pixels: float) -> Picture:
    shift = np.float32(pixels)
    outlines = tuple(tuple(ring + shift for ring in outline) for outline in picture.outlines)
    return Picture(picture.pixels, picture.boxes_xyxy + shift, picture.class_indexes, outlines)
