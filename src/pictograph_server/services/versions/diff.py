"""Two versions of a dataset compared: only the chunks that they do not share are read."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.version import ClassDifference, ImageChange, ImageDifference, VersionDiff
from pictograph_server.storage.blobs import BlobStore

from . import repository, service
from .content import Chunk, IndexLine, VersionStore
from .repository import VersionRecord


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of a dataset; without `before`, everything is new."""

    before: VersionRecord | None
    after: VersionRecord


def pair(conn: Connection, organization_id: str, dataset_name: str, wanted: str, since: str | None) -> Pair:
    """Return a version and the one to compare it with: `since`, or else the one before it.

    Raises:
        DatasetNotFound, VersionNotFound: 404.
        VersionNotReady: 409.
    """
    after = service.require_ready(conn, organization_id, dataset_name, wanted)
    if since is None:
        return Pair(repository.newest_ready(conn, after.dataset_id, before=after.number), after)
    return Pair(service.require_ready(conn, organization_id, dataset_name, since), after)


def compare(blobs: BlobStore, versions: Pair, *, limit: int) -> VersionDiff:
    """Return what changed; the lists of images are cut at `limit`, in the order the images were added to the dataset.

    A million images that all changed take some seconds, a few that did take none.
    """
    before, after = versions.before, versions.after
    store = VersionStore(blobs, after.dataset_id)
    old_chunks = [] if before is None else _chunks(store, before)
    new_chunks = _chunks(store, after)
    shared = {chunk.sha256 for chunk in old_chunks} & {chunk.sha256 for chunk in new_chunks}
    old = _lines(store, (chunk for chunk in old_chunks if chunk.sha256 not in shared))
    new = _lines(store, (chunk for chunk in new_chunks if chunk.sha256 not in shared))
    added = [line for key, line in new.items() if key not in old]
    removed = [line for key, line in old.items() if key not in new]
    changed = [(old[key], line) for key, line in new.items() if key in old and old[key] != line]
    return VersionDiff(
        dataset_name=after.dataset_name,
        since=None if before is None else before.number,
        number=after.number,
        images_added=len(added),
        images_removed=len(removed),
        images_changed=len(changed),
        images_unchanged=after.image_count - len(added) - len(changed),
        annotations_before=0 if before is None else before.annotation_count,
        annotations_after=after.annotation_count,
        classes=_classes(before, after),
        added=[_difference(line, annotations_after=line.annotation_count) for line in added[:limit]],
        removed=[_difference(line, annotations_before=line.annotation_count) for line in removed[:limit]],
        changed=[
            _difference(
                line,
                changes=_changes(was, line),
                annotations_before=was.annotation_count,
                annotations_after=line.annotation_count,
            )
            for was, line in changed[:limit]
        ],
    )


def _chunks(store: VersionStore, record: VersionRecord) -> list[Chunk]:
    assert record.content_sha256 is not None, "a version that is ready has a manifest"
    return store.manifest(record.content_sha256).chunks


def _lines(store: VersionStore, chunks: Iterable[Chunk]) -> dict[str, IndexLine]:
    return {line.id: line for chunk in chunks for line in store.index(chunk)}


def _changes(was: IndexLine, line: IndexLine) -> list[ImageChange]:
    differs: dict[ImageChange, bool] = {
        "content": was.sha256 != line.sha256,
        "name": (was.folder_path, was.filename) != (line.folder_path, line.filename),
        "status": was.status != line.status,
        "annotations": was.annotations != line.annotations,
        "tags": was.tags != line.tags,
    }
    return [change for change, is_so in differs.items() if is_so]


def _difference(
    line: IndexLine,
    *,
    changes: Iterable[ImageChange] = (),
    annotations_before: int = 0,
    annotations_after: int = 0,
) -> ImageDifference:
    return ImageDifference(
        image_id=line.id,
        folder_path=line.folder_path,
        filename=line.filename,
        changes=list(changes),
        annotations_before=annotations_before,
        annotations_after=annotations_after,
    )


def _classes(before: VersionRecord | None, after: VersionRecord) -> list[ClassDifference]:
    old = {name: (annotations, images) for name, annotations, images in (before.class_counts if before else ())}
    new = {name: (annotations, images) for name, annotations, images in after.class_counts}
    return [
        ClassDifference(
            name=name,
            annotations_before=old.get(name, (0, 0))[0],
            annotations_after=new.get(name, (0, 0))[0],
            images_before=old.get(name, (0, 0))[1],
            images_after=new.get(name, (0, 0))[1],
        )
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    ]
