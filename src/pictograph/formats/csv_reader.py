"""Reading CSV files of boxes under the names that tools give their columns, and RetinaNet's, which has no names."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport, Skipped
from pictograph.formats.documents import manifest_classes
from pictograph.formats.image_files import ImageFiles, is_image, is_litter, placed, side
from pictograph.formats.shapes import Label, box
from pictograph.formats.xml_text import number
from pictograph.models.annotation import Annotation

# What a column is -> the names that tools give it, in lower case without spaces, `_` and `-`.
_NAMES: dict[str, tuple[str, ...]] = {
    "image": ("filename", "file", "image", "imagepath", "imagename", "imagefilename", "imageid", "path", "img"),
    "class": ("class", "label", "classname", "labelname", "category", "name", "tag"),
    "x_min": ("xmin", "x1", "left", "xtl", "bboxxmin", "bboxx1"),
    "y_min": ("ymin", "y1", "top", "ytl", "bboxymin", "bboxy1"),
    "x_max": ("xmax", "x2", "right", "xbr", "bboxxmax", "bboxx2"),
    "y_max": ("ymax", "y2", "bottom", "ybr", "bboxymax", "bboxy2"),
    "x": ("bboxx", "x"),
    "y": ("bboxy", "y"),
    "w": ("bboxwidth", "bboxw", "w"),
    "h": ("bboxheight", "bboxh", "h"),
    "width": ("imagewidth", "imgwidth", "imgw", "width"),
    "height": ("imageheight", "imgheight", "imgh", "height"),
    "confidence": ("confidence", "score", "conf"),
}
_EDGES, _SIDES = ("x_min", "y_min", "x_max", "y_max"), ("x", "y", "w", "h")
# keras-retinanet: no header, the class at the end.
_RETINANET = ("image", *_EDGES, "class")

Row = Mapping[str, str]


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each image of every CSV file with its boxes; the rows of an image may lie anywhere in its file."""
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    found = False
    for table in _tables(source, report):
        found = True
        by_image: dict[str, list[tuple[int, Row]]] = {}
        for line, row in table.rows:
            by_image.setdefault(row["image"], []).append((line, row))
        for said, rows in by_image.items():
            entry = _entry(said, rows[0][1], table.name, files)
            if entry is None:
                report.skipped[Skipped.NO_SIZE] += 1
                report.problem(f"{table.name}: the size of image {said!r} is neither said nor to be found")
                continue
            yield entry, [a for line, row in rows for a in _read_row(row, entry, table, line, report)]
    if not found:
        raise FormatError("No CSV of boxes: no file has columns for an image and a class, and four for a box")


def class_names(source: FileSource) -> list[str]:
    """Return the classes of our manifest; else nothing, for then only the rows have them."""
    return manifest_classes(source) or []


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    # Each with the number of its line.
    rows: Sequence[tuple[int, Row]]
    # Open Images writes shares of the image's sides.
    is_relative: bool


def _tables(source: FileSource, report: ReadReport) -> Iterator[_Table]:
    for name in source.names():
        if not name.lower().endswith((".csv", ".tsv")) or is_litter(name):
            continue
        try:
            table = _table(source, name)
        except (csv.Error, ValueError) as error:
            report.problem(f"{name} is no CSV: {error}")
            continue
        if table is not None:
            yield table


def _table(source: FileSource, name: str) -> _Table | None:
    """Return a table of boxes, or None when the file is another."""
    data = source.read(name)
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    if not lines:
        return None
    heads = [_plain(head) for head in lines[0]]
    # Where a table has several names of a column, the one listed first counts.
    columns = {what: heads.index(head) for what, known in _NAMES.items() for head in known[::-1] if head in heads}
    body, start = lines[1:], 2
    if len(lines[0]) == len(_RETINANET) and is_image(lines[0][0]):
        columns, body, start = {what: index for index, what in enumerate(_RETINANET)}, lines, 1
    if not {"image", "class"} <= set(columns) or not any(set(four) <= set(columns) for four in (_EDGES, _SIDES)):
        return None
    rows = [
        (line, {what: row[index].strip() if index < len(row) else "" for what, index in columns.items()})
        for line, row in enumerate(body, start)
    ]
    return _Table(name, [(line, row) for line, row in rows if row["image"]], {"imageid", "labelname"} <= set(heads))


def _plain(head: str) -> str:
    return "".join(character for character in head.casefold() if character not in " _-")


def _entry(said: str, row: Row, table: str, files: ImageFiles) -> ImageEntry | None:
    file = files.find(said, beside=table.rpartition("/")[0])
    folder, filename = placed(file or said)
    try:
        size = (side(number(row.get("width"), "the width")), side(number(row.get("height"), "the height")))
    except ValueError:
        size = (0, 0)
    if size[0] <= 0 or size[1] <= 0:
        size = files.size(file, said) or (0, 0)
    if size[0] <= 0 or size[1] <= 0:
        return None
    return ImageEntry(file or said, filename, *size, folder_path=folder, file=file)


def _read_row(row: Row, entry: ImageEntry, table: _Table, line: int, report: ReadReport) -> list[Annotation]:
    four = _EDGES if set(_EDGES) <= set(row) else _SIDES
    if not row["class"] and not any(row[what] for what in four):
        # The image has no box.
        return []
    try:
        a, b, c, d = (number(row[what], what) for what in four)
        confidence = number(row["confidence"], "the confidence") if row.get("confidence") else 1.0
    except ValueError as error:
        report.problem(f"{table.name}: line {line} cannot be read: {error}")
        return []
    if four == _EDGES:
        a, b, c, d = min(a, c), min(b, d), abs(c - a), abs(d - b)
    across, down = (entry.width, entry.height) if table.is_relative else (1, 1)
    return box(Label(row["class"], confidence), a * across, b * down, c * across, d * down, report)
