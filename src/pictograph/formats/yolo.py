"""YOLO text files (darknet / Ultralytics): a line an object, numbers relative to the image's width and height.

Datasets whose classes are all boxes are written for detection (`class cx cy w h`); as soon as a class has outlines,
for segmentation (`class x1 y1 x2 y2 …`, boxes as their four corners), because readers refuse a mixture of both.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

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
from pictograph.geometry.rings import Ring, bounds, box_ring, clean_ring, clip_ring
from pictograph.models.annotation import Annotation, BBoxAnnotation, PolygonAnnotation, PolygonGeometry
from pictograph.models.common import BoundingBox

# Readers find the labels of an image by changing the last folder of this name in its path to `labels`.
_AVOID = frozenset({"images", "labels"})


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield `labels/<folder>/<stem>.txt` for each image, the images if wanted, then `data.yaml` and `classes.txt`.

    An image without objects gets an empty file: it is a negative, not an image nobody looked at.
    """
    classes, names = ClassOrder(dataset), UniqueNames()
    outlines = dataset.has_outlines
    for entry, annotations in entries:
        stem = names.stem(entry.folder_path, entry.filename, avoid=_AVOID)
        count_lost_tags(entry, dataset, report)
        lines: list[str] = []
        for annotation in selected(annotations, dataset):
            numbers = _numbers(annotation, entry, report, outlines=outlines)
            if numbers is not None:
                lines.append(" ".join([str(classes.index(annotation.name)), *map(repr, numbers)]) + "\n")
        report.images += 1
        report.annotations += len(lines)
        yield f"labels/{stem}.txt", "".join(lines).encode()
        if read_image is not None:
            yield f"images/{stem}{PurePosixPath(entry.filename).suffix}", read_image(entry)
    yield "data.yaml", _data_yaml(classes.names).encode()
    yield "classes.txt", "".join(f"{' '.join(name.split())}\n" for name in classes.names).encode()
    text = json.dumps(manifest("yolo", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def read(source: FileSource, *, image_sizes: ImageSizes | None = None) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each image with its annotations. Sizes come from `image_sizes` or from the images beside the labels."""
    class_names = _class_names(source)
    files = source.names()
    images = {str(PurePosixPath(n).with_suffix(""))[len("images/") :]: n for n in files if n.startswith("images/")}
    for name in files:
        if not name.startswith("labels/") or not name.endswith(".txt"):
            continue
        stem = name[len("labels/") : -len(".txt")]
        image = images.get(stem, f"images/{stem}")
        size = _size(image, source if stem in images else None, image_sizes or {})
        folder, _, filename = image[len("images/") :].rpartition("/")
        entry = ImageEntry(id=stem, filename=filename, folder_path=f"/{folder}", width=size[0], height=size[1])
        lines = source.read(name).decode("utf-8-sig").splitlines()
        yield entry, [_annotation(line, class_names, size, f"{name}:{i}") for i, line in enumerate(lines, 1) if line]


def _numbers(annotation: Annotation, entry: ImageEntry, report: FormatReport, *, outlines: bool) -> list[float] | None:
    """Return a line's numbers after the class, all within 0–1, or None when the format cannot hold the annotation."""
    if annotation.type == "polyline" or annotation.type == "keypoint":
        report.lost[Loss.POLYLINES if annotation.type == "polyline" else Loss.KEYPOINTS] += 1
        return None
    if annotation.type == "polygon":
        ring, *holes = rings_of(annotation)
        if outlines:
            report.lost[Loss.HOLES] += len(holes)
        else:
            report.lost[Loss.POLYGONS_AS_BOXES] += 1
    else:
        box = annotation.bounding_box
        ring = box_ring(box.x, box.y, box.x + box.w, box.y + box.h)
    visible = clip_ring(ring, entry.width, entry.height)
    if visible is None:
        report.lost[Loss.OUTSIDE] += 1
        return None
    if bounds([visible]) != bounds([ring]):
        report.lost[Loss.CUT_AT_BORDER] += 1
    if outlines:
        return [number for x, y in visible for number in (x / entry.width, y / entry.height)]
    x_min, y_min, x_max, y_max = bounds([visible])
    return [
        (x_min + x_max) / 2 / entry.width,
        (y_min + y_max) / 2 / entry.height,
        (x_max - x_min) / entry.width,
        (y_max - y_min) / entry.height,
    ]


def _data_yaml(class_names: list[str]) -> str:
    # JSON texts are YAML texts: no name can break out of its quotes.
    names = "".join(f"  {index}: {json.dumps(name, ensure_ascii=False)}\n" for index, name in enumerate(class_names))
    return (
        "# The export is one set of images: divide it into train and val before training.\n"
        f"path: .\ntrain: images\nval: images\nnc: {len(class_names)}\nnames:\n{names}"
    )


def _class_names(source: FileSource) -> list[str]:
    """Return the class names: from our manifest, else `classes.txt`, else the `names:` of `data.yaml`."""
    files = set(source.names())
    if "manifest.json" in files:
        return [str(name) for name in json.loads(source.read("manifest.json"))["classes"]]
    if "classes.txt" in files:
        return [line.strip() for line in source.read("classes.txt").decode().splitlines() if line.strip()]
    raise FormatError("No class names: a YOLO dataset to read needs classes.txt (a name a line) beside labels/")


def _size(image: str, source: FileSource | None, sizes: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    path = PurePosixPath(image[len("images/") :])
    for key in (str(path), str(path.with_suffix(""))):
        if key in sizes:
            return sizes[key]
    if source is None:
        raise FormatError(f"The size of {path} is not known: YOLO labels are relative to it, and the image is missing")
    # Loads Pillow, which writing does not need.
    from pictograph.image_header import display_size

    try:
        return display_size(source.read(image))
    except OSError as error:
        raise FormatError(f"{path} is no image that can be read: {error}") from error


def _annotation(line: str, class_names: list[str], size_wh: tuple[int, int], where: str) -> Annotation:
    try:
        class_index, *rest = line.split()
        name, numbers = class_names[int(class_index)], [float(number) for number in rest]
    except (ValueError, IndexError) as error:
        raise FormatError(f"{where}: {line[:80]!r} is no line of YOLO labels for {len(class_names)} classes") from error
    width, height = size_wh
    if len(numbers) == 4:
        cx, cy, w, h = numbers
        box = BoundingBox(x=(cx - w / 2) * width, y=(cy - h / 2) * height, w=w * width, h=h * height)
        return BBoxAnnotation(name=name, bounding_box=box)
    ring: Ring = [(x * width, y * height) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
    cleaned = clean_ring(ring) if len(numbers) % 2 == 0 else None
    if cleaned is None:
        raise FormatError(f"{where}: {len(numbers)} numbers make neither a box (4) nor an outline (6, 8, …)")
    return PolygonAnnotation(name=name, polygon=PolygonGeometry(paths=[points_of(cleaned)]))


FORMAT = Format(name="yolo", write=write, read=read)
