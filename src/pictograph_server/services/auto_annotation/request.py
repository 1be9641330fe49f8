"""What a batch job was asked for, as it is stored with the job and read back by its task."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

OutputType = Literal["polygon", "bbox", "tag"]
Destination = Literal["dataset", "proposals"]
Box = tuple[float, float, float, float]

# What detections of exemplars without a phrase are called (`Annotator.exemplars`).
VISUAL = "visual"
# Kept of a class on one image where nobody said how many: what SAM 3 can find at most for a phrase.
MOST_DETECTIONS = 200


class WantedClass(BaseModel):
    """A class to look for, the shape to save, and the words the model is asked with: each prompt finds the class."""

    model_config = ConfigDict(frozen=True)

    name: str
    output_type: OutputType
    prompts: tuple[str, ...] = Field(min_length=1)
    # None: as the whole batch says.
    confidence_threshold: float | None = Field(default=None, ge=0, le=1)
    max_detections: int | None = Field(default=None, ge=1)
    # Square pixels, of the mask where the engine draws one, else of the box.
    min_area: float | None = Field(default=None, ge=0)


class ExemplarRef(BaseModel):
    """Boxes on an image of the dataset that say «like this» or «not like this»; a phrase narrows it down."""

    model_config = ConfigDict(frozen=True)

    image_id: str
    boxes_xyxy: tuple[Box, ...] = Field(min_length=1)
    is_positive: tuple[bool, ...] = Field(min_length=1)
    phrase: str | None = None


class BatchPlan(BaseModel):
    """The stored request of a batch job: everything its task needs besides the images."""

    model_config = ConfigDict(frozen=True)

    classes: tuple[WantedClass, ...]
    confidence_threshold: float = Field(ge=0, le=1)
    max_detections: int | None = Field(default=None, ge=1)
    min_area: float | None = Field(default=None, ge=0)
    # An object that answers several classes is kept once, as the class it answers best.
    exclusive: bool = False
    # Of the classes that a classification model gives an image, so many.
    top_k: int = 1
    # Processed images wait for a person instead of becoming `complete` (R5).
    review: bool = False
    # Images that have annotations when their turn comes leave the batch, unpaid.
    skip_annotated: bool = False
    # The annotator the request named; None is the server's own choice. A trained model stands in `model_id`.
    annotator: str | None = None
    model_id: str | None = None
    # Look for what is like these boxes instead of asking with words; there is one class then.
    exemplar: ExemplarRef | None = None
    # "proposals": what is found waits beside the dataset, which stays as it is.
    destination: Destination = "dataset"
    # Names of the request that no image has; the first of them, and how many there were.
    unknown_images: tuple[str, ...] = ()
    unknown_image_count: int = 0

    def is_part_of(self, other: "BatchPlan") -> bool:
        """Return whether `other` looks for all that this does, in the same way."""
        ours, theirs = (
            plan.model_copy(update={"classes": (), "unknown_images": (), "unknown_image_count": 0})
            for plan in (self, other)
        )
        return ours == theirs and set(self.classes) <= set(other.classes)

    @property
    def prompts(self) -> tuple[str, ...]:
        """Return each prompt once, in the order of the classes."""
        return tuple(dict.fromkeys(prompt for wanted in self.classes for prompt in wanted.prompts))

    @property
    def asked_threshold(self) -> float:
        """Return the confidence to ask the network for: the lowest of the classes."""
        return min((self.threshold_of(wanted) for wanted in self.classes), default=self.confidence_threshold)

    @property
    def asked_detections(self) -> int:
        """Return how many detections an image may have: so many that no prompt's findings push out another's."""
        return MOST_DETECTIONS * max(1, len(self.prompts))

    def threshold_of(self, wanted: WantedClass) -> float:
        return self.confidence_threshold if wanted.confidence_threshold is None else wanted.confidence_threshold

    def most_of(self, wanted: WantedClass) -> int:
        """Return how many detections of a class an image keeps."""
        return wanted.max_detections or self.max_detections or MOST_DETECTIONS

    def min_area_of(self, wanted: WantedClass) -> float:
        return (self.min_area or 0.0) if wanted.min_area is None else wanted.min_area


def prompt_for(class_name: str) -> str:
    """Return a class name as words for the model: `_` and `-` read as spaces (R6).

    Example:
        >>> prompt_for("stop_sign")
        'stop sign'
    """
    return " ".join(class_name.replace("_", " ").replace("-", " ").split()) or class_name
