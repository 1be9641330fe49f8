"""Settings of classification, and the defaults that fit the device and the data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from pydantic import AfterValidator, Field

from pictograph_server.engines.trainers.base import Sample, TrainingConfig
from pictograph_server.engines.trainers.classification.names import check_network_name
from pictograph_server.engines.trainers.loop.plan import LoopPlan, Schedule

CPU_NETWORK, GPU_NETWORK = "resnet10t", "resnet50d"


class ClassificationConfig(TrainingConfig):
    model_type: Annotated[str, AfterValidator(check_network_name)] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Any network of timm by its name, `resnet18`, `convnext_tiny`, `vit_small_patch16_224` …; behind a "
        f"dot, which published weights (`resnet50.a1_in1k`). Default: {CPU_NETWORK} on a CPU, {GPU_NETWORK} on a GPU.",
        examples=["resnet10t", "resnet18", "resnet50d", "efficientnet_b0", "convnext_tiny", "vit_small_patch16_224"],
    )
    image_size: int | None = Field(
        default=None,
        ge=32,
        le=1024,
        description="Side of the square input, pixels. Default: what the network was made for on a GPU; on a CPU what "
        "the images have, 64 to 128.",
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The person's settings with every default filled in, beside those of the loop."""

    model_type: str
    image_size: int
    flip: bool
    loop: LoopPlan


@dataclass(frozen=True, slots=True)
class Made:
    """What a network was made for."""

    image_size: int
    # Its weights belong to places in the image: another size needs another network.
    is_fixed: bool


# Steps, not epochs, decide whether a network learns from scratch: see docs/engines/classification.md.
_CPU_STEPS, _GPU_STEPS = 400, 3000
# Many images get more steps than that: each is seen at least so often.
_CPU_EPOCHS, _GPU_EPOCHS = 10, 20
_MOST_EPOCHS = 500
# Of the side, on a CPU.
_SMALLEST, _LARGEST, _STEP = 64, 128, 32


def plan_run(
    config: ClassificationConfig, samples: Sequence[Sample], made: Made, *, on_gpu: bool, from_scratch: bool = True
) -> Plan:
    """Fill in what the person left open."""
    batch_size = min(config.batch_size or (64 if on_gpu else 32), len(samples))
    steps_per_epoch = math.ceil(len(samples) / batch_size)
    steps, fewest = (_GPU_STEPS, _GPU_EPOCHS) if on_gpu else (_CPU_STEPS, _CPU_EPOCHS)
    loop = LoopPlan(
        epochs=config.epochs or min(max(math.ceil(steps / steps_per_epoch), fewest), _MOST_EPOCHS),
        batch_size=batch_size,
        # Fine-tuning keeps what the weights know.
        learning_rate=config.learning_rate or (2e-3 if from_scratch else 3e-4),
        seed=config.seed,
        schedule=Schedule(warm_up=0.05, last=0.01),
        # The last part sees whole images, as the model will.
        fine_from=0.85,
        patience=config.patience,
        largest_batch=min(256, len(samples)) if on_gpu and config.batch_size is None else None,
    )
    return Plan(
        model_type=network_of(config, on_gpu=on_gpu),
        image_size=config.image_size or _image_size(samples, made, on_gpu=on_gpu),
        flip=config.flip,
        loop=loop,
    )


def network_of(config: ClassificationConfig, *, on_gpu: bool) -> str:
    return config.model_type or (GPU_NETWORK if on_gpu else CPU_NETWORK)


def _image_size(samples: Sequence[Sample], made: Made, *, on_gpu: bool) -> int:
    """Return the default side. On a CPU, enlarging small images would cost time and show nothing more."""
    if on_gpu or made.is_fixed:
        return made.image_size
    side = median(max(sample.width, sample.height) for sample in samples)
    return min(max(math.ceil(side / _STEP) * _STEP, _SMALLEST), _LARGEST)
