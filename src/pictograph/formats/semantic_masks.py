"""Semantic masks: a grey PNG an image, whose values are classes (0 is none), and `_classes.csv` that names them.

Grey, not a palette: every reader gets the same number from it. What separates objects of one class is lost.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pictograph.formats.archive import UniqueNames, safe_suffix
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    DatasetHeader,
    Format,
    FormatError,
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
from pictograph.formats.pixel_masks import visible_pixels
from pictograph.formats.semantic_mask_reader import BACKGROUND, PATH, class_names, read
from pictograph.formats.shapes import check_mask_size
from pictograph.geometry.rings import Polygon, box_ring, polygon_area
from pictograph.models.annotation import Annotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield `masks/<folder>/<stem>.png` for each image, the images if wanted, then `_classes.csv`.

    Large objects are drawn first, so that small ones that lie on them stay to be seen.
    """
    classes, names = ClassOrder(dataset), UniqueNames()
    for entry, annotations in entries:
        stem = names.stem(entry.folder_path, entry.filename)
        report.images += 1
        count_lost_tags(entry, dataset, report)
        yield f"masks/{stem}.png", _png(_drawn(selected(annotations, dataset), entry, classes, report))
        if read_image is not None:
            yield f"images/{stem}{safe_suffix(entry.filename)}", read_image(entry)
    rows = io.StringIO(newline="")
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerows([("Pixel Value", "Class"), (0, BACKGROUND), *enumerate(classes.names, start=1)])
    yield PATH, rows.getvalue().encode()
    text = json.dumps(manifest("masks", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def _drawn(
    annotations: Sequence[Annotation], entry: ImageEntry, classes: ClassOrder, report: FormatReport
) -> "NDArray[np.uint16]":
    """Return the classes of an image's pixels, shape `(height, width)`."""
    import numpy as np

    try:
        check_mask_size(entry.width, entry.height)
    except ValueError as error:
        raise FormatError(f"The masks of image {entry.filename!r} cannot be drawn: {error}") from error
    canvas = np.zeros((entry.height, entry.width), np.uint16)
    outlines = [(each, rings) for each in annotations if (rings := _rings(each, report))]
    for annotation, rings in sorted(outlines, key=lambda each: -polygon_area(each[1])):
        pixels = visible_pixels(rings, entry)
        if pixels is None:
            report.lost[Loss.OUTSIDE] += 1
            continue
        mask, (x, y) = pixels
        value = classes.index(annotation.name) + 1
        under = canvas[y : y + mask.shape[0], x : x + mask.shape[1]]
        covered = under[mask]
        report.lost[Loss.OVERLAPS] += int(((covered != 0) & (covered != value)).any())
        under[mask] = value
        count_lost_details(annotation, report)
        report.annotations += 1
    return canvas


def _rings(annotation: Annotation, report: FormatReport) -> Polygon | None:
    if annotation.type == "polyline" or annotation.type == "keypoint":
        report.lost[Loss.POLYLINES if annotation.type == "polyline" else Loss.KEYPOINTS] += 1
        return None
    if annotation.type == "polygon":
        return rings_of(annotation)
    report.lost[Loss.BOXES_AS_AREAS] += 1
    b = annotation.bounding_box
    return [box_ring(b.x, b.y, b.x + b.w, b.y + b.h)]


def _png(canvas: "NDArray[np.uint16]") -> bytes:
    import numpy as np
    from PIL import Image

    out = io.BytesIO()
    # 16 bits only where there are that many classes: not every reader knows them.
    small = canvas.astype(np.uint8) if int(canvas.max(initial=0)) <= 255 else canvas
    Image.fromarray(small).save(out, "PNG")
    return out.getvalue()


FORMAT = Format(
    name="masks",
    write=write,
    read=read,
    title="Semantic masks: a grey PNG an image, whose values are classes",
    holds=frozenset({"areas", "holes"}),
    class_names=class_names,
)
