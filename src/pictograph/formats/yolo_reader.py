"""Reading YOLO text files as people have them: Ultralytics, Roboflow, darknet, labelImg, CVAT.

A line is a class number and numbers relative to the image: four are a box (`cx cy w h`), five a box and a confidence,
six or more an outline (an odd number: the last is a confidence). With `kpt_shape` in the YAML, a box comes first and
keypoints follow.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import cast

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport, Skipped
from pictograph.formats.documents import manifest_classes
from pictograph.formats.image_files import ImageFiles, is_litter, placed
from pictograph.formats.shapes import Label, box, polygon
from pictograph.geometry.rings import Ring
from pictograph.models.annotation import Annotation

# Lists of names, of images, and notes: text files that lie beside labels and are none.
_NAME_LISTS = ("classes.txt", "obj.names", "labels.txt", "names.txt", "_darknet.labels")
_NO_LABELS = frozenset(
    {*_NAME_LISTS, "train.txt", "val.txt", "valid.txt", "test.txt", "trainval.txt", "requirements.txt", "notes.txt"}
)
# How a line of labels begins.
_LINE = re.compile(r"\d+( [-+.\deE]+){4}")


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each image with its annotations. Sizes come from `image_sizes` or from the images beside the labels.

    An image without a file of labels is `new`: nobody says that it shows nothing.
    """
    report = report or ReadReport(is_strict=True)
    files, layout = ImageFiles(source, image_sizes), _Layout(source)
    names = layout.class_names
    seen: set[str] = set()
    for label_file in layout.labels:
        stem = layout.image_stem(label_file)
        image = files.with_stem(stem) or files.with_stem(label_file.rpartition(".")[0]) or files.find(stem)
        if image is not None:
            seen.add(image)
        size = files.size(image, stem, placed(stem)[1])
        if size is None:
            report.skipped[Skipped.NO_SIZE] += 1
            missing = "it is no image that can be read" if image else "the image is missing"
            report.problem(f"The size of {placed(stem)[1]} is not known: YOLO labels are relative to it, and {missing}")
            continue
        folder, filename = placed(image or stem)
        entry = ImageEntry(
            id=placed_path(image or stem),
            filename=filename,
            folder_path=folder,
            width=size[0],
            height=size[1],
            file=image,
        )
        yield entry, _read_file(source, label_file, layout, names, size, report)
    for image in files.names:
        if image not in seen and (size := files.size(image)) is not None:
            folder, filename = placed(image)
            yield ImageEntry(placed_path(image), filename, *size, folder_path=folder, status="new", file=image), []


def class_names(source: FileSource) -> list[str]:
    """Return the names from our manifest, else of the YAML, else of a list with a name a line."""
    return _Layout(source).class_names


def placed_path(path: str) -> str:
    """Return the folder and stem of an image, without the folders that only store."""
    folder, filename = placed(path)
    return f"{folder.strip('/')}/{PurePosixPath(filename).stem}".lstrip("/")


class _Layout:
    """Which files are labels, and what the files around them say."""

    def __init__(self, source: FileSource) -> None:
        self._source = source
        self._files = [name for name in source.names() if not is_litter(name)]

    @cached_property
    def labels(self) -> list[str]:
        texts = [name for name in self._files if name.lower().endswith(".txt")]
        under_labels = [name for name in texts if "labels" in name.lower().split("/")[:-1]]
        return [name for name in under_labels or texts if not self._is_note(name)]

    def _is_note(self, name: str) -> bool:
        """Whether a text file is a list or a note. One that is called like it may be the labels of `train.jpg`."""
        base = PurePosixPath(name).name.lower()
        if base not in _NO_LABELS and not base.startswith(("readme", "license")):
            return False
        first = " ".join(_text(self._source, name).partition("\n")[0].split())
        if not first:
            # An empty list of images is not put into a folder.
            return base in _NAME_LISTS or name.lower() == base
        return _LINE.match(first) is None

    def image_stem(self, label: str) -> str:
        """Return where Ultralytics looks for the image of labels: the last `labels` in the path is `images` there."""
        parts = label.rpartition(".")[0].split("/")
        for index in range(len(parts) - 2, -1, -1):
            if parts[index].lower() == "labels":
                return "/".join([*parts[:index], "images", *parts[index + 1 :]])
        return "/".join(parts)

    @cached_property
    def class_names(self) -> list[str]:
        if (listed := manifest_classes(self._source)) is not None:
            return listed
        for name in self._nearest(".yaml", ".yml"):
            if found := _names_of(self._yaml(name)):
                return found
        for name in self._nearest(".txt", ".names", ".labels"):
            if PurePosixPath(name).name.lower() in _NAME_LISTS or name.endswith(".names"):
                lines = _text(self._source, name).splitlines()
                # An empty line in the middle would move all numbers behind it; those at the end say nothing.
                return [line.strip() or f"class_{i}" for i, line in enumerate("\n".join(lines).rstrip().split("\n"))]
        raise FormatError("No class names: a YOLO dataset to read needs data.yaml or classes.txt (a name a line)")

    @cached_property
    def has_keypoints(self) -> bool:
        """Whether lines are boxes followed by keypoints."""
        return any("kpt_shape" in self._yaml(name) for name in self._nearest(".yaml", ".yml"))

    def _nearest(self, *endings: str) -> list[str]:
        found = [name for name in self._files if name.lower().endswith(endings)]
        return sorted(found, key=lambda name: (name.count("/"), name))

    def _yaml(self, name: str) -> Mapping[str, object]:
        import yaml

        try:
            # As texts: a class may be called `yes` or `1e3`.
            document: object = yaml.load(_text(self._source, name), Loader=yaml.BaseLoader)  # noqa: S506  # no objects
        except (yaml.YAMLError, ValueError, RecursionError):
            return {}
        return cast("Mapping[str, object]", document) if isinstance(document, Mapping) else {}


def _names_of(document: Mapping[str, object]) -> list[str]:
    """Return the names of a data.yaml: a list, a mapping from numbers (gaps are filled), or none with a count."""
    names, count = document.get("names"), document.get("nc")
    if isinstance(names, Mapping):
        pairs = cast("Mapping[object, object]", names).items()
        numbered = {int(str(key)): value for key, value in pairs if _is_count(key)}
        return [_name(numbered.get(index), index) for index in range(max(numbered) + 1)] if numbered else []
    if isinstance(names, list):
        return [_name(value, index) for index, value in enumerate(cast("list[object]", names))]
    return [f"class_{index}" for index in range(int(str(count)))] if _is_count(count) else []


def _name(value: object, index: int) -> str:
    return value if isinstance(value, str) and value.strip() else f"class_{index}"


def _is_count(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 6


def _text(source: FileSource, name: str) -> str:
    data = source.read(name)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace")


def _read_file(
    source: FileSource, name: str, layout: _Layout, names: Sequence[str], size: tuple[int, int], report: ReadReport
) -> list[Annotation]:
    found: list[Annotation] = []
    try:
        text = _text(source, name)
    except ValueError as error:
        report.problem(f"{name} cannot be read: {error}")
        return []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found += _read_line(_Line.parse(line), names, size, report, has_keypoints=layout.has_keypoints)
        except ValueError as error:
            report.problem(f"{name}:{number}: {line[:80]!r} is no line of YOLO labels: {error}")
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    class_index: int
    numbers: list[float]

    @classmethod
    def parse(cls, line: str) -> "_Line":
        first, *rest = line.replace(",", " ").split()
        # Some scripts write the class as 0.0.
        index = float(first)
        if not math.isfinite(index) or index != int(index):
            raise ValueError(f"{first} is no number of a class")
        return cls(int(index), [float(number) for number in rest])


def _read_line(
    line: _Line, names: Sequence[str], size_wh: tuple[int, int], report: ReadReport, *, has_keypoints: bool
) -> list[Annotation]:
    if not 0 <= line.class_index < len(names):
        raise ValueError(f"there are {len(names)} classes, from 0 on")
    numbers, (width, height) = line.numbers, size_wh
    label = Label(names[line.class_index])
    if has_keypoints and len(numbers) > 4:
        report.skipped[Skipped.KEYPOINTS] += 1
        numbers = numbers[:4]
    if len(numbers) in (4, 5):
        cx, cy, w, h = numbers[:4]
        label = Label(label.class_name, numbers[4] if len(numbers) == 5 else 1.0)
        return box(label, (cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height, report)
    if len(numbers) < 6:
        raise ValueError(f"{len(numbers)} numbers make neither a box (4) nor an outline (6, 8, …)")
    if len(numbers) % 2:
        label = Label(label.class_name, numbers[-1])
    ring: Ring = [(x * width, y * height) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
    return polygon(label, [ring], report)
