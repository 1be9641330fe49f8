"""COCO instances: boxes, polygons, and run-length masks for polygons with holes. https://cocodataset.org/#format-data"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO

from pydantic import BaseModel, Field, ValidationError

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
    Loss,
    ReadImage,
    count_lost_tags,
    manifest,
    points_of,
    rings_of,
    selected,
)
from pictograph.geometry import rle
from pictograph.geometry.rings import Polygon, Ring, bounds, clean_ring, polygon_area
from pictograph.models.annotation import Annotation, BBoxAnnotation, PolygonAnnotation, PolygonGeometry
from pictograph.models.common import BoundingBox

PATH = "annotations/instances.json"
_PIECE_BYTES = 1 << 20


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield the images if wanted, then `annotations/instances.json` in pieces, then `manifest.json`.

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
                _append(instances, {**numbers, **shape, "iscrowd": 0, **_extras(annotation)})
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


def read(source: FileSource, *, image_sizes: ImageSizes | None = None) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each image of every COCO document in the source with its annotations.

    Separate parts of one instance become separate annotations; masks become polygons with their holes.
    """
    found = False
    for name in source.names():
        if not name.endswith(".json") or name == "manifest.json":
            continue
        try:
            document = _Document.model_validate_json(source.read(name))
        except ValidationError as error:
            if name == PATH:
                raise FormatError(f"{name} is not a COCO instances document: {error}") from error
            continue
        found = True
        yield from _read_document(name, document)
    if not found:
        raise FormatError("No COCO document: none of the JSON files has images, annotations and categories")


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
    from pictograph.geometry.masks import rings_to_mask

    outline = [[coordinate for vertex in rings[0] for coordinate in vertex]]
    if len(rings) == 1:
        return outline
    x_min, y_min, x_max, y_max = bounds(rings)
    x, y = max(0, int(x_min)), max(0, int(y_min))
    width, height = min(entry.width, int(x_max) + 1) - x, min(entry.height, int(y_max) + 1) - y
    mask = rings_to_mask(rings, (max(0, height), max(0, width)), origin_xy=(x, y))
    if not mask.any():
        # Thinner than a pixel, or outside the image: the outline at least can be kept.
        report.lost[Loss.HOLES] += len(rings) - 1
        return outline
    report.lost[Loss.OUTLINES_AS_MASKS] += 1
    encoded = rle.encode(mask, origin_xy=(x, y), shape_hw=(entry.height, entry.width))
    return {"size": list(encoded.shape_hw), "counts": encoded.counts}


def _extras(annotation: Annotation) -> dict[str, object]:
    """Return what COCO has no key for, under a key of our own that other readers ignore."""
    extras: dict[str, object] = {"id": annotation.id, "confidence": annotation.confidence}
    if annotation.created_by is not None:
        extras["created_by"] = annotation.created_by
    if annotation.attributes:
        extras["attributes"] = annotation.attributes
    return {"pictograph": extras}


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


class _ImageOrigin(BaseModel):
    id: str | None = None
    filename: str | None = None
    folder_path: str | None = None
    status: str = "complete"


class _Image(BaseModel):
    id: int | str
    file_name: str
    width: int
    height: int
    pictograph: _ImageOrigin = Field(default_factory=_ImageOrigin)


class _RunLengths(BaseModel):
    size: tuple[int, int]
    counts: str | list[int]


class _InstanceOrigin(BaseModel):
    id: str | None = None
    confidence: float | None = None
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])


class _Instance(BaseModel):
    id: int | str | None = None
    image_id: int | str
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    segmentation: _RunLengths | list[list[float]] = Field(default_factory=list[list[float]])
    score: float = 1.0
    pictograph: _InstanceOrigin = Field(default_factory=_InstanceOrigin)


class _Category(BaseModel):
    id: int
    name: str


class _Document(BaseModel):
    images: list[_Image]
    annotations: list[_Instance]
    categories: list[_Category]


def _read_document(name: str, document: _Document) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    class_names = {category.id: category.name for category in document.categories}
    by_image: dict[int | str, list[_Instance]] = {image.id: [] for image in document.images}
    for instance in document.annotations:
        if instance.image_id not in by_image:
            raise FormatError(f"{name}: annotation {instance.id} is of image {instance.image_id}, which is not listed")
        if instance.category_id not in class_names:
            raise FormatError(f"{name}: annotation {instance.id} has the unknown category {instance.category_id}")
        by_image[instance.image_id].append(instance)
    for image in document.images:
        folder, _, filename = image.file_name.rpartition("/")
        entry = ImageEntry(
            id=image.pictograph.id or str(image.id),
            filename=image.pictograph.filename or filename,
            folder_path=image.pictograph.folder_path or f"/{folder}",
            width=image.width,
            height=image.height,
            status=image.pictograph.status,
        )
        yield entry, [a for instance in by_image[image.id] for a in _annotations(instance, class_names)]


def _annotations(instance: _Instance, class_names: Mapping[int, str]) -> list[Annotation]:
    origin, name = instance.pictograph, class_names[instance.category_id]
    confidence = instance.score if origin.confidence is None else origin.confidence
    polygons = _polygons(instance.segmentation)
    if not polygons and instance.bbox is not None:
        x, y, w, h = instance.bbox
        if w <= 0 or h <= 0:
            return []
        box = BBoxAnnotation(
            name=name,
            bounding_box=BoundingBox(x=x, y=y, w=w, h=h),
            confidence=confidence,
            created_by=origin.created_by,
            attributes=origin.attributes,
        )
        return [box.model_copy(update={"id": origin.id}) if origin.id else box]
    parts: list[Annotation] = []
    for number, polygon in enumerate(polygons):
        part = PolygonAnnotation(
            name=name,
            polygon=PolygonGeometry(paths=[points_of(ring) for ring in polygon]),
            confidence=confidence,
            created_by=origin.created_by,
            attributes=origin.attributes,
        )
        own_id = origin.id and (origin.id if number == 0 else f"{origin.id}-{number + 1}")
        parts.append(part.model_copy(update={"id": own_id}) if own_id else part)
    return parts


def _polygons(segmentation: _RunLengths | Sequence[Sequence[float]]) -> list[Polygon]:
    if isinstance(segmentation, _RunLengths):
        from pictograph.geometry.masks import mask_to_polygons

        counts, size = segmentation.counts, segmentation.size
        lengths = rle.Rle(size, counts) if isinstance(counts, str) else rle.Rle.from_counts(counts, size)
        # Somebody's mask is kept whole: no part of it is noise to us, and its outline moves by half a pixel at most.
        return mask_to_polygons(rle.decode(lengths), tolerance=0.5, min_part_pixels=0, min_part_share=0)
    rings: list[Ring] = [list(zip(flat[::2], flat[1::2], strict=True)) for flat in segmentation if len(flat) >= 6]
    return [[ring] for ring in map(clean_ring, rings) if ring is not None]


FORMAT = Format(name="coco", write=write, read=read)
