"""RF-DETR as a learner: stretched RGB pictures in, queries out; the library's own assignment and losses.

The library trains through Lightning, which cannot be cancelled, resumed exactly or reported from; its network, losses
and assignment are used, the loop is ours.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pictograph.inference.spec import DetectorSpec, InstanceSegmenterSpec, MaskDecoding, Preprocessing, QueryDecoding
from pictograph_server.engines.trainers.base import Prepared, Run
from pictograph_server.engines.trainers.devices import pick_device
from pictograph_server.engines.trainers.loop.pictures import Picture, Pictures
from pictograph_server.engines.trainers.rfdetr.config import (
    Build,
    RfdetrConfig,
    RfdetrSegmentationConfig,
    plan_run,
    variant_of,
)
from pictograph_server.engines.trainers.rfdetr.data import draw, open_stretched
from pictograph_server.engines.trainers.rfdetr.network import (
    adapted,
    batch_of,
    build_criterion,
    build_network,
    make_optimizer,
    published,
    quiet,
    read_weights,
    shapes_of,
)
from pictograph_server.engines.trainers.weights import fill, starting_weights

# ImageNet's, as the encoder's makers have it.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class RfdetrLearner:
    """See `Learner`."""

    is_channels_last = False

    def __init__(self, data: Prepared, config: RfdetrConfig, run: Run) -> None:
        cv2.setNumThreads(1)
        on_gpu = pick_device().type == "cuda"
        has_masks = isinstance(config, RfdetrSegmentationConfig)
        source = published(variant_of(config, on_gpu=on_gpu), has_masks=has_masks)
        weights = starting_weights(config, source, run, on_gpu=on_gpu)
        saved = read_weights(weights) if weights is not None else None
        shapes = shapes_of(saved, patch=12 if has_masks else 16) if saved is not None else None
        self._plan = plan_run(config, train_images=len(data.train), on_gpu=on_gpu, weights=shapes)
        self.plan, build = self._plan.loop, self._plan.build
        self.network = build_network(build, len(data.class_names), self.plan.seed)
        if weights is not None and saved is not None and shapes is not None:
            run.say(fill(self.network, adapted(saved, shapes, build), name=weights.name))
        self.started_from = weights.name if weights is not None else None
        self.settings = {
            "variant": build.variant,
            "image_size": build.image_size,
            "encoder_blocks": build.encoder_blocks,
            "decoder_layers": build.decoder_layers,
            "queries": build.queries,
            "groups": build.groups,
            "flip": self._plan.flip,
        }
        self.spec = model_spec(build, data.class_names)
        self.output_names = ("boxes", "logits", "masks") if has_masks else ("boxes", "logits")
        self.examples = len(data.train)
        self._criterion = build_criterion(build, len(data.class_names), mask_weight=self._plan.mask_weight)
        self._pictures = Pictures(
            data.train, build.image_size, opened=partial(open_stretched, preprocessing=self.spec.preprocessing)
        )

    def optimizer(self, network: nn.Module) -> Optimizer:
        return make_optimizer(network, self._plan.build)

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> Picture:
        return draw(self._pictures[index], rng, flip=self._plan.flip)

    def collate(self, examples: Sequence[Picture]) -> dict[str, Any]:
        """Return images `(n, 3, side, side)`, normalised, and for each its labels, boxes (cxcywh, 0-1) and masks."""
        pixels = np.stack([picture.pixels for picture in examples]).astype(np.float32) / 255
        normal = (pixels - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
        images = torch.from_numpy(np.ascontiguousarray(normal.transpose(0, 3, 1, 2)))
        return {"images": images, "targets": [self._target(picture) for picture in examples]}

    def _target(self, picture: Picture) -> dict[str, Tensor]:
        low, high = picture.boxes_xyxy[:, :2], picture.boxes_xyxy[:, 2:]
        boxes = np.concatenate([(low + high) / 2, high - low], axis=1) / np.float32(self._plan.build.image_size)
        target = {"labels": torch.from_numpy(picture.class_indexes), "boxes": torch.from_numpy(boxes)}
        return target | {"masks": torch.from_numpy(picture.masks())} if self._plan.build.has_masks else target

    def losses(self, network: nn.Module, batch: dict[str, Any], *, fine: bool) -> Mapping[str, Tensor]:
        with quiet():
            answers = network(batch_of(batch["images"]))
            found: dict[str, Tensor] = self._criterion(answers, batch["targets"])
        parts = {name: found[name] * weight for name, weight in self._criterion.weight_dict.items() if name in found}
        losses = {
            "loss": torch.stack(list(parts.values())).sum(),
            "loss_class": parts["loss_ce"],
            "loss_box": parts["loss_bbox"] + parts["loss_giou"],
        }
        if self._plan.build.has_masks:
            losses["loss_mask"] = parts["loss_mask_ce"] + parts["loss_mask_dice"]
        return losses

    def answering(self, network: nn.Module) -> nn.Module:
        return _Answering(network)


class _Answering(nn.Module):
    """The network as the library exports it. That changes a network for good, so it is done to a copy."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = deepcopy(network)
        with quiet():
            cast("Any", self.network).export()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return self.network(images)


def model_spec(build: Build, class_names: Sequence[str]) -> DetectorSpec | InstanceSegmenterSpec:
    """Return how the network is fed and read. It has a logit more than there are classes, which nothing is taught."""
    preprocessing = Preprocessing(
        input_size_hw=(build.image_size, build.image_size),
        channel_order="RGB",
        resize="stretch",
        interpolation="antialiased_linear",
        scale=1 / 255,
        mean=_MEAN,
        std=_STD,
    )
    decoding = QueryDecoding(max_detections=min(build.queries, 100))
    if not build.has_masks:
        return DetectorSpec(
            architecture=build.architecture,
            class_names=tuple(class_names),
            preprocessing=preprocessing,
            postprocessing=decoding,
        )
    return InstanceSegmenterSpec(
        architecture=build.architecture,
        class_names=tuple(class_names),
        preprocessing=preprocessing,
        postprocessing=decoding,
        masks=MaskDecoding(frame="input", values="logits"),
    )
