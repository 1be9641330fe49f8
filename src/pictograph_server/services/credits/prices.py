"""What operations cost, in credits, under the prices that the operator set."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pictograph_server.errors import BadRequest
from pictograph_server.settings import Prices

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


# Known to clients of the hosted service, which may ask what they cost; nothing here does them.
# Source: contract §9.
_GENERATION: Mapping[str, Price] = MappingProxyType(
    {
        "image_generate_imagen_fast": Price("per_call", 3, 0),
        "image_generate_imagen_standard": Price("per_call", 5, 0),
        "image_generate_imagen_ultra": Price("per_call", 8, 0),
        "image_generate_gemini_flash": Price("per_call", 5, 0),
        "image_generate_gemini_pro": Price("per_call", 15, 0),
        "image_edit_gemini_flash": Price("per_call", 5, 0),
        "image_edit_gemini_pro": Price("per_call", 15, 0),
    }
)


class UnknownOperation(BadRequest):
    code = "unknown_operation"

    def __init__(self, operation: str, known: Mapping[str, Price]) -> None:
        super().__init__(
            f"There is no operation {operation!r}",
            why="an estimate is made for: " + ", ".join(known),
            fix="Use one of these names.",
        )


def price(prices: Prices, operation: str) -> Price:
    """Return what an operation of the contract costs; `UnknownOperation` (400) names those there are."""
    known = operations(prices)
    try:
        return known[operation]
    except KeyError:
        raise UnknownOperation(operation, known) from None


def operations(prices: Prices) -> dict[str, Price]:
    """Return every operation that an estimate is made for."""
    training = _training(prices)
    # The contract has these two by the minute; the smallest piece of such work is what one of their minutes costs.
    labelling = Price("per_minute", prices.prompt, prices.prompt)
    inference = Price("per_minute", prices.model_labelling_base, prices.model_labelling_base)
    return {
        **training,
        SAM3_SLUG: labelling,
        MODEL_SLUG: inference,
        **_GENERATION,
        # Spellings of older documents; the prices are today's.
        **{f"{slug}_per_minute": each for slug, each in training.items()},
        "sam3_per_minute": labelling,
        "image_inference": inference,
    }


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


def tariffs(prices: Prices) -> list[Tariff]:
    """Return what work costs, for people, in the order in which they meet it."""
    return [
        _prompt(prices),
        _batch(prices),
        _model_batch(prices),
        *(
            Tariff(slug, f"Training that asks for {slug.removeprefix('training_')}", "minute", each.per_unit)
            for slug, each in _training(prices).items()
        ),
    ]


def prompt_cost(prices: Prices) -> int:
    """Return the cost of one point, box or text prompt on one image."""
    return _prompt(prices).total(1)


def batch_cost(prices: Prices, images: int, *, trained_model: bool) -> int:
    """Return the cost of annotating `images` images in one batch job."""
    return (_model_batch(prices) if trained_model else _batch(prices)).total(images)


def training_slug(gpu: str) -> str:
    """Return the operation under which training on a kind of accelerator is paid for."""
    return f"training_{gpu}"


def training_cost(prices: Prices, gpu: str, minutes: float) -> int:
    """Return the cost of `minutes` of training, each begun minute counted whole."""
    return price(prices, training_slug(gpu)).total(math.ceil(minutes))


def _prompt(prices: Prices) -> Tariff:
    return Tariff(SAM3_SLUG, "A point, box or text prompt on one image", "prompt", prices.prompt)


def _batch(prices: Prices) -> Tariff:
    title = "Labelling images with SAM 3 or its like"
    return _by_image(SAM3_SLUG, title, prices.labelling_base, prices.labelling_per_100_images)


def _model_batch(prices: Prices) -> Tariff:
    title = "Labelling images with a model trained here"
    return _by_image(MODEL_SLUG, title, prices.model_labelling_base, prices.model_labelling_per_100_images)


def _by_image(operation: str, title: str, base: int, per_100: int) -> Tariff:
    # "1 for each 10" reads better than "10 for each 100".
    common = math.gcd(per_100, 100)
    return Tariff(operation, title, "image", per_100 // common, base=base, per=100 // common)


def _training(prices: Prices) -> dict[str, Price]:
    per_minute = {
        "a10g": prices.training_a10g_per_minute,
        "a100": prices.training_a100_per_minute,
        "h100": prices.training_h100_per_minute,
    }
    return {training_slug(gpu): Price("per_minute", each, each) for gpu, each in per_minute.items()}
