"""What another service is to us: a workspace with datasets, and the images of one with what is drawn on them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pictograph.models.annotation import Annotation
from pictograph.models.connector import RemoteDataset


class NotHad(Exception):
    """One image cannot be imported; the message says why. The others go on."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the other service says about an image, in pixels of the image as it is shown."""

    annotations: Sequence[Annotation]
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image's bytes. What is drawn on it may need its size: `labels(width, height)`."""

    data: bytes
    labels: Callable[[int, int], Labels]


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """An image to be fetched. `load` raises `NotHad`, or what `api.Api` raises."""

    folder_path: str
    filename: str
    load: Callable[[], Loaded]

    @property
    def path(self) -> str:
        return f"{self.folder_path.rstrip('/')}/{self.filename}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dataset to import, and which version of it: None for what it is now."""

    remote_id: str
    slug: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Contents:
    """The images of a dataset in an order that stays: `images(first)` begins at that number."""

    total: int
    images: Callable[[int], Iterator[RemoteImage]]


class Provider(Protocol):
    """Another service, opened with a key of it."""

    def workspace(self) -> str:
        """Return the name of what the key opens."""
        ...

    def datasets(self) -> list[RemoteDataset]:
        """Return the datasets there are."""
        ...

    def contents(self, wanted: Wanted, folder: Path, *, marker: str, on_wait: Callable[[], None]) -> Contents:
        """Return the images of a dataset; takes minutes when the other service must pack it first.

        Args:
            folder: for files; what an earlier attempt left in it may be used.
            marker: names what we make at the other service, so that a second attempt finds it.
            on_wait: called again and again meanwhile.
        """
        ...
