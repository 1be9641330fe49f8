"""Reading LabelMe's JSON as its versions and cousins write it: every kind of shape, masks, scores, flags."""

import base64
from collections.abc import Iterator
from pathlib import PurePosixPath

from pydantic import BaseModel, Field, ValidationError

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport, Skipped
from pictograph.formats.documents import first_error, load_object, manifest_classes
from pictograph.formats.image_files import ImageFiles, is_litter, placed, side
from pictograph.formats.pixel_masks import from_pixels
from pictograph.formats.shapes import Label, box, check_mask_size, ellipse_ring, keypoint, polygon, polyline
from pictograph.geometry.rings import bounds
from pictograph.models.annotation import Annotation


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield the image and annotations of each JSON document that has `shapes`."""
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    for name in source.names():
        if not name.lower().endswith(".json") or name == "manifest.json" or is_litter(name):
            continue
        try:
            raw = load_object(source, name)
            if "shapes" not in raw and "imagePath" not in raw:
                continue
            document = _Document.model_validate(raw)
        except ValidationError as error:
            report.problem(f"{name} is no LabelMe document: {first_error(error)}")
            continue
        except FormatError as error:
            report.problem(str(error))
            continue
        entry = _entry(document, name, files)
        if entry.width <= 0 or entry.height <= 0:
            report.skipped[Skipped.NO_SIZE] += 1
            report.problem(f"{name}: the size of image {entry.filename!r} is neither said nor to be found")
            continue
        yield entry, [a for shape in document.shapes or () for a in _read_shape(shape, name, report)]


def class_names(source: FileSource) -> list[str]:
    """Return the names of `labels.txt` without LabelMe's own two, `__ignore__` and `_background_`; else nothing."""
    if (listed := manifest_classes(source)) is not None:
        return listed
    if "labels.txt" not in source.names():
        return []
    lines = source.read("labels.txt").decode("utf-8-sig", "replace").splitlines()
    return [line.strip() for line in lines if line.strip() not in ("", "__ignore__", "_background_")]


class _Origin(BaseModel):
    id: str | None = None
    filename: str | None = None
    folder_path: str | None = None
    status: str = "complete"


class _Said(BaseModel):
    id: str | None = None
    confidence: float | None = None
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])
    paths: list[list[tuple[float, float]]] | None = None


class _Shape(BaseModel):
    label: str | None = ""
    # Old files have no kind: all of it was polygons.
    shape_type: str | None = "polygon"
    points: list[tuple[float, float]] = Field(default_factory=list[tuple[float, float]])
    mask: str | None = None
    # Of tools that predict and write LabelMe's files.
    score: float | None = None
    pictograph: _Said = Field(default_factory=_Said)


class _Document(BaseModel):
    imagePath: str = ""  # noqa: N815  # LabelMe's word
    imageWidth: float | None = None  # noqa: N815
    imageHeight: float | None = None  # noqa: N815
    # Images are flagged by name, or have no flags at all.
    flags: dict[str, bool | None] | None = None
    shapes: list[dict[str, object]] | None = None
    pictograph: _Origin = Field(default_factory=_Origin)


def _entry(document: _Document, name: str, files: ImageFiles) -> ImageEntry:
    origin, beside = document.pictograph, name.rpartition("/")[0]
    said = placed(document.imagePath)[1]
    file = files.find(document.imagePath, beside=beside) or files.with_stem(name.rpartition(".")[0])
    folder, filename = placed(file or f"{beside}/{said or PurePosixPath(name).stem}")
    width, height = side(document.imageWidth), side(document.imageHeight)
    if width <= 0 or height <= 0:
        width, height = files.size(file, f"{folder}/{filename}".lstrip("/"), said) or (0, 0)
    return ImageEntry(
        id=origin.id or name,
        filename=origin.filename or filename,
        folder_path=origin.folder_path or folder,
        width=width,
        height=height,
        status=origin.status,
        tags=tuple(flag for flag, is_set in (document.flags or {}).items() if is_set and flag.strip()),
        file=file,
    )


def _read_shape(raw: dict[str, object], where: str, report: ReadReport) -> list[Annotation]:
    try:
        shape = _Shape.model_validate(raw)
        said = shape.pictograph
        confidence = said.confidence if said.confidence is not None else shape.score
        label = Label(
            shape.label or "", 1.0 if confidence is None else confidence, said.id, said.created_by, said.attributes
        )
        return _annotations(shape, label, report)
    except ValidationError as error:
        reason = first_error(error)
    except (ValueError, OSError, SyntaxError) as error:
        reason = str(error)
    report.problem(f"{where}: a shape {str(raw.get('label'))[:80]!r} cannot be read: {reason}")
    return []


def _annotations(shape: _Shape, label: Label, report: ReadReport) -> list[Annotation]:
    kind, points = shape.shape_type or "polygon", shape.points
    if kind == "mask" or (shape.mask and len(points) == 2):
        return _from_mask(shape, label, report)
    if kind == "rectangle" and len(points) == 4:
        # Newer tools write all four corners.
        x_min, y_min, x_max, y_max = bounds([points])
        return box(label, x_min, y_min, x_max - x_min, y_max - y_min, report)
    if kind in ("rectangle", "circle") and len(points) != 2:
        raise ValueError(f"a {kind} has 2 points, not {len(points)}")
    if kind == "rectangle":
        (ax, ay), (bx, by) = points
        return box(label, min(ax, bx), min(ay, by), abs(bx - ax), abs(by - ay), report)
    if kind == "circle":
        (cx, cy), (ex, ey) = points
        radius = ((ex - cx) ** 2 + (ey - cy) ** 2) ** 0.5
        return polygon(label, [ellipse_ring(cx, cy, radius, radius)], report)
    if kind in ("line", "linestrip"):
        return polyline(label, points, report)
    if kind in ("point", "points"):
        return [a for n, (x, y) in enumerate(points) for a in keypoint(label.part(n), x, y, report)]
    if kind in ("polygon", "rotation", "oriented_rectangle"):
        return polygon(label, [points], report)
    report.skipped[Skipped.OTHER_SHAPES] += 1
    return []


def _from_mask(shape: _Shape, label: Label, report: ReadReport) -> list[Annotation]:
    import numpy as np

    # Loads Pillow, which writing outlines does not need.
    from pictograph.image_header import open_image

    if not shape.points:
        raise ValueError("its mask has no place")
    origin = (round(min(x for x, _ in shape.points)), round(min(y for _, y in shape.points)))
    with open_image(base64.b64decode(shape.mask or "")) as image:
        check_mask_size(*image.size)
        mask = np.asarray(image.convert("L")) > 0
    return from_pixels(label, mask, origin, report, paths=shape.pictograph.paths or ())
