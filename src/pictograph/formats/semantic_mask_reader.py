"""Reading semantic masks: ours, Roboflow's (`a_mask.png`), and the coloured ones of CVAT and Pascal VOC."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport
from pictograph.formats.image_files import ImageFiles, is_litter, placed
from pictograph.formats.pixel_masks import from_pixels
from pictograph.formats.shapes import Label, check_mask_size
from pictograph.models.annotation import Annotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PATH = "_classes.csv"
BACKGROUND = "background"
# Folders of masks of classes. VOC's `SegmentationObject` numbers objects instead.
FOLDERS = frozenset({"masks", "mask", "segmentationclass"})
_IMAGE_FOLDERS = frozenset({"images", "jpegimages", "image", "img"})
_TAIL = "_mask"
# In Pascal VOC's palette: the border between objects, which belongs to none.
_VOID = 255
Color = tuple[int, int, int]


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each mask's image; every connected area of a class is a polygon that covers the same pixels."""
    report = report or ReadReport(is_strict=True)
    files, names = ImageFiles(source, image_sizes), _ClassTable.of(source)
    masks = [name for name in source.names() if is_mask(name)]
    for name in masks:
        try:
            values = _values(source.read(name), names)
        except (OSError, SyntaxError, ValueError) as error:
            report.problem(f"{name} is no mask that can be read: {error}")
            continue
        stem = _image_stem(name)
        file = next((found for each in _places(stem) if (found := files.with_stem(each)) and found != name), None)
        folder, filename = placed(file or stem)
        height, width = values.shape
        entry = ImageEntry(file or stem, filename, width, height, folder_path=folder, file=file)
        yield entry, _areas(values, names, report)
    if not masks and PATH not in source.names():
        raise FormatError("No masks: there is no PNG below masks/ or SegmentationClass/, and none named …_mask.png")


def class_names(source: FileSource) -> list[str]:
    """Return the names in the order of their values, without the background."""
    table = _ClassTable.of(source)
    return list(dict.fromkeys(name for _, name in sorted(table.names.items())))


def is_mask(name: str) -> bool:
    """Whether a file is the mask of an image by its name and folder."""
    path = PurePosixPath(name)
    if path.suffix.lower() != ".png" or is_litter(name):
        return False
    # The topmost folder that says something decides: images may lie in a folder of their own that is called masks.
    said = next((part.lower() for part in path.parts[:-1] if part.lower() in FOLDERS | _IMAGE_FOLDERS), None)
    return said in FOLDERS if said else path.stem.lower().endswith(_TAIL)


@dataclass(frozen=True, slots=True)
class _ClassTable:
    """What values mean, and which colours stand for which values where masks are coloured."""

    names: Mapping[int, str]
    values: Mapping[Color, int]

    @classmethod
    def of(cls, source: FileSource) -> "_ClassTable":
        names: dict[int, str] = {}
        for name in source.names():
            base = PurePosixPath(name).name.lower()
            if base == "labelmap.txt":
                return cls._of_colors(source.read(name))
            if base in (PATH, "classes.csv"):
                rows = csv.reader(io.StringIO(_text(source.read(name)), newline=""), skipinitialspace=True)
                pairs = [row for row in rows if len(row) >= 2 and row[0].strip().isdigit()]
                names |= {int(row[0]): row[1].strip() for row in pairs if int(row[0]) > 0}
        return cls(names, {})

    @classmethod
    def _of_colors(cls, data: bytes) -> "_ClassTable":
        """Read CVAT's lines `name:r,g,b::`; the background has value 0, the others count from 1."""
        names: dict[int, str] = {}
        values: dict[Color, int] = {}
        for line in _text(data).splitlines():
            name, _, rest = line.partition(":")
            channels = [int(part) for part in rest.partition(":")[0].split(",") if part.strip().isdigit()]
            if not name.strip() or name.startswith("#"):
                continue
            value = 0 if name.strip().casefold() == BACKGROUND else len(names) + 1
            if value:
                names[value] = name.strip()
            if len(channels) == 3:
                values[channels[0], channels[1], channels[2]] = value
        return cls(names, values)


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")


def _values(data: bytes, names: _ClassTable) -> "NDArray[np.int32]":
    """Return the value of each pixel, shape `(height, width)`; 0 is the background."""
    import numpy as np

    # Loads Pillow, which writing names does not need.
    from pictograph.image_header import open_image

    with open_image(data) as image:
        check_mask_size(*image.size)
        if names.values or image.mode not in ("1", "L", "P", "I", "I;16"):
            return _from_colors(np.asarray(image.convert("RGB")), names)
        values = np.asarray(image).astype(np.int32)
        # White on black, as many tools write the mask of a single class.
        if image.mode == "1" or (not names.names and set(np.unique(values).tolist()) <= {0, 255}):
            return (values > 0).astype(np.int32)
        return np.where(values == _VOID, 0, values) if image.mode == "P" and _VOID not in names.names else values


def _from_colors(pixels: "NDArray[np.uint8]", names: _ClassTable) -> "NDArray[np.int32]":
    import numpy as np

    if not names.values:
        raise ValueError("it is coloured, and no labelmap.txt says what the colours mean")
    codes = pixels.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    values = np.zeros(codes.shape, np.int32)
    for (red, green, blue), value in names.values.items():
        values[codes == red * 65536 + green * 256 + blue] = value
    return values


def _areas(values: "NDArray[np.int32]", names: _ClassTable, report: ReadReport) -> list[Annotation]:
    import numpy as np

    return [
        annotation
        for value in np.unique(values).tolist()
        if value > 0
        for annotation in from_pixels(Label(names.names.get(value, f"class_{value}")), values == value, (0, 0), report)
    ]


def _image_stem(mask: str) -> str:
    stem = mask.rpartition(".")[0]
    return stem[: -len(_TAIL)] if stem.lower().endswith(_TAIL) else stem


def _places(stem: str) -> Iterator[str]:
    """Yield where the image of a mask may lie, without the ending: beside it, or in the folder for images."""
    yield stem
    parts = stem.split("/")
    for index, part in enumerate(parts[:-1]):
        if part.lower() in FOLDERS:
            for store in ("images", "JPEGImages", "image", "img"):
                yield "/".join([*parts[:index], store, *parts[index + 1 :]])
            yield "/".join([*parts[:index], *parts[index + 1 :]])
