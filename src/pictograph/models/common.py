"""What several wire types share: strict and tolerant bases, points, boxes, text that says something.

Coordinates are absolute pixels of the display-oriented image: x right, y down, origin at the outer corner of the
top-left pixel.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Values whose keys the server or an engine chooses: metrics, configurations, tags. Kept as they arrive.
JsonObject = dict[str, Any]


class WireModel(BaseModel):
    """Base of answers: unknown keys are dropped, so a newer server does not break an older client."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class StrictModel(BaseModel):
    """Base of what people write by hand: an unknown key is a mistake and is refused."""

    model_config = ConfigDict(extra="forbid")


class Point(StrictModel):
    """A position in pixels. Frozen, so points can be compared and kept in sets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)


class BoundingBox(StrictModel):
    """A box by its top-left corner and size, in pixels. Never empty; `x` and `y` may be negative. Frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)
    w: float = Field(gt=0, allow_inf_nan=False)
    h: float = Field(gt=0, allow_inf_nan=False)


def _require_not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


NonBlankStr = Annotated[str, AfterValidator(_require_not_blank)]
