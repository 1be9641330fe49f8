"""The file of an export: a version of the dataset streamed into a ZIP; memory does not grow with the images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pictograph.formats.archive import write_zip
from pictograph.formats.base import DatasetHeader, FormatReport, ImageEntry, Labeled
from pictograph.formats.registry import get_format
from pictograph.models.annotation import parse_annotations
from pictograph_server.services.exports.repository import ExportRecord
from pictograph_server.services.images.status_filter import statuses_of
from pictograph_server.services.versions.content import FrozenImage, Manifest, VersionStore
from pictograph_server.storage.blobs import BlobStore, image_key


@dataclass(frozen=True, slots=True)
class Contents:
    """What was written into the file, counted."""

    images: int
    annotations: int
    # Images with at least one annotation that passed the class filter: what a training run learns from.
    annotated_images: int
    # Words for what the format could not express -> how often (R10).
    lost: dict[str, int]


class ImageMissing(Exception):
    """An image's bytes are not in the store. Not a refusal: on object stores a second look may find them."""


def write_archive(
    path: Path,
    blobs: BlobStore,
    export: ExportRecord,
    content_sha256: str,
    *,
    on_image: Callable[[int], None],
) -> Contents:
    """Write the ZIP of a version's content to `path`. `on_image` gets the count, and may raise to stop.

    Raises:
        ImageMissing: an image is in the version but its file is gone.
    """
    store = VersionStore(blobs, export.dataset_id)
    manifest = store.manifest(content_sha256)
    header = DatasetHeader(
        name=export.dataset_name,
        slug=export.dataset_name,
        class_names=tuple(entry.name for entry in manifest.classes),
        class_filter=None if export.class_filter is None else tuple(export.class_filter),
        status_filter=export.status_filter,
        has_outlines=any(entry.type == "polygon" for entry in manifest.classes),
    )
    kept = None if export.class_filter is None else set(export.class_filter)
    hashes: dict[str, str] = {}
    annotated_images = 0

    def entries() -> Iterator[Labeled]:
        nonlocal annotated_images
        for count, image in enumerate(_images(store, manifest, export.status_filter), start=1):
            shapes = parse_annotations(image.annotations)
            annotated_images += any(kept is None or shape.name in kept for shape in shapes)
            # The writer asks for this image's bytes before it takes the next entry.
            hashes.clear()
            hashes[image.id] = image.sha256
            yield _entry(image), shapes
            on_image(count)

    def read_image(entry: ImageEntry) -> bytes:
        try:
            return blobs.get(image_key(hashes[entry.id]))
        except FileNotFoundError as error:
            raise ImageMissing(f"the file of image {entry.filename!r} is missing from the store") from error

    report = FormatReport()
    files = get_format(export.format).write(
        entries(), header, report, read_image=read_image if export.include_images else None
    )
    with path.open("wb") as file:
        write_zip(files, file)
    return Contents(
        images=report.images,
        annotations=report.annotations,
        annotated_images=annotated_images,
        lost={loss.value: count for loss, count in report.lost.items() if count},
    )


def _images(store: VersionStore, manifest: Manifest, status_filter: str | None) -> Iterator[FrozenImage]:
    statuses = statuses_of(status_filter)
    for chunk in manifest.chunks:
        for image in store.images(chunk):
            if statuses is None or image.status in statuses:
                yield image


def _entry(image: FrozenImage) -> ImageEntry:
    return ImageEntry(
        id=image.id,
        filename=image.filename,
        folder_path=image.folder_path,
        width=image.width,
        height=image.height,
        status=image.status,
        tags=image.tags,
    )
