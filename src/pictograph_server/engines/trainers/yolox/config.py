"""Settings of YOLOX, and the defaults that fit the device and the data."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pictograph_server.engines.trainers.base import TrainingConfig
from pictograph_server.engines.trainers.loop.plan import LoopPlan, Schedule

Size = Literal["yolox_nano", "yolox_tiny", "yolox_s", "yolox_m", "yolox_l", "yolox_x"]


def _full_name(value: object) -> object:
    """Let people write `nano` or `YOLOX-s` for `yolox_nano` and `yolox_s`."""
    if not isinstance(value, str):
        return value
    name = value.lower().replace("-", "_")
    return name if name.startswith("yolox_") else f"yolox_{name}"


class YoloxConfig(TrainingConfig):
    image_size: int | None = Field(
        default=None,
        ge=64,
        le=2048,
        multiple_of=32,
        description="Side of the square input, pixels. Default: by device.",
    )
    model_type: Annotated[Size, BeforeValidator(_full_name)] | None = Field(
        default=None, description="Size of the network. Default: nano on a CPU, s on a GPU."
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The person's settings with every default filled in, beside those of the loop."""

    model_type: Size
    image_size: int
    flip: bool
    loop: LoopPlan


# Steps, not epochs, decide whether a network learns from scratch: see docs/engines/yolox.md.
_CPU_STEPS, _GPU_STEPS = 750, 4000
# Many images get more steps than that: each is seen at least so often.
_CPU_EPOCHS, _GPU_EPOCHS = 10, 30
_MOST_EPOCHS = 1000
# The paper's: slow at first, flat in the last part, which sees whole pictures and a finer box loss.
_FINE_FROM = 0.85
_SCHEDULE = Schedule(warm_up=0.05, warm_up_power=2.0, flat_from=_FINE_FROM, last=0.05)


def plan_run(config: YoloxConfig, *, train_images: int, on_gpu: bool, from_scratch: bool = True) -> Plan:
    """Fill in what the person left open."""
    batch_size = min(config.batch_size or (16 if on_gpu else 8), train_images)
    steps_per_epoch = math.ceil(train_images / batch_size)
    steps, fewest = (_GPU_STEPS, _GPU_EPOCHS) if on_gpu else (_CPU_STEPS, _CPU_EPOCHS)
    # Fine-tuning keeps what the weights know: the published recipe's rate, 0.01 for 64 images.
    default_rate = 0.01 if from_scratch else 0.01 / 64 * batch_size
    loop = LoopPlan(
        epochs=config.epochs or min(max(math.ceil(steps / steps_per_epoch), fewest), _MOST_EPOCHS),
        batch_size=batch_size,
        learning_rate=config.learning_rate or default_rate,
        seed=config.seed,
        schedule=_SCHEDULE,
        fine_from=_FINE_FROM,
        patience=config.patience,
        largest_batch=min(64, train_images) if on_gpu and config.batch_size is None else None,
    )
    return Plan(
        model_type=config.model_type or ("yolox_s" if on_gpu else "yolox_nano"),
        image_size=config.image_size or (640 if on_gpu else 256),
        flip=config.flip,
        loop=loop,
    )
