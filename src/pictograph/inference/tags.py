"""From a classifier's raw output to what the image is as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.activations import sigmoid, softmax
from pictograph.inference.detections import import_supervision
from pictograph.inference.sources import ImageSource
from pictograph.inference.spec import ClassificationDecoding

if TYPE_CHECKING:
    import supervision
    from PIL import Image


@dataclass(frozen=True, slots=True)
class Tag:
    """One thing that a model says an image shows, without a place."""

    class_name: str
    class_index: int
    confidence: float


class Tags(Sequence[Tag]):
    """What a model says about one image as a whole, best first. Equal to any sequence of the same tags.

    Attributes:
        image_size_wh: of the upright image.
        path: of the image, when it came from a file.
    """

    def __init__(self, tags: Iterable[Tag], *, image_size_wh: tuple[int, int], path: Path | None = None) -> None:
        self._tags = tuple(tags)
        self.image_size_wh = image_size_wh
        self.path = path

    @property
    def top(self) -> Tag | None:
        """The surest one; None when none is sure enough."""
        return self._tags[0] if self._tags else None

    @property
    def confidences(self) -> NDArray[np.float32]:
        """Shape `(n,)`."""
        return np.array([tag.confidence for tag in self], np.float32)

    @property
    def class_indexes(self) -> NDArray[np.int64]:
        """Positions in the model's `class_names`, shape `(n,)`."""
        return np.array([tag.class_index for tag in self], np.int64)

    @property
    def class_names(self) -> NDArray[np.str_]:
        """Shape `(n,)`."""
        return np.array([tag.class_name for tag in self], np.str_)

    def above(self, confidence: float) -> Tags:
        """Return those with at least this confidence."""
        return self._with(tag for tag in self if tag.confidence >= confidence)

    def draw(self, image: ImageSource | None = None) -> Image.Image:
        """Return the image with the tags in its corner; `image` and the errors are as in `Detections.draw`."""
        from pictograph.inference.drawing import Mark, canvas_of, draw_marks

        canvas = canvas_of(image if image is not None else self.path, self.image_size_wh)
        return draw_marks(canvas, [Mark(f"{tag.class_name} {tag.confidence:.2f}", tag.class_index) for tag in self])

    def to_supervision(self) -> supervision.Classifications:
        """Return a `supervision.Classifications`, which has no place for names.

        Raises:
            ModuleNotFoundError: supervision is not installed.
        """
        supervision = import_supervision()
        return supervision.Classifications(class_id=self.class_indexes, confidence=self.confidences)

    def to_dict(self) -> dict[str, object]:
        """Return what JSON can hold."""
        width, height = self.image_size_wh
        return {
            "image": None if self.path is None else str(self.path),
            "width": width,
            "height": height,
            "tags": [asdict(tag) | {"confidence": round(tag.confidence, 6)} for tag in self],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _with(self, tags: Iterable[Tag]) -> Tags:
        return Tags(tags, image_size_wh=self.image_size_wh, path=self.path)

    @overload
    def __getitem__(self, index: int) -> Tag: ...
    @overload
    def __getitem__(self, index: slice) -> Tags: ...
    def __getitem__(self, index: int | slice) -> Tag | Tags:
        return self._with(self._tags[index]) if isinstance(index, slice) else self._tags[index]

    def __len__(self) -> int:
        return len(self._tags)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._tags == tuple(other)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return f"Tags({list(self._tags)})"


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
