"""What operations cost, in credits. The prices are nominal: a budget to steer by, not money."""

import math
from dataclasses import dataclass
from typing import Literal

from pictograph_server.errors import BadRequest

Unit = Literal["per_minute", "per_call"]

SAM3_SLUG = "sam3_auto_annotation"
MODEL_SLUG = "inference_t4"


@dataclass(frozen=True)
class Price:
    """`per_unit` credits for each unit begun, and never less than `minimum`."""

    unit: Unit
    per_unit: int
    minimum: int

    def total(self, quantity: int) -> int:
        return max(self.minimum, self.per_unit * quantity)


_TRAINING = {
    "training_a10g": Price("per_minute", 5, 5),
    "training_a100": Price("per_minute", 9, 9),
    "training_h100": Price("per_minute", 18, 18),
}
_SAM3 = Price("per_minute", 3, 3)
_INFERENCE = Price("per_minute", 2, 2)

PRICES: dict[str, Price] = {
    **_TRAINING,
    SAM3_SLUG: _SAM3,
    MODEL_SLUG: _INFERENCE,
    "image_generate_imagen_fast": Price("per_call", 3, 0),
    "image_generate_imagen_standard": Price("per_call", 5, 0),
    "image_generate_imagen_ultra": Price("per_call", 8, 0),
    "image_generate_gemini_flash": Price("per_call", 5, 0),
    "image_generate_gemini_pro": Price("per_call", 15, 0),
    "image_edit_gemini_flash": Price("per_call", 5, 0),
    "image_edit_gemini_pro": Price("per_call", 15, 0),
    # Spellings of older documents; the prices are today's.
    "training_a10g_per_minute": _TRAINING["training_a10g"],
    "training_a100_per_minute": _TRAINING["training_a100"],
    "training_h100_per_minute": _TRAINING["training_h100"],
    "sam3_per_minute": _SAM3,
    "image_inference": _INFERENCE,
}


class UnknownOperation(BadRequest):
    code = "unknown_operation"

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"There is no operation {operation!r}",
            why="an estimate is made for: " + ", ".join(PRICES),
            fix="Use one of these names.",
        )


def price(operation: str) -> Price:
    try:
        return PRICES[operation]
    except KeyError:
        raise UnknownOperation(operation) from None


@dataclass(frozen=True)
class Tariff:
    """What a piece of work costs: `base` credits, and `credits` for each `per` units begun, in proportion."""

    operation: str
    title: str
    unit: str
    credits: int
    base: int = 0
    per: int = 1

    def total(self, units: int) -> int:
        # In integers, rounded up: 0.1 * 70 is 7.000000000000001.
        return self.base + -(-self.credits * units // self.per)


_PROMPT = Tariff(SAM3_SLUG, "A point, box or text prompt on one image", "prompt", 3)
# Source: contract §9, `3 + ceil(0.1 n)` for SAM and `2 + ceil(0.03 n)` for a model of one's own.
_BATCH = Tariff(SAM3_SLUG, "Labelling images with SAM 3 or its like", "image", 1, base=3, per=10)
_MODEL_BATCH = Tariff(MODEL_SLUG, "Labelling images with a model trained here", "image", 3, base=2, per=100)

# For people, in the order in which they meet them.
TARIFFS = (
    _PROMPT,
    _BATCH,
    _MODEL_BATCH,
    *(
        Tariff(slug, f"Training that asks for {slug.removeprefix('training_')}", "minute", each.per_unit)
        for slug, each in _TRAINING.items()
    ),
)


def prompt_cost() -> int:
    """Return the cost of one point, box or text prompt on one image."""
    return _PROMPT.total(1)


def batch_cost(images: int, *, trained_model: bool) -> int:
    """Return the cost of annotating `images` images in one batch job."""
    return (_MODEL_BATCH if trained_model else _BATCH).total(images)


def batch_operation(*, trained_model: bool) -> str:
    """Return the operation under which a batch job is paid for."""
    return MODEL_SLUG if trained_model else SAM3_SLUG


def training_slug(gpu: str) -> str:
    """Return the operation under which training on a kind of accelerator is paid for."""
    slug = f"training_{gpu}"
    if slug not in _TRAINING:
        raise UnknownOperation(slug)
    return slug


def training_cost(gpu: str, minutes: float) -> int:
    """Return the cost of `minutes` of training, each begun minute counted whole."""
    return price(training_slug(gpu)).total(math.ceil(minutes))
