"""The native format: one JSON document per image, lossless, in the shape of the API's annotation file."""

import json
from collections.abc import Iterable, Iterator, Sequence

from pydantic import ValidationError

from pictograph.formats.archive import FileSource, UniqueNames
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    DatasetHeader,
    Format,
    FormatError,
    FormatReport,
    ImageEntry,
    ImageSizes,
    Labeled,
    ReadImage,
    manifest,
    selected,
    selected_tags,
)
from pictograph.models.annotation import Annotation, dump_annotation, parse_annotations

_FOLDER = "annotations/"


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield `annotations/<folder>/<stem>.json` for each image, the images if wanted, and `manifest.json`."""
    classes, documents, images = ClassOrder(dataset), UniqueNames(), UniqueNames()
    for entry, all_annotations in entries:
        annotations = selected(all_annotations, dataset)
        tags = selected_tags(entry, dataset)
        for class_name in (*(annotation.name for annotation in annotations), *tags):
            classes.index(class_name)
        report.images += 1
        report.annotations += len(annotations)
        text = json.dumps(document(entry, annotations, tags, dataset), ensure_ascii=False, indent=1)
        yield f"{_FOLDER}{documents.stem(entry.folder_path, entry.filename)}.json", text.encode()
        if read_image is not None:
            yield f"images/{images.path(entry.folder_path, entry.filename)}", read_image(entry)
    text = json.dumps(manifest("pictograph", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def document(
    entry: ImageEntry, annotations: Sequence[Annotation], tags: Sequence[str], dataset: DatasetHeader
) -> dict[str, object]:
    """Return the JSON document of one image."""
    return {
        "image": entry.filename,
        "image_url": entry.image_url,
        "image_uuid": entry.id,
        "image_path": entry.folder_path,
        "image_width": entry.width,
        "image_height": entry.height,
        "image_status": entry.status,
        "image_tags": list(tags),
        "annotation_count": len(annotations),
        "dataset": {"name": dataset.name, "slug": dataset.slug},
        "org": {"name": dataset.organization_name, "slug": dataset.organization_slug},
        "annotations": [dump_annotation(annotation) for annotation in annotations],
    }


def read(source: FileSource, *, image_sizes: ImageSizes | None = None) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield the image and annotations of each document under `annotations/`."""
    sizes = image_sizes or {}
    for name in source.names():
        if name.startswith(_FOLDER) and name.endswith(".json"):
            yield _read_document(name, source.read(name), sizes)


def _read_document(name: str, data: bytes, sizes: ImageSizes) -> tuple[ImageEntry, list[Annotation]]:
    try:
        document = json.loads(data)
        filename, folder = str(document["image"]), str(document.get("image_path") or "/")
        width, height = sizes.get(f"{folder.strip('/')}/{filename}".lstrip("/"), (0, 0))
        entry = ImageEntry(
            id=str(document.get("image_uuid") or name),
            filename=filename,
            folder_path=folder,
            width=int(document.get("image_width") or width),
            height=int(document.get("image_height") or height),
            status=str(document.get("image_status") or "complete"),
            image_url=document.get("image_url"),
            tags=tuple(map(str, document.get("image_tags") or ())),
        )
        return entry, parse_annotations(document["annotations"])
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
        raise FormatError(f"{name} is not a Pictograph annotation document: {error}") from error


FORMAT = Format(name="pictograph", write=write, read=read)
