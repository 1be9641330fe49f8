"""A version of the dataset as what its annotations are measured against: how far they have come from it."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.services.versions import service as versions
from pictograph_server.services.versions.content import FrozenImage, VersionStore
from pictograph_server.services.versions.repository import VersionRecord
from pictograph_server.storage.blobs import BlobStore

_KIND = "version"


def version_of(conn: Connection, dataset: DatasetRecord, source: str) -> VersionRecord | None:
    """Return the version that a source names, `version:<number, name, id or latest>`; None where it names another.

    Raises:
        VersionNotFound: 404.
        VersionNotReady: 409.
    """
    kind, _, wanted = source.partition(":")
    if kind != _KIND:
        return None
    return versions.require_ready(conn, dataset.organization_id, dataset.name, wanted)


def source_name(version: VersionRecord) -> str:
    """Return the source that means this version for ever: names change, and `latest` becomes another."""
    return f"{_KIND}:{version.number}"


class FrozenReader:
    """Reads a version alongside the dataset, both the oldest image first: no chunk is read twice."""

    def __init__(self, blobs: BlobStore, version: VersionRecord) -> None:
        assert version.content_sha256 is not None, "a version that is ready has a manifest"
        store = VersionStore(blobs, version.dataset_id)
        chunks = store.manifest(version.content_sha256).chunks
        self._images: Iterator[FrozenImage] = (image for chunk in chunks for image in store.images(chunk))
        self._next: FrozenImage | None = next(self._images, None)

    def look(self, page: Sequence[ImageRecord]) -> Mapping[str, FrozenImage]:
        """Return those of the images that were labelled or decided on in the version; later pages are of later images.

        Raises:
            FileNotFoundError: the version was deleted meanwhile.
        """
        wanted = {image.id for image in page}
        found: dict[str, FrozenImage] = {}
        while self._next is not None and self._next.id <= page[-1].id:
            if self._next.id in wanted and _is_covered(self._next):
                found[self._next.id] = self._next
            self._next = next(self._images, None)
        return found


def _is_covered(image: FrozenImage) -> bool:
    return bool(image.annotations or image.tags) or image.status in ("complete", "review")
