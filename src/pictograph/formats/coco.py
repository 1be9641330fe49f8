"""COCO instances: boxes, polygons, and run-length masks for polygons with holes. https://cocodataset.org/#format-data"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from pictograph.formats.archive import UniqueNames
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    DatasetHeader,
    Format,
    FormatReport,
    ImageEntry,
    Labeled,
    Loss,
    ReadImage,
    count_lost_tags,
    manifest,
    rings_of,
    selected,
)
from pictograph.formats.coco_reader import CROWD, PATH, class_names, read
from pictograph.formats.pixel_masks import visible_pixels
from pictograph.geometry import rle
from pictograph.geometry.rings import Polygon, bounds, polygon_area
from pictograph.models.annotation import Annotation

_PIECE_BYTES = 1 << 20


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield the images if wanted, then `annotations/instances_default.json` in pieces, then `manifest.json`.

    Boxes, areas and vertices are written as stored, in absolute pixels, not rounded. `category_id` counts from 1 in the
    order of the dataset's classes. COCO's lists of polygons cannot say «hole»: such a shape is written as a run-length
    mask with `iscrowd` 0, which pycocotools reads like any other instance.
    """
    classes, names = ClassOrder(dataset), UniqueNames()
    annotation_id = 0
    # The JSON lists all images before all annotations; both wait on disk until their turn.
    with tempfile.TemporaryFile() as images, tempfile.TemporaryFile() as instances:
        for image_id, (entry, annotations) in enumerate(entries, start=1):
            file_name = names.path(entry.folder_path, entry.filename)
            report.images += 1
            count_lost_tags(entry, dataset, report)
            _append(images, _image(image_id, file_name, entry))
            for annotation in selected(annotations, dataset):
                shape = _shape(annotation, entry, report)
                if shape is None:
                    continue
                annotation_id += 1
                report.annotations += 1
                numbers = {"id": annotation_id, "image_id": image_id, "category_id": classes.index(annotation.name) + 1}
                _append(instances, {**numbers, **shape, **_extras(annotation, shape)})
            if read_image is not None:
                yield f"images/{file_name}", read_image(entry)
        categories = [{"id": index, "name": name, "supercategory": ""} for index, name in enumerate(classes.names, 1)]
        head = {"info": {"description": dataset.name}, "licenses": list[object](), "categories": categories}
        yield PATH, _json(head)[:-1] + b',"images":[\n'
        yield from ((PATH, piece) for piece in _pieces(images))
        yield PATH, b'],"annotations":[\n'
        yield from ((PATH, piece) for piece in _pieces(instances))
        yield PATH, b"]}\n"
    yield "manifest.json", _json(manifest("coco", dataset, classes.names, report))


def _image(image_id: int, file_name: str, entry: ImageEntry) -> dict[str, object]:
    size = {"width": entry.width, "height": entry.height}
    origin = {"id": entry.id, "filename": entry.filename, "folder_path": entry.folder_path, "status": entry.status}
    return {"id": image_id, "file_name": file_name, **size, "pictograph": origin}


def _shape(annotation: Annotation, entry: ImageEntry, report: FormatReport) -> dict[str, object] | None:
    """Return `bbox`, `area` and `segmentation`, or None when COCO instances cannot hold the annotation."""
    if annotation.type == "bbox":
        box = annotation.bounding_box
        # A box is no outline: an empty segmentation says so.
        return {"bbox": [box.x, box.y, box.w, box.h], "area": box.w * box.h, "segmentation": list[object]()}
    if annotation.type == "polygon":
        rings = rings_of(annotation)
        x_min, y_min, x_max, y_max = bounds(rings)
        return {
            "bbox": [x_min, y_min, x_max - x_min, y_max - y_min],
            "area": polygon_area(rings),
            "segmentation": _segmentation(rings, entry, report),
        }
    report.lost[Loss.POLYLINES if annotation.type == "polyline" else Loss.KEYPOINTS] += 1
    return None


def _segmentation(rings: Polygon, entry: ImageEntry, report: FormatReport) -> object:
    outline = [[coordinate for vertex in rings[0] for coordinate in vertex]]
    if len(rings) == 1:
        return outline
    pixels = visible_pixels(rings, entry)
    if pixels is None:
        # Thinner than a pixel, or outside the image: the outline at least can be kept.
        report.lost[Loss.HOLES] += len(rings) - 1
        return outline
    report.lost[Loss.OUTLINES_AS_MASKS] += 1
    mask, origin_xy = pixels
    encoded = rle.encode(mask, origin_xy=origin_xy, shape_hw=(entry.height, entry.width))
    return {"size": list(encoded.shape_hw), "counts": encoded.counts}


def _extras(annotation: Annotation, shape: dict[str, object]) -> dict[str, object]:
    """Return `iscrowd`, and what COCO has no key for under a key of our own that other readers ignore."""
    extras: dict[str, object] = {"id": annotation.id, "confidence": annotation.confidence}
    if annotation.created_by is not None:
        extras["created_by"] = annotation.created_by
    attributes = [attribute for attribute in annotation.attributes if attribute != CROWD]
    if attributes:
        extras["attributes"] = attributes
    if annotation.type == "polygon" and isinstance(shape["segmentation"], dict):
        extras["paths"] = [[number for vertex in ring for number in vertex] for ring in rings_of(annotation)]
    return {"iscrowd": int(CROWD in annotation.attributes), "pictograph": extras}


def _append(file: IO[bytes], value: object) -> None:
    if file.tell():
        file.write(b",\n")
    file.write(_json(value))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


FORMAT = Format(
    name="coco",
    write=write,
    read=read,
    title="COCO instances: boxes, polygons, and run-length masks for polygons with holes",
    holds=frozenset({"boxes", "polygons", "holes", "confidence"}),
    class_names=class_names,
)
