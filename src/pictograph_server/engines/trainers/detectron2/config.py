"""Settings of Mask R-CNN, and the defaults that fit the device and the data."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pictograph_server.engines.trainers.base import TrainingConfig
from pictograph_server.engines.trainers.loop.plan import LoopPlan, Schedule

Size = Literal["mask_rcnn_R18_FPN", "mask_rcnn_R50_FPN"]
Library = Literal["detectron2", "torchvision"]


def _full_name(value: object) -> object:
    """Let people write `R18`, `resnet50` or detectron2's `mask_rcnn_R_50_FPN`."""
    if not isinstance(value, str):
        return value
    short = value.lower().removeprefix("mask_rcnn_").removesuffix("_fpn").replace("resnet", "r").replace("_", "")
    return f"mask_rcnn_{short.upper()}_FPN" if short in ("r18", "r50") else value


class MaskRcnnConfig(TrainingConfig):
    image_size: int | None = Field(
        default=None,
        ge=64,
        le=2048,
        multiple_of=32,
        description="Side of the square input, pixels. Default: 192 on a CPU, 640 on a GPU.",
    )
    model_type: Annotated[Size, BeforeValidator(_full_name)] | None = Field(
        default=None, description="Size of the network. Default: R18 on a CPU, R50 on a GPU."
    )
    library: Literal["auto", "detectron2", "torchvision"] = Field(
        default="auto",
        description="Whose Mask R-CNN. `auto`: detectron2's where it is installed, else torchvision's; the run says "
        "which.",
    )


@dataclass(frozen=True, slots=True)
class Network:
    """Widths of a Mask R-CNN, and how much it looks at: what both libraries are told."""

    depth: Literal[18, 50]
    # Of the feature pyramid, the heads' convolutions, and the box head's hidden layers.
    channels: int
    box_hidden: int
    mask_convolutions: int
    # Sides in pixels, one for each level of the pyramid; each in three shapes.
    anchors: tuple[int, ...]
    # Anchors, and proposals, of an image that the losses are computed on.
    anchors_learned: int
    proposals_learned: int
    # Proposals of an image before and after doubles are suppressed, while it learns and when it is asked.
    proposals_train: tuple[int, int]
    proposals_test: tuple[int, int]
    # Normalisation that learns, or as the published weights have it: a batch is too small to estimate it anew.
    is_norm_frozen: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The person's settings with every default filled in, beside those of the loop."""

    model_type: Size
    image_size: int
    flip: bool
    network: Network
    loop: LoopPlan


# Steps, not epochs, decide whether a network learns from scratch: see docs/engines/detectron2.md.
_CPU_STEPS, _GPU_STEPS = 360, 4000
# Many images get more steps than that: each is seen at least so often.
_CPU_EPOCHS, _GPU_EPOCHS = 4, 20
_MOST_EPOCHS = 1000
_CPU_BATCH, _GPU_BATCH = 4, 8
_SCHEDULE = Schedule(warm_up=0.06, last=0.02)
# Below, the smallest anchor is half as large: objects shrink with their picture.
_SMALL_INPUT = 400


def plan_run(config: MaskRcnnConfig, *, train_images: int, on_gpu: bool, is_published: bool = False) -> Plan:
    """Fill in what the person left open.

    Args:
        is_published: the run starts from weights with the statistics of a large training.
    """
    batch_size = min(config.batch_size or (_GPU_BATCH if on_gpu else _CPU_BATCH), train_images)
    steps_per_epoch = math.ceil(train_images / batch_size)
    steps, fewest = (_GPU_STEPS, _GPU_EPOCHS) if on_gpu else (_CPU_STEPS, _CPU_EPOCHS)
    size = model_type(config, on_gpu=on_gpu)
    image_size = config.image_size or (640 if on_gpu else 192)
    loop = LoopPlan(
        epochs=config.epochs or min(max(math.ceil(steps / steps_per_epoch), fewest), _MOST_EPOCHS),
        batch_size=batch_size,
        # The published recipes': 0.02 for 16 images. A small network from scratch takes more.
        learning_rate=config.learning_rate or (0.01 if size == "mask_rcnn_R18_FPN" else 0.02 / 16 * batch_size),
        seed=config.seed,
        schedule=_SCHEDULE,
        most_gradient=10.0,
        patience=config.patience,
        largest_batch=min(32, train_images) if on_gpu and config.batch_size is None else None,
    )
    return Plan(
        model_type=size,
        image_size=image_size,
        flip=config.flip,
        network=_network(size, image_size, is_norm_frozen=is_published),
        loop=loop,
    )


def model_type(config: MaskRcnnConfig, *, on_gpu: bool) -> Size:
    return config.model_type or ("mask_rcnn_R50_FPN" if on_gpu else "mask_rcnn_R18_FPN")


def _network(size: Size, image_size: int, *, is_norm_frozen: bool) -> Network:
    smallest = 16 if image_size < _SMALL_INPUT else 32
    anchors = tuple(smallest * 2**level for level in range(5))
    if size == "mask_rcnn_R18_FPN":
        return Network(
            depth=18,
            channels=64,
            box_hidden=256,
            mask_convolutions=2,
            anchors=anchors,
            anchors_learned=128,
            proposals_learned=64,
            proposals_train=(500, 300),
            proposals_test=(300, 150),
            is_norm_frozen=is_norm_frozen,
        )
    return Network(
        depth=50,
        channels=256,
        box_hidden=1024,
        mask_convolutions=4,
        anchors=anchors,
        anchors_learned=256,
        proposals_learned=512,
        proposals_train=(2000, 1000),
        proposals_test=(1000, 1000),
        is_norm_frozen=is_norm_frozen,
    )
