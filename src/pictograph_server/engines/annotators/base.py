"""What every annotator offers: text, boxes or points in, detections out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# RGB, 8 bits, display-oriented, shape (height, width, 3).
RgbImage: TypeAlias = "NDArray[np.uint8]"


class Capability(StrEnum):
    """What an annotator can be asked with."""

    TEXT = "text"
    BOX = "box"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Detection:
    """One instance an annotator found.

    `box_xyxy` is in pixels of the image as given (continuous, origin at the outer corner of the top-left pixel).
    `mask` is the foreground inside the crop whose top-left pixel is `mask_origin_xy`; None without masks.
    """

    prompt: str
    confidence: float
    box_xyxy: tuple[float, float, float, float]
    mask: "NDArray[np.bool_] | None" = None
    mask_origin_xy: tuple[int, int] = (0, 0)


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
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first."""
        ...

    def box(
        self,
        image: RgbImage,
        boxes_xyxy: Sequence[tuple[float, float, float, float]],
        *,
        is_positive: Sequence[bool],
        threshold: float,
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
