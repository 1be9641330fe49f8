"""Writes down what a dataset holds at one moment, and keeps the bytes of its images from being deleted.

Nothing refers to what is written until the version's row does (`repository.complete`). Killed anywhere, it begins
again: what is in the store already is not written twice.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection

from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.renaming import Renaming, renamed_tags
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import repository as image_rows
from pictograph_server.services.images import service as images
from pictograph_server.services.images.blobs import is_stored
from pictograph_server.services.images.records import ImageRecord

from . import repository, service
from .content import Chunk, FrozenClass, FrozenImage, Manifest, VersionStore, in_chunks
from .repository import Frozen, VersionRecord

# Images whose annotations are fetched with one query.
_PAGE = 200


class ImageBytesGone(Exception):
    """An image was deleted while it was being frozen. Not a refusal: the next try sees the dataset without it."""


def freeze(run: JobRun, platform: Platform, record: VersionRecord, *, on_image: Callable[[int], None]) -> Frozen:
    """Store what the version's dataset holds, and say what that is. `on_image` gets the count, and may raise to stop.

    Raises:
        ImageBytesGone: try again.
        DatasetNotFound: 404.
    """
    store = VersionStore(platform.blobs, record.dataset_id)
    counts = _Counts()
    chunks: list[Chunk] = []
    with platform.db.snapshot() as conn:
        dataset = datasets.get_by_id(conn, record.organization_id, record.dataset_id)
        for group in in_chunks(_images(conn, record, counts, on_image)):
            chunks.append(store.put_chunk(group))
            _hold(run, platform, conn, record.dataset_id, [image.sha256 for image in group])
    manifest = Manifest(_classes(dataset), list(dataset.annotation_types), chunks)
    return Frozen(
        content_sha256=store.put_manifest(manifest),
        image_count=counts.images,
        annotation_count=sum(counts.annotations.values()),
        size_bytes=counts.size_bytes,
        class_counts=counts.by_class([entry.name for entry in dataset.classes]),
    )


def settle(conn: Connection, record: VersionRecord, frozen: Frozen) -> VersionRecord:
    """Make the version ready, in the caller's transaction, and return it; for an export's, the one that is the same.

    Raises:
        JobCancelled: the version was deleted meanwhile.
        DatasetNotFound: 404.
    """
    datasets.lock(conn, record.organization_id, record.dataset_id)
    if repository.has_deleted(conn, record.dataset_id):
        # What was deleted meanwhile could not be taken away.
        service.tidy_later(conn, record.organization_id, record.dataset_id)
    same = repository.same_content(conn, record, frozen.content_sha256) if record.export_id is not None else None
    if same is not None:
        repository.take_back(conn, record)
        return same
    is_wanted = repository.complete(conn, record.id, frozen)
    ready = repository.find(conn, record.organization_id, record.id)
    if not is_wanted or ready is None:
        raise JobCancelled(f"version {record.number} was deleted")
    return ready


class _Counts:
    """What went in so far."""

    def __init__(self) -> None:
        self.images = 0
        self.size_bytes = 0
        self.annotations: dict[str, int] = {}
        self._images_with: dict[str, int] = {}

    def add(self, image: FrozenImage) -> None:
        self.images += 1
        self.size_bytes += image.size_bytes
        names = [str(each["name"]) for each in image.annotations]
        for name in names:
            self.annotations[name] = self.annotations.get(name, 0) + 1
        for name in set(names):
            self._images_with[name] = self._images_with.get(name, 0) + 1

    def by_class(self, names: Iterable[str]) -> list[tuple[str, int, int]]:
        """Return the counts in the order of the names, then of what the list does not know."""
        order = dict.fromkeys([*names, *sorted(self.annotations)])
        return [(name, self.annotations.get(name, 0), self._images_with.get(name, 0)) for name in order]


def _images(
    conn: Connection, record: VersionRecord, counts: _Counts, on_image: Callable[[int], None]
) -> Iterator[FrozenImage]:
    source = iter(images.list_for_export(conn, record.dataset_id, record.status_filter))
    changes = annotations.pending_renamings(conn, record.dataset_id)
    while page := list(islice(source, _PAGE)):
        said = annotations.as_json(conn, [image.id for image in page])
        for image in page:
            documents, provenance = said.get(image.id, ([], {}))
            frozen = _frozen(image, changes, documents, provenance)
            counts.add(frozen)
            yield frozen
            on_image(counts.images)


def _frozen(
    image: ImageRecord,
    changes: list[Renaming],
    documents: list[dict[str, object]],
    provenance: dict[str, object],
) -> FrozenImage:
    return FrozenImage(
        id=image.id,
        folder_path=image.folder_path,
        filename=image.filename,
        display_name=image.display_name,
        sha256=image.sha256,
        size_bytes=image.file_size_bytes,
        width=image.width,
        height=image.height,
        mime_type=image.mime_type,
        status=image.status,
        status_set_by=image.status_set_by,
        auto_tags=renamed_tags(image.auto_tags, changes) if changes else image.auto_tags,
        annotations=documents,
        provenance=provenance,
    )


def _hold(run: JobRun, platform: Platform, seen: Connection, dataset_id: str, sha256s: list[str]) -> None:
    """Keep the bytes of images, in a transaction of its own where some are new: the reading goes on beside it."""
    if not repository.not_held(seen, dataset_id, sha256s):
        # Nothing is let go of while a version is being frozen (`tidy.py`).
        return
    with run.transaction() as conn:
        image_rows.lock_blobs(conn, exclusive=False)
        new = repository.not_held(conn, dataset_id, sha256s)
        # Deleted since this version began to read.
        for sha256 in image_rows.unreferenced(conn, new):
            if not is_stored(platform.blobs, sha256):
                raise ImageBytesGone("an image was deleted while the version was being frozen")
        repository.hold(conn, dataset_id, new)


def _classes(dataset: DatasetRecord) -> list[FrozenClass]:
    return [FrozenClass(entry.name, entry.type, entry.color, list(entry.prompts)) for entry in dataset.classes]
