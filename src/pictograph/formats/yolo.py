"""YOLO text files (darknet / Ultralytics): a line an object, numbers relative to the image's width and height.

Datasets whose classes are all boxes are written for detection (`class cx cy w h`); as soon as a class has outlines,
for segmentation (`class x1 y1 x2 y2 …`, boxes as their four corners), because readers refuse a mixture of both.
"""

import json
from collections.abc import Iterable, Iterator
from functools import partial

from pictograph.formats.archive import UniqueNames, safe_suffix
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    Content,
    DatasetHeader,
    Format,
    FormatReport,
    ImageEntry,
    Labeled,
    Loss,
    ReadImage,
    count_lost_details,
    count_lost_tags,
    manifest,
    rings_of,
    selected,
)
from pictograph.formats.yolo_reader import class_names, read
from pictograph.geometry.rings import bounds, box_ring, clip_ring
from pictograph.models.annotation import Annotation

# Readers find the labels of an image by changing the last folder of this name in its path to `labels`.
_AVOID = frozenset({"images", "labels"})


def write(
    entries: Iterable[Labeled],
    dataset: DatasetHeader,
    report: FormatReport,
    *,
    read_image: ReadImage | None = None,
    outlines: bool | None = None,
    format_name: str = "yolo",
) -> Iterator[ArchiveFile]:
    """Yield `labels/<folder>/<stem>.txt` for each image, the images if wanted, then `data.yaml` and `classes.txt`.

    An image without objects gets an empty file: it is a negative, not an image nobody looked at. With `outlines` None
    the dataset's classes decide between segmentation and detection.
    """
    classes, names = ClassOrder(dataset), UniqueNames()
    outlines = dataset.has_outlines if outlines is None else outlines
    for entry, annotations in entries:
        stem = names.stem(entry.folder_path, entry.filename, avoid=_AVOID)
        count_lost_tags(entry, dataset, report)
        lines: list[str] = []
        for annotation in selected(annotations, dataset):
            numbers = _numbers(annotation, entry, report, outlines=outlines)
            if numbers is not None:
                count_lost_details(annotation, report)
                lines.append(" ".join([str(classes.index(annotation.name)), *map(repr, numbers)]) + "\n")
        report.images += 1
        report.annotations += len(lines)
        yield f"labels/{stem}.txt", "".join(lines).encode()
        if read_image is not None:
            yield f"images/{stem}{safe_suffix(entry.filename)}", read_image(entry)
    yield "data.yaml", _data_yaml(classes.names).encode()
    yield "classes.txt", "".join(f"{' '.join(name.split())}\n" for name in classes.names).encode()
    text = json.dumps(manifest(format_name, dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


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


_HOLDS = frozenset[Content]({"boxes", "polygons"})
FORMAT = Format(
    name="yolo",
    write=partial(write, format_name="yolo"),
    read=read,
    title="YOLO text files: outlines where a class has some, else boxes",
    holds=_HOLDS,
    class_names=class_names,
)
DETECT = Format(
    name="yolo_detect",
    write=partial(write, outlines=False, format_name="yolo_detect"),
    read=read,
    title="YOLO text files for detection: boxes only",
    holds=frozenset({"boxes"}),
    class_names=class_names,
)
SEGMENT = Format(
    name="yolo_segment",
    write=partial(write, outlines=True, format_name="yolo_segment"),
    read=read,
    title="YOLO text files for segmentation: outlines only, boxes as their four corners",
    holds=frozenset({"polygons"}),
    class_names=class_names,
)
