"""What a list of images may be narrowed to, and how it is sorted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pictograph_server.errors import Unprocessable

# Sources that are no engine's name.
PEOPLE = "people"
MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Images that fulfil every condition given; None lets everything pass.

    With a class or a source, the confidence is that of the image's least confident annotation of them, else of any.
    """

    statuses: tuple[str, ...] | None = None
    # Annotated or tagged with it.
    class_name: str | None = None
    # "/" or "/a/b".
    folder_path: str | None = None
    with_subfolders: bool = True
    # `people`, `machine`, an engine (`sam3`) or a model (`model:<id>`): who made an annotation of the image.
    source: str | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    # A part of the file's name, in any case.
    text: str | None = None
    tag: str | None = None
    is_annotated: bool | None = None
    min_annotations: int | None = None
    max_annotations: int | None = None
    # Pixels, exactly.
    size_wh: tuple[int, int] | None = None
    # Width divided by height: from the one on, and below the other.
    min_aspect: float | None = None
    max_aspect: float | None = None
    is_archived: bool = False

    def __post_init__(self) -> None:
        low, high = self.min_confidence, self.max_confidence
        if low is not None and high is not None and low > high:
            raise EmptyRange(low, high)
        low, high = self.min_aspect, self.max_aspect
        if low is not None and high is not None and low >= high:
            raise EmptyAspectRange(low, high)

    @property
    def has_confidence(self) -> bool:
        return self.min_confidence is not None or self.max_confidence is not None

    def to_json(self) -> dict[str, object]:
        """Return it as a job keeps it; what leaves nothing out is not there."""
        everything = asdict(ImageFilter())
        return {name: value for name, value in asdict(self).items() if value != everything[name]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "ImageFilter":
        """Return the filter that `to_json` wrote down."""
        values = dict(kept)
        for name in ("statuses", "size_wh"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)

    @property
    def is_whole_tree(self) -> bool:
        """Return whether the folder, if one is given, leaves nothing out."""
        return self.folder_path is None or (self.folder_path == "/" and self.with_subfolders)


class EmptyRange(Unprocessable):
    code = "empty_confidence_range"

    def __init__(self, low: float, high: float) -> None:
        super().__init__(
            f"No confidence is at least {low:g} and at most {high:g}",
            why="the lower end of the range is above the upper one",
            fix="Exchange min_confidence and max_confidence",
        )


class EmptyAspectRange(Unprocessable):
    code = "empty_aspect_range"

    def __init__(self, low: float, high: float) -> None:
        super().__init__(
            f"No image has a width divided by its height of at least {low:g} and below {high:g}",
            why="the upper end of the range, which is not part of it, is not above the lower one",
            fix="Make max_aspect larger than min_aspect",
        )
