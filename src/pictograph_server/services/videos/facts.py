"""What is known of a video without a library for videos."""

from dataclasses import asdict, dataclass
from typing import Self, TypedDict


class FactsJson(TypedDict):
    duration_seconds: float
    native_fps: float
    width: int
    height: int
    frame_count: int


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Length in seconds, pictures a second, display-oriented size in pixels, number of pictures."""

    duration_seconds: float
    native_fps: float
    width: int
    height: int
    frame_count: int

    def to_json(self) -> FactsJson:
        return FactsJson(**asdict(self))

    @classmethod
    def from_json(cls, document: FactsJson) -> Self:
        return cls(**document)
