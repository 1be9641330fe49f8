"""Settings of semantic segmentation, and the defaults that fit the device and the data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from pydantic import Field

from pictograph_server.engines.trainers.base import Sample, TrainingConfig
from pictograph_server.engines.trainers.loop.plan import LoopPlan, Schedule

# Of the library's, those that ONNX can hold: PAN, PSPNet and UPerNet pool in a way it has no words for.
Architecture = Literal["unet", "unetplusplus", "linknet", "manet", "fpn", "deeplabv3", "deeplabv3plus"]
# Of the library's hundreds, those that work with every architecture and whose weights may be used commercially.
Encoder = Literal[
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnext50_32x4d",
    "mobilenet_v2",
    "efficientnet-b0",
    "efficientnet-b1",
    "efficientnet-b2",
    "efficientnet-b3",
    "efficientnet-b4",
    "efficientnet-b5",
]


class SmPytorchConfig(TrainingConfig):
    architecture: Architecture | None = Field(
        default=None,
        description="How features become a class for each pixel. Default: linknet on a CPU, unet on a GPU.",
    )
    encoder: Encoder | None = Field(
        default=None, description="What looks at the image. Default: resnet18 on a CPU, resnet34 on a GPU."
    )
    image_size: int | None = Field(
        default=None,
        ge=64,
        le=2048,
        multiple_of=32,
        description="Longer side of the input, pixels; the other follows the images. Default: by device.",
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The person's settings with every default filled in, beside those of the loop."""

    architecture: Architecture
    encoder: Encoder
    input_size_hw: tuple[int, int]
    flip: bool
    loop: LoopPlan


# Steps, not epochs, decide whether a network learns from scratch: see docs/engines/sm_pytorch.md.
_CPU_STEPS, _GPU_STEPS = 500, 3000
# Many images get more steps than that: each is seen at least so often.
_CPU_EPOCHS, _GPU_EPOCHS = 5, 30
_MOST_EPOCHS = 1000
# Every encoder halves its input five times.
_STRIDE = 32


def plan_run(config: SmPytorchConfig, samples: Sequence[Sample], *, on_gpu: bool, from_scratch: bool = True) -> Plan:
    """Fill in what the person left open."""
    batch_size = min(config.batch_size or (8 if on_gpu else 4), len(samples))
    steps_per_epoch = math.ceil(len(samples) / batch_size)
    steps, fewest = (_GPU_STEPS, _GPU_EPOCHS) if on_gpu else (_CPU_STEPS, _CPU_EPOCHS)
    architecture, encoder = networks(config, on_gpu=on_gpu)
    # Fine-tuning keeps what the weights know. In the few steps a CPU does, more is learned with a higher rate.
    default_rate = 3e-4 if not from_scratch else 1e-3 if on_gpu else 3e-3
    loop = LoopPlan(
        epochs=config.epochs or min(max(math.ceil(steps / steps_per_epoch), fewest), _MOST_EPOCHS),
        batch_size=batch_size,
        learning_rate=config.learning_rate or default_rate,
        seed=config.seed,
        schedule=Schedule(warm_up=0.05, last=0.01),
        patience=config.patience,
        largest_batch=min(32, len(samples)) if on_gpu and config.batch_size is None else None,
    )
    return Plan(
        architecture=architecture,
        encoder=encoder,
        input_size_hw=input_size(samples, config.image_size or (512 if on_gpu else 192)),
        flip=config.flip,
        loop=loop,
    )


def networks(config: SmPytorchConfig, *, on_gpu: bool) -> tuple[Architecture, Encoder]:
    return config.architecture or ("unet" if on_gpu else "linknet"), config.encoder or (
        "resnet34" if on_gpu else "resnet18"
    )


def input_size(samples: Sequence[Sample], side: int) -> tuple[int, int]:
    """Return height and width of the input: its longer side is `side`, its shape that of the middle image.

    A square would spend a quarter of the time on padding where images are 4 to 3, almost half where they are 16 to 9.
    """
    wider = math.exp(median(math.log(sample.width / sample.height) for sample in samples))
    short = min(math.ceil(side * min(wider, 1 / wider) / _STRIDE - 1e-6) * _STRIDE, side)
    return (short, side) if wider >= 1 else (side, short)
