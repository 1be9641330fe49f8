"""CSV with a row a box: `filename,width,height,class,xmin,ymin,xmax,ymax,confidence`, edges in pixels.

An image without boxes has a row without a class, so that it is there. Programs that draw charts may take a class name
that begins with `=` for a formula; names are written as they are.
"""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator

from pictograph.formats.archive import UniqueNames
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    DatasetHeader,
    Format,
    FormatReport,
    Labeled,
    Loss,
    ReadImage,
    count_lost_details,
    count_lost_tags,
    manifest,
    rings_of,
    selected,
)
from pictograph.formats.csv_reader import class_names, read
from pictograph.formats.xml_text import as_text
from pictograph.geometry.rings import bounds
from pictograph.models.annotation import Annotation

PATH = "annotations.csv"
COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax", "confidence")
_PIECE_BYTES = 1 << 20


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield the images if wanted, then `annotations.csv` in pieces, then `manifest.json`."""
    classes, names = ClassOrder(dataset), UniqueNames()
    # The images come between the rows; the rows wait on disk until all are known.
    with tempfile.TemporaryFile() as file:
        rows = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry, annotations in entries:
            path = names.path(entry.folder_path, entry.filename)
            report.images += 1
            count_lost_tags(entry, dataset, report)
            image = (path, entry.width, entry.height)
            boxes = [row for each in selected(annotations, dataset) if (row := _row(each, report))]
            for name, *numbers in boxes:
                classes.index(name)
                writer.writerow((*image, name, *numbers))
            if not boxes:
                writer.writerow((*image, *[""] * (len(COLUMNS) - len(image))))
            report.annotations += len(boxes)
            if read_image is not None:
                yield f"images/{path}", read_image(entry)
        rows.flush()
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            yield PATH, piece
        rows.detach()
    text = json.dumps(manifest("csv", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def _row(annotation: Annotation, report: FormatReport) -> tuple[str, ...] | None:
    """Return class, edges and confidence of an annotation, or None when it has no box."""
    if annotation.type == "polyline" or annotation.type == "keypoint":
        report.lost[Loss.POLYLINES if annotation.type == "polyline" else Loss.KEYPOINTS] += 1
        return None
    if annotation.type == "polygon":
        report.lost[Loss.POLYGONS_AS_BOXES] += 1
        edges = bounds(rings_of(annotation))
    else:
        b = annotation.bounding_box
        edges = (b.x, b.y, b.x + b.w, b.y + b.h)
    count_lost_details(annotation, report, confidence=False)
    return (annotation.name, *map(as_text, edges), as_text(annotation.confidence))


FORMAT = Format(
    name="csv",
    write=write,
    read=read,
    title="CSV with a row a box",
    holds=frozenset({"boxes", "confidence"}),
    class_names=class_names,
)
