"""What every annotator offers: text, boxes or points in, detections out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from pictograph.geometry.cropped_mask import CroppedMask
    from pictograph.pixels import RgbArray

# Named here so that the port needs no numpy: the server lists its annotators without it.
RgbImage: TypeAlias = "RgbArray"
Box: TypeAlias = tuple[float, float, float, float]


class Capability(StrEnum):
    """What an annotator can be asked with."""

    TEXT = "text"
    # Every object like the ones inside some boxes.
    EXEMPLAR = "exemplar"
    # The one object inside a box, cut out.
    BOX = "box"
    # The one object under some clicks, cut out.
    POINT = "point"
    # What the image as a whole is: detections are without a place, their box is the whole image.
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Detection:
    """One instance an annotator found.

    `box_xyxy` is in pixels of the image as given (continuous, origin at the outer corner of the top-left pixel).
    `mask` is None where the annotator draws none.
    """

    prompt: str
    confidence: float
    box_xyxy: Box
    mask: "CroppedMask | None" = None


@dataclass(frozen=True, slots=True)
class Exemplars:
    """Boxes on an image that say «like this» or «not like this», in pixels of that image; `phrase` narrows it down."""

    image: RgbImage
    boxes_xyxy: Sequence[Box]
    is_positive: Sequence[bool]
    phrase: str | None = None


class Annotator(Protocol):
    """A loaded network. Not safe to share between threads; one process owns one annotator."""

    # `engine@checkpoint`, e.g. `sam3@facebook/sam3` or `sam3@pictograph-tiny`; goes into every annotation (R11).
    name: str
    # Words for people: "cpu", "cuda (NVIDIA A10G, bfloat16)".
    device: str
    capabilities: frozenset[Capability]

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Raise `UnknownClasses` when the checkpoint is known to lack some of the prompts; else do nothing."""
        ...

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first.

        An image has at most `max_detections`, of all prompts together.
        """
        ...

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every object like the positive exemplars and unlike the negative ones, best first.

        The exemplars may lie on an image that is not among `images`. The detections' prompt is the exemplars' phrase,
        or "visual" without one.
        """
        ...

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        """Return the object inside the first positive box, refined; negative boxes say what it is not."""
        ...

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        """Return the one object that the positive points touch and the negative points do not."""
        ...


@dataclass(frozen=True, slots=True)
class AnnotatorSpec:
    """An entry of the registry: how an annotator is named and opened."""

    name: str
    # Opens the network: (checkpoint: a directory or hub id or None for the default, device or None for the best).
    # Raises EngineUnavailable.
    load: Callable[[str | None, str | None], Annotator]
    # The extra of the distribution that installs what it needs.
    extra: str
