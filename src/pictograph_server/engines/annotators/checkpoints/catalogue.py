"""Which published checkpoints the annotators are made of: where they are, how large, under which terms.

Read by whatever lists or fetches annotators, so it needs no package beyond the standard library.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pictograph_server.engines.annotators.base import Capability

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
# The published repositories also hold the weights in other forms, gigabytes that nothing here reads.
PATTERNS = ("*.json", "*.txt", "*.safetensors")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of the hub with one network in it."""

    id: str
    # What its config.json calls the network; a folder is recognised by it.
    model_types: tuple[str, ...]
    size_bytes: int
    license: str
    # Its owner hands it out to accounts that accepted the licence, and to nobody else.
    is_gated: bool = False
    # Each entry: one of these files must be there, besides the weights.
    needs: tuple[tuple[str, ...], ...] = (("config.json",), ("processor_config.json", "preprocessor_config.json"))

    @property
    def short_name(self) -> str:
        return self.id.rpartition("/")[2]

    def missing(self, folder: Path) -> list[str]:
        """Return the files without which the folder is no complete checkpoint."""
        missing = [names[0] for names in self.needs if not any((folder / name).is_file() for name in names)]
        return missing + _missing_weights(folder)


_TEXT = (("config.json",), ("processor_config.json", "preprocessor_config.json"), ("tokenizer.json", "vocab.json"))
SAM3 = Repository(
    "facebook/sam3",
    ("sam3_video", "sam3"),
    3_450_000_000,
    "SAM License",
    is_gated=True,
    needs=(("config.json",), ("processor_config.json",), ("tokenizer.json",)),
)
GROUNDING_DINO = Repository(
    "IDEA-Research/grounding-dino-tiny", ("grounding-dino", "mm-grounding-dino"), 690_000_000, "Apache-2.0", needs=_TEXT
)
SAM2 = Repository("facebook/sam2.1-hiera-tiny", ("sam2_video", "sam2"), 156_000_000, "Apache-2.0")
OWLV2 = Repository("google/owlv2-base-patch16-ensemble", ("owlv2",), 620_000_000, "Apache-2.0", needs=_TEXT)


@dataclass(frozen=True, slots=True)
class KnownAnnotator:
    """An annotator that can be asked for by name, and what its checkpoints are."""

    name: str
    title: str
    summary: str
    capabilities: frozenset[Capability]
    repositories: tuple[Repository, ...] = ()
    # It works without them, but does less.
    optional: tuple[Repository, ...] = ()

    @property
    def all_repositories(self) -> tuple[Repository, ...]:
        return (*self.repositories, *self.optional)

    @property
    def license(self) -> str:
        return ", ".join(dict.fromkeys(each.license for each in self.all_repositories)) or "Apache-2.0"

    @property
    def is_licensed_separately(self) -> bool:
        """Whether somebody must accept terms of their own before the weights are handed out."""
        return any(each.is_gated for each in self.repositories)


_ALL = frozenset({Capability.TEXT, Capability.EXEMPLAR, Capability.BOX, Capability.POINT})
# Best first: `auto` takes the first that can be used here, but never owlv2.
KNOWN = (
    KnownAnnotator("sam3", "SAM 3", "phrases, examples, boxes, clicks", _ALL, (SAM3,)),
    KnownAnnotator(
        "grounded-sam2",
        "Grounding DINO with SAM 2.1",
        "phrases, boxes, clicks; nothing to accept",
        frozenset({Capability.TEXT, Capability.BOX, Capability.POINT}),
        (GROUNDING_DINO, SAM2),
    ),
    KnownAnnotator("owlv2", "OWLv2", "phrases, examples; outlines where SAM 2.1 is here too", _ALL, (OWLV2,), (SAM2,)),
    KnownAnnotator("tiny", "The tiny model", "ships with the platform; knows drawn road signs, nothing else", _ALL),
)
NAMES = tuple(known.name for known in KNOWN)


def known_annotator(name: str) -> KnownAnnotator | None:
    return next((known for known in KNOWN if known.name == name), None)


def model_type(folder: Path) -> str | None:
    """Return what the config.json of a folder calls its network; None when it has none that can be read."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return None
    found = config.get("model_type") if isinstance(config, dict) else None
    return found if isinstance(found, str) else None


def _missing_weights(folder: Path) -> list[str]:
    whole, index = (folder / name for name in WEIGHTS)
    if whole.is_file():
        return []
    try:
        parts = set(json.loads(index.read_bytes())["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [WEIGHTS[0]]
    return sorted(name for name in parts if not (folder / name).is_file())
