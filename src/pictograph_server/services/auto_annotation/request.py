"""What a batch job was asked for, as it is stored with the job and read back by its task."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

OutputType = Literal["polygon", "bbox", "tag"]


class WantedClass(BaseModel):
    """A class to look for, the shape to save, and the words the model is asked with."""

    model_config = ConfigDict(frozen=True)

    name: str
    output_type: OutputType
    prompt: str


class BatchPlan(BaseModel):
    """The stored request of a batch job: everything its task needs besides the images."""

    model_config = ConfigDict(frozen=True)

    classes: tuple[WantedClass, ...]
    confidence_threshold: float = Field(ge=0, le=1)
    # Only classification models look at it; kept because it was asked for.
    top_k: int = 1
    # Processed images wait for a person instead of becoming `complete` (R5).
    review: bool = False
    # Images that have annotations when their turn comes leave the batch, unpaid.
    skip_annotated: bool = False

    @property
    def prompts(self) -> tuple[str, ...]:
        """Return each prompt once, in the order of the classes."""
        return tuple(dict.fromkeys(wanted.prompt for wanted in self.classes))


def prompt_for(class_name: str) -> str:
    """Return a class name as words for the model: `_` and `-` read as spaces (R6).

    Example:
        >>> prompt_for("stop_sign")
        'stop sign'
    """
    return " ".join(class_name.replace("_", " ").replace("-", " ").split()) or class_name
