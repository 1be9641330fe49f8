"""Reading COCO instances as people have them: parts, masks, missing areas and sizes, paths of other machines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport, Skipped
from pictograph.formats.documents import first_error, load_object
from pictograph.formats.image_files import ImageFiles, is_litter, placed, side
from pictograph.formats.pixel_masks import from_pixels
from pictograph.formats.shapes import Label, box, check_mask_size, polygon
from pictograph.geometry import rle
from pictograph.geometry.rings import Ring
from pictograph.models.annotation import Annotation

# Marks a region of many objects that nobody told apart; kept as an attribute, and written back.
CROWD = "iscrowd"
# CVAT and datumaro look for a subset behind `instances_`, and call the one of no name so.
PATH = "annotations/instances_default.json"


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each image of every COCO document in the source with its annotations.

    Separate parts of one instance become separate annotations; masks become polygons that cover the same pixels.
    """
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    found = False
    for name in _candidates(source):
        document = _document(source, name)
        if document is None:
            continue
        found = True
        yield from _read_document(_Place(name, files), document, report)
    if not found:
        raise FormatError("No COCO document: none of the JSON files has images, annotations and categories")


def class_names(source: FileSource) -> list[str]:
    """Return the categories of all documents by their numbers, documents one after another."""
    names: dict[str, None] = {}
    for name in _candidates(source):
        document = _document(source, name)
        for category in sorted(document.categories, key=lambda each: each.id) if document else ():
            names.setdefault(category.name)
    return list(names)


def _number_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


# Images are numbered, or named by text; «1» and 1 are the same.
_Id = Annotated[str, BeforeValidator(_number_text)]


class _ImageOrigin(BaseModel):
    id: str | None = None
    filename: str | None = None
    folder_path: str | None = None
    status: str = "complete"


class _Image(BaseModel):
    id: _Id
    file_name: str
    width: float | None = None
    height: float | None = None
    pictograph: _ImageOrigin = Field(default_factory=_ImageOrigin)


class _RunLengths(BaseModel):
    size: tuple[int, int]
    counts: str | list[int]


class _InstanceOrigin(BaseModel):
    id: str | None = None
    confidence: float | None = None
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])
    # The rings that a run-length mask was made of.
    paths: list[list[float]] | None = None


class _Instance(BaseModel):
    id: _Id | None = None
    category_id: int
    bbox: list[float] | None = None
    segmentation: _RunLengths | list[list[float]] | list[float] | None = None
    iscrowd: int | None = 0
    score: float | None = None
    keypoints: list[float] | None = None
    pictograph: _InstanceOrigin = Field(default_factory=_InstanceOrigin)


class _Category(BaseModel):
    id: int
    name: str


class _Document(BaseModel):
    """The lists; instances are looked at one by one when their image is read, for there may be a million."""

    images: list[_Image]
    annotations: list[dict[str, object]] = Field(default_factory=list[dict[str, object]])
    categories: list[_Category]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a document lies, and the images there are."""

    name: str
    files: ImageFiles

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[0]


def _candidates(source: FileSource) -> list[str]:
    return [n for n in source.names() if n.lower().endswith(".json") and n != "manifest.json" and not is_litter(n)]


def _document(source: FileSource, name: str) -> _Document | None:
    """Return a document, or None when the file is JSON of another kind."""
    try:
        document = load_object(source, name)
        if not isinstance(document.get("images"), list) or not isinstance(document.get("categories"), list):
            raise FormatError("it lacks lists of images and categories")
        return _Document.model_validate({key: document[key] for key in _Document.model_fields if key in document})
    except ValidationError as error:
        raise FormatError(f"{name} is not a COCO instances document: {first_error(error)}") from error
    except FormatError as error:
        # Where an export has it, the file is meant to be one.
        if name == PATH:
            raise FormatError(f"{name} is not a COCO instances document: {error}") from error
        return None


def _read_document(
    place: _Place, document: _Document, report: ReadReport
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    class_names = {category.id: category.name for category in document.categories}
    by_image: dict[str, list[dict[str, object]]] = {image.id: [] for image in document.images}
    for instance in document.annotations:
        image_id = str(instance.get("image_id"))
        if image_id in by_image:
            by_image[image_id].append(instance)
        else:
            report.problem(f"{place.name}: annotation {instance.get('id')} is of image {image_id}, which is not listed")
    for image in document.images:
        entry = _entry(image, place)
        # Each image is named once; its instances are not needed any more.
        instances = by_image.pop(image.id, [])
        if entry.width <= 0 or entry.height <= 0:
            report.skipped[Skipped.NO_SIZE] += 1
            report.problem(f"{place.name}: the size of image {image.file_name!r} is neither said nor to be found")
            continue
        found: list[Annotation] = []
        for raw in instances:
            found += _read_instance(raw, class_names, place.name, report)
        yield entry, found


def _entry(image: _Image, place: _Place) -> ImageEntry:
    origin = image.pictograph
    file = place.files.find(image.file_name, beside=place.folder)
    folder, filename = placed(file or image.file_name)
    width, height = side(image.width), side(image.height)
    if not width or not height:
        width, height = place.files.size(file, image.file_name) or (0, 0)
    return ImageEntry(
        id=origin.id or image.id,
        filename=origin.filename or filename,
        folder_path=origin.folder_path or folder,
        width=width,
        height=height,
        status=origin.status,
        file=file,
    )


def _read_instance(
    raw: dict[str, object], class_names: Mapping[int, str], where: str, report: ReadReport
) -> list[Annotation]:
    try:
        instance = _Instance.model_validate(raw)
        if instance.category_id not in class_names:
            raise ValueError(f"it has the unknown category {instance.category_id}")
        return _annotations(instance, class_names[instance.category_id], report)
    except ValidationError as error:
        reason = first_error(error)
    except ValueError as error:
        reason = str(error)
    report.problem(f"{where}: annotation {raw.get('id')} cannot be read: {reason}")
    return []


def _annotations(instance: _Instance, class_name: str, report: ReadReport) -> list[Annotation]:
    origin = instance.pictograph
    attributes = list(origin.attributes)
    if instance.iscrowd and CROWD not in attributes:
        attributes.append(CROWD)
    if instance.keypoints and any(instance.keypoints):
        report.skipped[Skipped.KEYPOINTS] += 1
    confidence = origin.confidence if origin.confidence is not None else instance.score
    label = Label(class_name, 1.0 if confidence is None else confidence, origin.id, origin.created_by, attributes)
    if isinstance(instance.segmentation, _RunLengths):
        return _from_mask(instance.segmentation, label, origin.paths, report)
    if rings := _rings(instance.segmentation):
        return [a for n, ring in enumerate(rings) for a in polygon(label.part(n), [ring], report)]
    if instance.bbox is None or len(instance.bbox) != 4:
        report.skipped[Skipped.NO_AREA] += 1
        return []
    return box(label, *_four(instance.bbox), report)


def _four(numbers: Sequence[float]) -> tuple[float, float, float, float]:
    x, y, w, h = numbers
    return x, y, w, h


def _rings(segmentation: list[list[float]] | list[float] | None) -> list[Ring]:
    if not segmentation:
        return []
    # Some tools write a single part without the list around it.
    parts = segmentation if isinstance(segmentation[0], list) else [segmentation]
    return [ring for ring in map(_ring, cast("list[list[float]]", parts)) if ring]


def _ring(flat: Sequence[float]) -> Ring:
    return list(zip(flat[::2], flat[1::2], strict=False)) if len(flat) >= 6 else []


def _from_mask(
    mask: _RunLengths, label: Label, paths: list[list[float]] | None, report: ReadReport
) -> list[Annotation]:
    height, width = mask.size
    check_mask_size(width, height)
    counts = mask.counts if isinstance(mask.counts, str) else rle.compress(mask.counts)
    lengths = rle.Rle(mask.size, counts)
    rings = [_ring(path) for path in paths or ()]
    return from_pixels(label, rle.decode(lengths), (0, 0), report, paths=rings if all(rings) else ())
