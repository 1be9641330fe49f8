"""Pascal VOC: an XML document an image. http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html

VOC counts pixels from 1 and its boxes include both ends: the box of the top-left pixel is `1 1 1 1`. So `xmin` is our
left edge plus one and `xmax` our right edge. Many tools write our kind of numbers all the same: `_may_count_from_one`.
Outlines are kept in the `<polygon>` element that Roboflow and supervision have added to the format.
"""

import json
import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from pictograph.formats.archive import FileSource, UniqueNames, safe_suffix
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
    ReadReport,
    Skipped,
    count_lost_details,
    count_lost_tags,
    manifest,
    rings_of,
    selected,
)
from pictograph.formats.documents import manifest_classes
from pictograph.formats.image_files import ImageFiles, is_litter, placed, side
from pictograph.formats.shapes import Label, box, polygon
from pictograph.formats.xml_text import XmlText, as_text, child_text, number, parse_xml
from pictograph.geometry.rings import Ring, bounds
from pictograph.models.annotation import Annotation

# VOC's own remarks on an object; kept as attributes of annotations.
_FLAGS = ("truncated", "difficult", "occluded")
_MADE_HERE = "<annotation>Pictograph</annotation>"
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield `Annotations/<folder>/<stem>.xml` for each image, `JPEGImages/…` if wanted, `ImageSets/Main/trainval.txt`.

    Boxes are as long as they are: VOC asks for whole pixels, and its readers take fractions.
    """
    classes, names, listed = ClassOrder(dataset), UniqueNames(), list[str]()
    for entry, annotations in entries:
        stem = names.stem(entry.folder_path, entry.filename)
        image_path = stem + safe_suffix(entry.filename)
        report.images += 1
        count_lost_tags(entry, dataset, report)
        kept = selected(annotations, dataset)
        for annotation in kept:
            classes.index(annotation.name)
        listed.append(stem)
        yield f"Annotations/{stem}.xml", _document(image_path, entry, kept, report).encode()
        if read_image is not None:
            yield f"JPEGImages/{image_path}", read_image(entry)
    yield "ImageSets/Main/trainval.txt", "".join(f"{stem}\n" for stem in listed).encode()
    yield "labelmap.txt", _label_map(classes.names).encode()
    text = json.dumps(manifest("pascal_voc", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def _document(path: str, entry: ImageEntry, annotations: Iterable[Annotation], report: FormatReport) -> str:
    xml = XmlText(report)
    folder, _, filename = path.rpartition("/")
    objects = "".join(_object(annotation, xml, report) for annotation in annotations)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<annotation>\n  <folder>{xml.escape(folder)}</folder>\n  <filename>{xml.escape(filename)}</filename>\n"
        f"  <source><database>Unknown</database>{_MADE_HERE}</source>\n"
        f"  <size><width>{entry.width}</width><height>{entry.height}</height><depth>3</depth></size>\n"
        f"  <segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _object(annotation: Annotation, xml: XmlText, report: FormatReport) -> str:
    """Return the `<object>` element, or nothing when VOC cannot hold the annotation."""
    if annotation.type == "polyline" or annotation.type == "keypoint":
        report.lost[Loss.POLYLINES if annotation.type == "polyline" else Loss.KEYPOINTS] += 1
        return ""
    outline = ""
    if annotation.type == "polygon":
        ring, *holes = rings_of(annotation)
        report.lost[Loss.HOLES] += len(holes)
        corners = bounds([ring])
        points = (
            f"<x{n}>{as_text(x + 1)}</x{n}><y{n}>{as_text(y + 1)}</y{n}>" for n, (x, y) in enumerate(ring, start=1)
        )
        outline = f"    <polygon>{''.join(points)}</polygon>\n"
    else:
        b = annotation.bounding_box
        corners = (b.x, b.y, b.x + b.w, b.y + b.h)
    count_lost_details(annotation.model_copy(update={"attributes": _others(annotation)}), report)
    report.annotations += 1
    flags = "".join(f"<{flag}>{int(flag in annotation.attributes)}</{flag}>" for flag in _FLAGS)
    x_min, y_min, x_max, y_max = corners
    edges = zip(_CORNERS, (x_min + 1, y_min + 1, x_max, y_max), strict=True)
    numbers = "".join(f"<{corner}>{as_text(value)}</{corner}>" for corner, value in edges)
    return (
        f"  <object>\n    <name>{xml.escape(annotation.name)}</name>\n    <pose>Unspecified</pose>{flags}\n"
        f"    <bndbox>{numbers}</bndbox>\n{outline}  </object>\n"
    )


def _others(annotation: Annotation) -> list[object]:
    return [attribute for attribute in annotation.attributes if attribute not in _FLAGS]


def _label_map(class_names: Iterable[str]) -> str:
    # The lines of CVAT and datumaro: name, colour, parts, actions.
    lines = (" ".join(name.replace(":", " ").replace("#", " ").split()) + ":::\n" for name in class_names)
    return "# label:color_rgb:parts:actions\n" + "".join(lines)


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield the image and annotations of each XML document with an `<annotation>`."""
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    documents = [name for name in source.names() if name.lower().endswith(".xml") and not is_litter(name)]
    counts_from_one = all(_may_count_from_one(source, name) for name in documents)
    found = False
    for name in documents:
        try:
            root = parse_xml(source, name)
            if root.tag != "annotation":
                continue
            found = True
            first = 1.0 if counts_from_one or child_text(root, "source/annotation") == "Pictograph" else 0.0
            entry = _entry(root, name, files)
        except (FormatError, ValueError) as error:
            report.problem(f"{name} cannot be read as Pascal VOC: {error}")
            continue
        if entry.width <= 0 or entry.height <= 0:
            report.skipped[Skipped.NO_SIZE] += 1
            report.problem(f"{name}: the size of image {entry.filename!r} is neither said nor to be found")
            continue
        yield entry, _objects(root, name, first, report)
    if not found and "ImageSets/Main/trainval.txt" not in source.names():
        raise FormatError("No Pascal VOC document: no XML file has an <annotation> at its top")


def class_names(source: FileSource) -> list[str]:
    """Return the classes of our manifest, else of the label map without its background; else nothing."""
    if (listed := manifest_classes(source)) is not None:
        return listed
    if "labelmap.txt" not in source.names():
        return []
    lines = source.read("labelmap.txt").decode("utf-8-sig", "replace").splitlines()
    found = [line.split(":")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    return [name for name in found if name != "background"]


_BOX_NUMBERS = re.compile(rb"<(?:xmin|ymin|xmax|ymax)>\s*([-+.,\deE]+)\s*<")


def _may_count_from_one(source: FileSource, name: str) -> bool:
    """Return whether all boxes of a document can be VOC's: whole pixels, none before the first.

    One that cannot says that the tool which wrote the set counts from the outer corner, as we do.
    """
    try:
        values = [text.decode().replace(",", ".") for text in _BOX_NUMBERS.findall(source.read(name))]
        return all(float(value) >= 1 and float(value).is_integer() for value in values)
    except ValueError:
        return True


def _entry(root: Element, name: str, files: ImageFiles) -> ImageEntry:
    folder = name.rpartition("/")[0]
    said = child_text(root, "filename") or child_text(root, "path")
    stem = name.rpartition(".")[0]
    # The image beside it, or where VOC has it; what the document says may be a path of another machine.
    near = stem.replace("Annotations/", "JPEGImages/", 1).replace("annotations/", "images/", 1)
    file = files.with_stem(stem) or files.with_stem(near) or files.find(said, beside=folder)
    if file is None and not said:
        raise FormatError("it names no image")
    place = file or f"{placed(stem)[0]}/{placed(said)[1]}".lstrip("/")
    folder_path, filename = placed(place)
    try:
        width = side(number(child_text(root, "size/width"), "the width"))
        height = side(number(child_text(root, "size/height"), "the height"))
    except ValueError:
        width = height = 0
    if width <= 0 or height <= 0:
        width, height = files.size(file, said, place) or (0, 0)
    return ImageEntry(place, filename, width, height, folder_path=folder_path, file=file)


def _objects(root: Element, where: str, first: float, report: ReadReport) -> list[Annotation]:
    found: list[Annotation] = []
    for element in root.findall("object"):
        try:
            found += _read_object(element, first, report)
        except ValueError as error:
            report.problem(f"{where}: an object {child_text(element, 'name')!r} cannot be read: {error}")
    return found


def _read_object(element: Element, first: float, report: ReadReport) -> list[Annotation]:
    """Return an object's annotations; `first` is the number that the set gives to the first pixel."""
    flags = [flag for flag in _FLAGS if child_text(element, flag) in ("1", "true", "True")]
    label = Label(child_text(element, "name"), attributes=flags)
    outlines = [_ring(outline, first) for outline in element.findall("polygon")]
    parts = [a for n, ring in enumerate(filter(None, outlines)) for a in polygon(label.part(n), [ring], report)]
    if parts:
        return parts
    bounding = element.find("bndbox")
    if bounding is None:
        report.skipped[Skipped.OTHER_SHAPES] += 1
        return []
    x1, y1, x2, y2 = (number(bounding.findtext(corner), corner) for corner in _CORNERS)
    (left, right), (top, bottom) = _ordered(x1, x2, first), _ordered(y1, y2, first)
    return box(label, left, top, right - left, bottom - top, report)


def _ordered(low: float, high: float, first: float) -> tuple[float, float]:
    """Return two edges in our numbers; some tools write them the wrong way round."""
    return (low - first, high) if low - first <= high else (high - first, low)


def _ring(element: Element, first: float) -> Ring:
    """Return the points `<x1> <y1> <x2> …`, or `<pt><x/><y/></pt>` as LabelMe's old web tool wrote them."""
    values = {child.tag.lower(): child.text for child in element}
    xs = sorted((tag for tag in values if re.fullmatch(r"x\d+", tag)), key=lambda tag: int(tag[1:]))
    if xs:
        pairs = [(values[tag], values.get(f"y{tag[1:]}")) for tag in xs]
    else:
        pairs = [(child_text(point, "x"), child_text(point, "y")) for point in element.findall("pt")]
    return [(number(x, "x") - first, number(y, "y") - first) for x, y in pairs]


FORMAT = Format(
    name="pascal_voc",
    write=write,
    read=read,
    title="Pascal VOC: an XML document an image, boxes and outlines",
    holds=frozenset({"boxes", "polygons"}),
    class_names=class_names,
)
