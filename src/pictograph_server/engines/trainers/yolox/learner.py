"""YOLOX as a learner: BGR pixels in, candidates out; the library's own assignment and losses.

The library's own trainer runs on CUDA only, replaces the process's output streams and cannot be cancelled or resumed
exactly; its network, loss and assignment are used, the loop is ours.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pictograph.inference.spec import CandidateDecoding, DetectorSpec, Preprocessing
from pictograph_server.engines.trainers.base import Prepared, Run
from pictograph_server.engines.trainers.devices import pick_device
from pictograph_server.engines.trainers.loop.pictures import Picture, Pictures
from pictograph_server.engines.trainers.weights import Published, fill, starting_weights
from pictograph_server.engines.trainers.yolox.config import Plan, Size, YoloxConfig, plan_run
from pictograph_server.engines.trainers.yolox.data import draw
from pictograph_server.engines.trainers.yolox.network import build_network, make_optimizer, quiet, read_weights

# The network's head matches at most this many objects of an image.
_MAX_OBJECTS = 120


class YoloxLearner:
    """See `Learner`."""

    output_names = ("candidates",)
    is_channels_last = True

    def __init__(self, data: Prepared, config: YoloxConfig, run: Run) -> None:
        cv2.setNumThreads(1)
        on_gpu = pick_device().type == "cuda"
        size = config.model_type or plan_run(config, train_images=1, on_gpu=on_gpu).model_type
        weights = starting_weights(config, published(size), run, on_gpu=on_gpu)
        plan = plan_run(config, train_images=len(data.train), on_gpu=on_gpu, from_scratch=weights is None)
        with quiet():
            self.network = build_network(plan.model_type, len(data.class_names), plan.loop.seed)
            if weights is not None:
                run.say(fill(self.network, read_weights(weights), name=weights.name))
        self.started_from = weights.name if weights is not None else None
        self.plan = plan.loop
        self.settings = {"model_type": plan.model_type, "image_size": plan.image_size, "flip": plan.flip}
        self.spec = model_spec(plan, data.class_names)
        self.examples = len(data.train)
        self._pictures = Pictures(data.train, plan.image_size)
        self._side, self._flip = plan.image_size, plan.flip

    def optimizer(self, network: nn.Module) -> Optimizer:
        return make_optimizer(network)

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> Picture:
        return draw(self._pictures, index, self._side, rng, flip=self._flip, mosaic=not fine)

    def collate(self, examples: Sequence[Picture]) -> dict[str, Tensor]:
        """Return images, float32 0-255 BGR, `(n, 3, side, side)`; targets `(n, objects, 5)`: class, cx, cy, w, h."""
        images = np.empty((len(examples), 3, self._side, self._side), dtype=np.float32)
        most = max(1, *(min(len(picture.boxes_xyxy), _MAX_OBJECTS) for picture in examples), 1)
        targets = np.zeros((len(examples), most, 5), dtype=np.float32)
        for row, picture in enumerate(examples):
            images[row] = picture.pixels[:, :, ::-1].transpose(2, 0, 1)
            boxes = picture.boxes_xyxy[:most]
            targets[row, : len(boxes), 0] = picture.class_indexes[:most]
            targets[row, : len(boxes), 1:3] = (boxes[:, :2] + boxes[:, 2:]) / 2
            targets[row, : len(boxes), 3:5] = boxes[:, 2:] - boxes[:, :2]
        return {"images": torch.from_numpy(images), "targets": torch.from_numpy(targets)}

    def losses(self, network: nn.Module, batch: dict[str, Tensor], *, fine: bool) -> Mapping[str, Tensor]:
        network.head.use_l1 = fine  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
        images = batch["images"].to(memory_format=torch.channels_last)
        with quiet():
            losses = network(images, batch["targets"])
        return {
            "loss": losses["total_loss"],
            "loss_box": losses["iou_loss"],
            "loss_objectness": losses["conf_loss"],
            "loss_class": losses["cls_loss"],
        }

    def answering(self, network: nn.Module) -> nn.Module:
        return _Answering(network)


class _Answering(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (self.network(images),)


def model_spec(plan: Plan, class_names: Sequence[str]) -> DetectorSpec:
    """Return how the network is fed and read."""
    return DetectorSpec(
        architecture=plan.model_type,
        class_names=tuple(class_names),
        preprocessing=Preprocessing(input_size_hw=(plan.image_size, plan.image_size), channel_order="BGR"),
        postprocessing=CandidateDecoding(),
    )


def published(size: Size) -> Published:
    """Return the weights of the paper's authors, trained on COCO."""
    release = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"
    return Published(name=f"{size}, COCO", url=f"{release}/{size}.pth", license="Apache-2.0")
