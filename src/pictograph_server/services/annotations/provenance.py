"""Who or what made an annotation, and with what (R11)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

# Engines by the name before the @ in `sam3@facebook/sam3`; anything else with an @ may be an e-mail address.
_ENGINES = ("sam3", "grounded-sam2", "owlv2", "sam2", "grounding_dino", "grounding-dino")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The origin of one annotation.

    `made_by` is `user:<key id>`, an engine (`sam3@<checkpoint>`) or `model:<id>`. Times are ISO 8601, UTC.
    """

    made_by: str
    made_at: str
    prompt: str | None = None
    threshold: float | None = None
    confidence: float | None = None
    job_id: str | None = None
    # The person who changed it since, if anybody did.
    edited_by: str | None = None
    edited_at: str | None = None

    @property
    def is_untouched_machine_work(self) -> bool:
        """Return whether an engine made it and nobody changed it: only then may a job replace it."""
        return self.edited_by is None and is_engine(self.made_by)

    def edited(self, by: str, at: datetime) -> Self:
        """Return the same origin with the edit noted; what an engine made stays known as that."""
        return replace(self, edited_by=by, edited_at=at.isoformat())

    def to_json(self) -> dict[str, object]:
        # Not `asdict`, which copies deeply: a batch writes one for everything it finds.
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(**document)


def source_of(origin: Provenance | None) -> str:
    """Return whose word an annotation is: `people` (they made or edited it), `model:<id>`, or an engine's name."""
    if origin is None or not origin.is_untouched_machine_work:
        return "people"
    return origin.made_by if origin.made_by.startswith("model:") else origin.made_by.partition("@")[0]


def is_engine(name: str) -> bool:
    """Return whether the name of a maker is an engine's or a trained model's, not a person's."""
    engine, at, _checkpoint = name.partition("@")
    return name.startswith("model:") or (bool(at) and engine in _ENGINES)
