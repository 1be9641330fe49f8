"""Reading CVAT's XML: images with shapes, masks and tags, and the tracks of videos frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport, Skipped
from pictograph.formats.image_files import ImageFiles, is_litter, placed, side
from pictograph.formats.pixel_masks import from_pixels
from pictograph.formats.shapes import Label, box, check_mask_size, ellipse_ring, keypoint, polygon, polyline, rotated
from pictograph.formats.xml_text import child_text, number, parse_xml
from pictograph.geometry.rings import Ring, box_ring
from pictograph.models.annotation import Annotation

# What CVAT says of an object that is partly hidden; kept as an attribute of the annotation.
OCCLUDED = "occluded"
_SHAPES = frozenset({"box", "polygon", "polyline", "points", "mask", "ellipse"})
_NOT_READ = frozenset({"cuboid", "skeleton"})


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each `<image>` of every CVAT document; of a video's document, each frame that has a shape."""
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    found = False
    for name in source.names():
        if not name.lower().endswith(".xml") or is_litter(name):
            continue
        try:
            root = parse_xml(source, name)
        except FormatError as error:
            report.problem(str(error))
            continue
        if root.tag != "annotations":
            continue
        found = True
        document = _Document(name, root, files, report)
        yield from document.frames() if root.find("track") is not None else document.images()
    if not found:
        raise FormatError("No CVAT document: no XML file has <annotations> at its top")


def class_names(source: FileSource) -> list[str]:
    """Return the labels in the order of the documents' heads."""
    names: dict[str, None] = {}
    for name in source.names():
        if name.lower().endswith(".xml") and not is_litter(name):
            root = parse_xml(source, name)
            # The parts of skeletons are labels too, with a parent.
            labels = (label for label in root.iterfind("meta//labels/label") if label.find("parent") is None)
            names.update((text, None) for label in labels if (text := label.findtext("name")))
    return list(names)


@dataclass(frozen=True, slots=True)
class _Document:
    name: str
    root: Element
    files: ImageFiles
    report: ReadReport

    def images(self) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
        for image in self.root.iterfind("image"):
            entry = self._entry(image.get("name") or "", image.get("id") or "", image.get("width"), image.get("height"))
            if entry is None:
                continue
            tags = tuple(dict.fromkeys(tag for each in image.iterfind("tag") if (tag := each.get("label"))))
            shapes = [a for element in image for a in self._shape(element, element.get("label") or "")]
            yield replace(entry, tags=tags), shapes

    def frames(self) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
        """Yield the frames of a video in which a track is to be seen."""
        shapes: dict[int, list[Annotation]] = {}
        for track in self.root.iterfind("track"):
            for element in track:
                number_text = element.get("frame") or ""
                if element.tag in _SHAPES | _NOT_READ and element.get("outside") != "1" and number_text.isdecimal():
                    shapes.setdefault(int(number_text), []).extend(self._shape(element, track.get("label") or ""))
        width = child_text(self.root, "meta//original_size/width")
        height = child_text(self.root, "meta//original_size/height")
        for frame, found in sorted(shapes.items()):
            if entry := self._entry(f"frame_{frame:06d}.png", str(frame), width, height):
                yield entry, found

    def _entry(self, said: str, image_id: str, width: str | None, height: str | None) -> ImageEntry | None:
        file = self.files.find(said, beside=self.name.rpartition("/")[0])
        folder, filename = placed(file or said)
        try:
            size = (side(number(width, "the width")), side(number(height, "the height")))
        except ValueError:
            size = (0, 0)
        if size[0] <= 0 or size[1] <= 0:
            size = self.files.size(file, said) or (0, 0)
        if not filename or size[0] <= 0 or size[1] <= 0:
            self.report.skipped[Skipped.NO_SIZE] += 1
            self.report.problem(f"{self.name}: image {image_id} ({said!r}) has no name or no size")
            return None
        return ImageEntry(file or said, filename, *size, folder_path=folder, file=file)

    def _shape(self, element: Element, class_name: str) -> list[Annotation]:
        if element.tag in _NOT_READ:
            self.report.skipped[Skipped.KEYPOINTS if element.tag == "skeleton" else Skipped.OTHER_SHAPES] += 1
            return []
        if element.tag not in _SHAPES:
            return []
        try:
            return _annotations(element, _label(element, class_name), self.report)
        except ValueError as error:
            self.report.problem(f"{self.name}: a {element.tag} of {class_name!r} cannot be read: {error}")
            return []


def _label(element: Element, class_name: str) -> Label:
    attributes: list[object] = [OCCLUDED] if element.get("occluded") == "1" else []
    attributes += [{"name": each.get("name") or "", "value": each.text or ""} for each in element.iterfind("attribute")]
    return Label(class_name, attributes=attributes)


def _annotations(element: Element, label: Label, report: ReadReport) -> list[Annotation]:
    if element.tag == "mask":
        return _from_mask(element, label, report)
    if element.tag in ("box", "ellipse"):
        return _turned(element, label, report)
    points = _points(element)
    if element.tag == "polygon":
        return polygon(label, [points], report)
    if element.tag == "polyline":
        return polyline(label, points, report)
    return [a for n, (x, y) in enumerate(points) for a in keypoint(label.part(n), x, y, report)]


def _turned(element: Element, label: Label, report: ReadReport) -> list[Annotation]:
    """Return a box, or the outline of an ellipse or of a box that is turned."""
    degrees = number(element.get("rotation") or "0", "the rotation")
    if element.tag == "ellipse":
        cx, cy, rx, ry = (number(element.get(key), key) for key in ("cx", "cy", "rx", "ry"))
        return polygon(label, [rotated(ellipse_ring(cx, cy, rx, ry), degrees)], report)
    left, top, right, bottom = (number(element.get(key), key) for key in ("xtl", "ytl", "xbr", "ybr"))
    if degrees % 360:
        return polygon(label, [rotated(box_ring(left, top, right, bottom), degrees)], report)
    return box(label, left, top, right - left, bottom - top, report)


def _points(element: Element) -> Ring:
    pairs = (text.split(",") for text in (element.get("points") or "").split(";") if text.strip())
    return [(number(pair[0], "x"), number(pair[-1], "y")) for pair in pairs]


def _from_mask(element: Element, label: Label, report: ReadReport) -> list[Annotation]:
    import numpy as np

    from pictograph.geometry.cropped_mask import CroppedMask

    left, top, width, height = (int(number(element.get(key), key)) for key in ("left", "top", "width", "height"))
    runs = [int(run) for run in (element.get("rle") or "").split(",") if run.strip()]
    check_mask_size(width, height)
    if any(run < 0 for run in runs) or sum(runs) != width * height:
        raise ValueError(f"the run lengths of its mask do not make {width} x {height} pixels")
    mask = CroppedMask(np.array(runs, "<u4").tobytes(), (height, width)).to_array()
    return from_pixels(label, mask, (left, top), report)
