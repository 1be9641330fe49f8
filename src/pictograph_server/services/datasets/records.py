"""A dataset and its classes as the services see them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from pictograph_server.errors import NotFound


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """An entry of the list of classes. `prompts` are what the annotator is asked for instead of the name (R6)."""

    name: str
    type: str | None = None
    color: str | None = None
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A dataset's row with its classes in order. Counters leave archived images out."""

    id: str
    organization_id: str
    name: str
    description: str | None
    annotation_types: tuple[str, ...]
    review_required: bool
    image_count: int
    completed_image_count: int
    archived_image_count: int
    total_size_bytes: int
    created_at: datetime
    updated_at: datetime
    classes: tuple[ClassRecord, ...] = ()

    @property
    def slug(self) -> str:
        """Return the name as documents write it in paths: lower case, words joined by dashes."""
        return re.sub(r"[\W_]+", "-", self.name.lower()).strip("-") or self.id

    @property
    def prompts(self) -> Mapping[str, tuple[str, ...]]:
        """Return, for the classes that carry some, class name -> prompts."""
        return MappingProxyType({entry.name: entry.prompts for entry in self.classes if entry.prompts})


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """How documents name an organisation."""

    name: str
    slug: str


# A class that a request names: (name, geometry or None, prompts). `ensure_classes` registers what is missing.
ClassRequest = tuple[str, str | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DeletedDataset:
    """What went with a dataset, and what in the blob store may have lost its last reference."""

    dataset_id: str
    image_count: int
    folder_count: int
    image_sha256s: Sequence[str]
    # Blobs that belonged to this dataset alone: exports, staged uploads.
    blob_keys: Sequence[str]
    # Images whose rows and bytes a job takes away.
    images_later: int = 0


class DatasetNotFound(NotFound):
    code = "dataset_not_found"

    def __init__(self, name_or_id: str) -> None:
        super().__init__(
            f"Dataset {name_or_id!r} was not found",
            why="this organisation has none of that name or id",
            fix="Names are case-sensitive; `client.datasets.list()` shows the ones there are",
        )
