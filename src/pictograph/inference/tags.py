"""From a classifier's raw output to what the image is as a whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.activations import sigmoid, softmax
from pictograph.inference.spec import ClassificationDecoding


@dataclass(frozen=True, slots=True)
class Tag:
    """One thing that a model says an image shows, without a place."""

    class_name: str
    class_index: int
    confidence: float


def decode_tags(
    output: NDArray[np.float32],
    decoding: ClassificationDecoding,
    class_names: tuple[str, ...],
    *,
    confidence: float,
    top_k: int | None,
) -> list[Tag]:
    """Return the tags in one image's output, shape `(classes,)`, best first.

    `top_k` counts before the threshold does: a class that is not among the model's first answers is none.
    """
    probabilities = _probabilities(output, decoding)
    order = np.argsort(-probabilities, kind="stable")[:top_k]
    return [Tag(class_names[i], int(i), float(probabilities[i])) for i in order if probabilities[i] >= confidence]


def _probabilities(output: NDArray[np.float32], decoding: ClassificationDecoding) -> NDArray[np.float32]:
    if decoding.activation == "softmax":
        return softmax(output)
    return sigmoid(output) if decoding.activation == "sigmoid" else output
