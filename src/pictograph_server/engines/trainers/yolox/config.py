"""Settings of YOLOX, and the defaults that fit the device and the data."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pictograph_server.engines.trainers.base import EngineConfig

Size = Literal["yolox_nano", "yolox_tiny", "yolox_s", "yolox_m", "yolox_l", "yolox_x"]


def _full_name(value: object) -> object:
    """Let people write `nano` or `YOLOX-s` for `yolox_nano` and `yolox_s`."""
    if not isinstance(value, str):
        return value
    name = value.lower().replace("-", "_")
    return name if name.startswith("yolox_") else f"yolox_{name}"


class YoloxConfig(EngineConfig):
    epochs: int | None = Field(
        default=None, ge=1, le=2000, description="Passes over the train split. Default: enough steps to learn from it."
    )
    batch_size: int | None = Field(default=None, ge=1, le=512, description="Images a step. Default: by device.")
    learning_rate: float | None = Field(
        default=None, gt=0, le=1, description="Peak of the schedule, for the whole batch (SGD). Default: 0.01."
    )
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
    val_fraction: float = Field(default=0.2, gt=0, le=0.5, description="Share of the images held back to measure.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="The same seed and data give the same model.")
    flip: bool = Field(
        default=True, description="Mirror half of the training pictures. Off when left and right are different classes."
    )
    weights: Path | None = Field(
        default=None,
        description="Weights on the server to start from: a YOLOX .pth or an earlier model.safetensors. "
        "Default: none, learn from scratch.",
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run really does: the person's settings with every default filled in."""

    model_type: Size
    image_size: int
    batch_size: int
    learning_rate: float
    epochs: int
    steps_per_epoch: int
    seed: int
    flip: bool
    weights: str | None

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    def as_dict(self) -> dict[str, str | int | float | None]:
        return asdict(self)


# Steps, not epochs, decide whether a network learns from scratch: see docs/engines/yolox.md.
_CPU_STEPS, _GPU_STEPS = 750, 4000
# Many images get more steps than that: each is seen at least so often.
_CPU_EPOCHS, _GPU_EPOCHS = 10, 30
_MOST_EPOCHS = 1000


def plan_run(config: YoloxConfig, *, train_images: int, on_gpu: bool) -> Plan:
    """Fill in what the person left open."""
    batch_size = min(config.batch_size or (16 if on_gpu else 8), train_images)
    steps_per_epoch = math.ceil(train_images / batch_size)
    steps, fewest = (_GPU_STEPS, _GPU_EPOCHS) if on_gpu else (_CPU_STEPS, _CPU_EPOCHS)
    # Fine-tuning keeps what the weights know: the published recipe's rate, 0.01 for 64 images.
    default_rate = 0.01 / 64 * batch_size if config.weights else 0.01
    return Plan(
        model_type=config.model_type or ("yolox_s" if on_gpu else "yolox_nano"),
        image_size=config.image_size or (640 if on_gpu else 256),
        batch_size=batch_size,
        learning_rate=config.learning_rate or default_rate,
        epochs=config.epochs or min(max(math.ceil(steps / steps_per_epoch), fewest), _MOST_EPOCHS),
        steps_per_epoch=steps_per_epoch,
        seed=config.seed,
        flip=config.flip,
        weights=str(config.weights) if config.weights else None,
    )
