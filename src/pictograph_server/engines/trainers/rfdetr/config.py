"""Settings of RF-DETR, and the defaults that fit the device, the data and the weights."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from pictograph_server.engines.trainers.base import TrainingConfig
from pictograph_server.engines.trainers.loop.plan import LoopPlan, Schedule

DetectionVariant = Literal["nano", "small", "medium", "large"]
SegmentationVariant = Literal["nano", "small", "medium", "large", "xlarge", "2xlarge"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a published network is built. All have twelve encoder blocks and thirteen groups of queries."""

    image_size: int
    # The input's side is a multiple of both together.
    patch: int
    windows: int
    decoder_layers: int
    queries: int


DETECTORS: Mapping[str, Layout] = {
    "nano": Layout(384, 16, 2, 2, 300),
    "small": Layout(512, 16, 2, 3, 300),
    "medium": Layout(576, 16, 2, 4, 300),
    "large": Layout(704, 16, 2, 4, 300),
}
SEGMENTERS: Mapping[str, Layout] = {
    "nano": Layout(312, 12, 1, 4, 100),
    "small": Layout(384, 12, 2, 4, 100),
    "medium": Layout(432, 12, 2, 5, 200),
    "large": Layout(504, 12, 2, 5, 200),
    "xlarge": Layout(624, 12, 2, 6, 300),
    "2xlarge": Layout(768, 12, 2, 6, 300),
}
ENCODER_BLOCKS, GROUPS = 12, 13


class _RfdetrConfig(TrainingConfig):
    encoder_blocks: int | None = Field(
        default=None,
        ge=1,
        le=ENCODER_BLOCKS,
        description="How many blocks of the vision transformer look at the picture. Default: all 12, which published "
        "weights need; few on a CPU from scratch, where they learn faster.",
    )
    decoder_layers: int | None = Field(
        default=None, ge=1, le=6, description="How often the boxes are refined. Default: the variant's."
    )
    queries: int | None = Field(
        default=None,
        ge=5,
        le=900,
        description="The most objects an image can have, and no more than the input has patches (of 16 pixels, 12 with "
        "masks). Default: the variant's; 60 on a CPU from scratch.",
    )
    groups: int | None = Field(
        default=None,
        ge=1,
        le=GROUPS,
        description="Sets of queries that learn beside each other; one answers. More learn in fewer steps, each of "
        "which takes longer. Default: 13; one on a CPU from scratch.",
    )


class RfdetrDetectionConfig(_RfdetrConfig):
    variant: DetectionVariant | None = Field(
        default=None, description="Size of the network. Default: nano on a CPU, small on a GPU."
    )
    image_size: int | None = Field(
        default=None,
        ge=64,
        le=1536,
        multiple_of=32,
        description="Side of the square input, pixels. Default: the variant's, smaller on a CPU.",
    )


class RfdetrSegmentationConfig(_RfdetrConfig):
    variant: SegmentationVariant | None = Field(
        default=None, description="Size of the network. Default: nano on a CPU, small on a GPU."
    )
    image_size: int | None = Field(
        default=None,
        ge=48,
        le=1536,
        multiple_of=12,
        description="Side of the square input, pixels; a multiple of 24 but for nano. "
        "Default: the variant's, smaller on a CPU.",
    )

    @model_validator(mode="after")
    def _fits_windows(self) -> Self:
        if self.variant not in (None, "nano") and self.image_size is not None and self.image_size % 24:
            below = self.image_size // 24 * 24
            raise ValueError(f"of variant {self.variant!r} it must be a multiple of 24: {below} or {below + 24}")
        return self


RfdetrConfig = RfdetrDetectionConfig | RfdetrSegmentationConfig


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the weights of a network say about how it was built."""

    image_size: int
    encoder_blocks: int
    decoder_layers: int
    queries: int
    groups: int


@dataclass(frozen=True, slots=True)
class Build:
    """Everything that decides the shapes of a network's layers, but for the number of classes."""

    variant: DetectionVariant | SegmentationVariant
    has_masks: bool
    image_size: int
    encoder_blocks: int
    decoder_layers: int
    queries: int
    groups: int

    @property
    def layout(self) -> Layout:
        return _layout(self.variant, has_masks=self.has_masks)

    @property
    def taps(self) -> list[int]:
        """Return after which encoder blocks the picture's features are taken: up to four, evenly spread."""
        return sorted({math.ceil(self.encoder_blocks * quarter / 4) for quarter in (1, 2, 3, 4)})

    @property
    def architecture(self) -> str:
        return f"rfdetr_{'seg_' if self.has_masks else ''}{self.variant}"

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.image_size, self.encoder_blocks, self.decoder_layers, self.queries, self.groups)


@dataclass(frozen=True, slots=True)
class Plan:
    """The person's settings with every default filled in, beside those of the loop."""

    build: Build
    flip: bool
    loop: LoopPlan
    # What masks weigh beside boxes, when answers are assigned to objects and in the loss.
    mask_weight: float


# From scratch on a CPU, with figures in docs/engines/rfdetr.md. More than half of the input's patches ask at once: with
# fewer, chance decides whether any of them is near an object, and the first epochs teach little.
_CPU_DETECTOR = Shapes(image_size=160, encoder_blocks=3, decoder_layers=2, queries=60, groups=1)
_CPU_SEGMENTER = Shapes(image_size=120, encoder_blocks=3, decoder_layers=2, queries=60, groups=1)
_CPU_STEPS, _GPU_STEPS = 1200, 4000
_CPU_EPOCHS, _GPU_EPOCHS = 5, 20
_MOST_EPOCHS = 500
_CPU_BATCH, _GPU_BATCH, _LARGEST_GPU_BATCH = 4, 16, 32
# The library's rate is for weights that know something already.
_SCRATCH_RATE, _TUNING_RATE = 4e-4, 1e-4
# So are its mask weights: while masks are noise they choose which answer an object gets, and boxes learn slower.
_SCRATCH_MASK_WEIGHT, _TUNING_MASK_WEIGHT = 1.0, 5.0
_MOST_GRADIENT = 0.1


def variant_of(config: RfdetrConfig, *, on_gpu: bool) -> DetectionVariant | SegmentationVariant:
    return config.variant or ("small" if on_gpu else "nano")


def plan_run(config: RfdetrConfig, *, train_images: int, on_gpu: bool, weights: Shapes | None = None) -> Plan:
    """Fill in what the person left open; the network is built like the one the weights come from."""
    from_scratch = weights is None
    batch_size = min(config.batch_size or (_GPU_BATCH if on_gpu else _CPU_BATCH), train_images)
    steps_per_epoch = math.ceil(train_images / batch_size)
    steps, fewest = (_GPU_STEPS, _GPU_EPOCHS) if on_gpu else (_CPU_STEPS, _CPU_EPOCHS)
    loop = LoopPlan(
        epochs=config.epochs or min(max(math.ceil(steps / steps_per_epoch), fewest), _MOST_EPOCHS),
        batch_size=batch_size,
        learning_rate=config.learning_rate or (_SCRATCH_RATE if from_scratch else _TUNING_RATE),
        seed=config.seed,
        schedule=Schedule(warm_up=0.05, last=0.02),
        most_gradient=_MOST_GRADIENT,
        patience=config.patience,
        largest_batch=min(_LARGEST_GPU_BATCH, train_images) if on_gpu and config.batch_size is None else None,
    )
    return Plan(
        build=_build(config, variant_of(config, on_gpu=on_gpu), on_gpu=on_gpu, weights=weights),
        flip=config.flip,
        loop=loop,
        mask_weight=_SCRATCH_MASK_WEIGHT if from_scratch else _TUNING_MASK_WEIGHT,
    )


def _build(
    config: RfdetrConfig,
    variant: DetectionVariant | SegmentationVariant,
    *,
    on_gpu: bool,
    weights: Shapes | None,
) -> Build:
    has_masks = isinstance(config, RfdetrSegmentationConfig)
    layout = _layout(variant, has_masks=has_masks)
    if weights is not None:
        default = weights
    elif on_gpu:
        default = Shapes(layout.image_size, ENCODER_BLOCKS, layout.decoder_layers, layout.queries, GROUPS)
    else:
        default = _CPU_SEGMENTER if has_masks else _CPU_DETECTOR
    step = layout.patch * layout.windows
    # A CPU's default or a file's size may be another variant's.
    image_size = config.image_size or math.ceil(default.image_size / step) * step
    return Build(
        variant=variant,
        has_masks=has_masks,
        image_size=image_size,
        encoder_blocks=config.encoder_blocks or default.encoder_blocks,
        decoder_layers=config.decoder_layers or default.decoder_layers,
        # Each starts from a patch of its own.
        queries=min(config.queries or default.queries, (image_size // layout.patch) ** 2),
        # Thirteen, as published networks have, take a CPU a third longer.
        groups=config.groups or (default.groups if on_gpu else 1),
    )


def _layout(variant: str, *, has_masks: bool) -> Layout:
    return (SEGMENTERS if has_masks else DETECTORS)[variant]
