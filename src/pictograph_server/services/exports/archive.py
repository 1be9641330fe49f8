"""The file of an export: the dataset as it is now, streamed into a ZIP; memory does not grow with the images."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

from sqlalchemy import Connection

from pictograph.formats.archive import write_zip
from pictograph.formats.base import DatasetHeader, FormatReport, ImageEntry, Labeled
from pictograph.formats.registry import get_format
from pictograph.models.annotation import Annotation
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.exports.repository import ExportRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.blobs import BlobStore, image_key

# Images whose annotations are fetched with one query.
_PAGE = 200


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
    conn: Connection,
    blobs: BlobStore,
    export: ExportRecord,
    dataset: DatasetRecord,
    *,
    on_image: Callable[[int], None],
) -> Contents:
    """Write the export's ZIP to `path`. `on_image` is told the count after every image, and may raise to stop.

    Raises:
        ImageMissing: an image is listed but its file is gone.
    """
    header = DatasetHeader(
        name=dataset.name,
        slug=dataset.name,
        class_names=tuple(entry.name for entry in dataset.classes),
        class_filter=None if export.class_filter is None else tuple(export.class_filter),
        status_filter=export.status_filter,
        has_outlines=any(entry.type == "polygon" for entry in dataset.classes),
    )
    kept = None if export.class_filter is None else set(export.class_filter)
    hashes: dict[str, str] = {}
    annotated_images = 0

    def entries() -> Iterator[Labeled]:
        nonlocal annotated_images
        found = images.list_for_export(conn, dataset.id, export.status_filter)
        for count, (image, shapes) in enumerate(_with_annotations(conn, found), start=1):
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
        lost={loss.value: count for loss, count in report.lost.items()},
    )


def _with_annotations(conn: Connection, found: Iterable[ImageRecord]) -> Iterator[tuple[ImageRecord, list[Annotation]]]:
    source = iter(found)
    while page := list(islice(source, _PAGE)):
        shapes = annotations.documents(conn, [image.id for image in page])
        for image in page:
            yield image, shapes[image.id]


def _entry(image: ImageRecord) -> ImageEntry:
    return ImageEntry(
        id=image.id,
        filename=image.filename,
        folder_path=image.folder_path,
        width=image.width,
        height=image.height,
        status=image.status,
        tags=_tags(image),
    )


def _tags(image: ImageRecord) -> tuple[str, ...]:
    """Return what the image as a whole is tagged with, whatever kind of tag it is."""
    kinds = (image.auto_tags.get(kind) for kind in ("objects", "scenes", "attributes"))
    names = (str(name) for kind in kinds if isinstance(kind, list) for name in cast("list[object]", kind))
    return tuple(dict.fromkeys(names))
