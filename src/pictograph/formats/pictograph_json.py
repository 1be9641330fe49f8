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
    ReadReport,
    manifest,
    selected,
    selected_tags,
)
from pictograph.formats.documents import manifest_classes
from pictograph.formats.image_files import ImageFiles, is_litter, side
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
        said = document(entry, annotations, tags, dataset)
        path = images.path(entry.folder_path, entry.filename)
        if read_image is not None and path != f"{entry.folder_path.strip('/')}/{entry.filename}".lstrip("/"):
            # Its own name cannot be a file's, or is another's where case does not count.
            said["image_file"] = f"images/{path}"
        text = json.dumps(said, ensure_ascii=False, indent=1)
        yield f"{_FOLDER}{documents.stem(entry.folder_path, entry.filename)}.json", text.encode()
        if read_image is not None:
            yield f"images/{path}", read_image(entry)
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


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield the image and annotations of each document, wherever it lies: an export's and a download's differ."""
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    for name in source.names():
        if not name.lower().endswith(".json") or name == "manifest.json" or is_litter(name):
            continue
        try:
            yield _read_document(name, source.read(name), files)
        except ValueError as error:
            report.problem(str(error))


def class_names(source: FileSource) -> list[str]:
    """Return the classes of the manifest; else nothing, for then only the documents have them."""
    return manifest_classes(source) or []


def _read_document(name: str, data: bytes, files: ImageFiles) -> tuple[ImageEntry, list[Annotation]]:
    try:
        document = json.loads(data)
        filename, folder = str(document["image"] or ""), str(document.get("image_path") or "/")
        if not filename.strip():
            raise ValueError("it names no image")
        path = f"{folder.strip('/')}/{filename}".lstrip("/")
        file = files.find(str(document.get("image_file") or path), beside=name.rpartition("/")[0])
        width = height = 0
        if not side(document.get("image_width")) or not side(document.get("image_height")):
            width, height = files.size(file, path) or (0, 0)
        entry = ImageEntry(
            id=str(document.get("image_uuid") or name),
            filename=filename,
            folder_path=folder,
            width=side(document.get("image_width")) or width,
            height=side(document.get("image_height")) or height,
            status=str(document.get("image_status") or "complete"),
            image_url=document.get("image_url"),
            tags=tuple(map(str, document.get("image_tags") or ())),
            file=file,
        )
        return entry, parse_annotations(document["annotations"])
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError, RecursionError) as error:
        raise FormatError(f"{name} is not a Pictograph annotation document: {error}") from error


FORMAT = Format(
    name="pictograph",
    write=write,
    read=read,
    title="Pictograph: a JSON document an image, nothing is lost",
    holds=frozenset({"boxes", "polygons", "holes", "polylines", "keypoints", "tags", "confidence"}),
    class_names=class_names,
)
