"""What a folder or archive holds: told from its files' content, not from what somebody calls it."""

import json
import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError
from pictograph.formats.image_files import is_image
from pictograph.formats.registry import FORMATS, get_format
from pictograph.formats.semantic_mask_reader import is_mask

MASKS = "masks"
CLASS_FOLDERS = "classification"
# Folders that formats give a meaning: never taken for the folder that everything was packed in.
_STRUCTURE = frozenset(
    {"annotations", "images", "labels", "masks", "train", "training", "valid", "val", "validation", "test", "testing"}
    | {
        "jpegimages",
        "imagesets",
        "segmentationclass",
        "segmentationobject",
        "obj_train_data",
        "defaultannot",
        "default",
    }
)
_SPLITS = frozenset({"train", "training", "valid", "val", "validation", "test", "testing"})
# How many files of a kind are looked into before it is settled what they are.
_LOOKED_INTO = 12
_HEAD_BYTES = 65_536
_YOLO_LINE = re.compile(r"\s*\d+(\s+-?[\d.]+(e-?\d+)?){4,}\s*$", re.IGNORECASE)
_CSV_WORDS = frozenset({"filename", "image", "file_name", "image_path", "path"})


@dataclass(frozen=True, slots=True)
class Recognized:
    """What files are together. `format` None: images without labels."""

    format: str | None
    # The folder that everything lies in, to be left out of all paths: "" or "my-export/".
    root: str = ""
    # How many files are images by their suffix, and how many belong to the labels.
    images: int = 0
    labels: int = 0
    # As the files list them; empty where only the labels themselves say.
    class_names: tuple[str, ...] = ()
    # For people: what else it might be, what was not understood.
    remarks: tuple[str, ...] = ()


class RootedSource:
    """The files below a folder of another source, by their paths from there."""

    def __init__(self, source: FileSource, root: str) -> None:
        self._source = source
        self._root = root
        self._names = [name[len(root) :] for name in source.names() if name.startswith(root)]

    def names(self) -> list[str]:
        return self._names

    def read(self, name: str) -> bytes:
        return self._source.read(self._root + name)


def recognize(source: FileSource, *, format: str | None = None) -> Recognized:
    """Return what the files of a folder or archive are.

    Args:
        format: what somebody knows them to be; then only the rest is found out. `images` takes no file for a label.
    Raises:
        FormatError: no format of this name is read.
    """
    root = common_root(source.names())
    files = _Files(RootedSource(source, root))
    if format is not None and format != "images" and format not in FORMATS:
        raise FormatError(f"There is no format {format!r} to read; there are images, {', '.join(FORMATS)}")
    known_by_name = format or _by_manifest(files)
    found = [known_by_name] if known_by_name else [name for name, sniff in _SNIFFERS if sniff(files)]
    known = [name for name in dict.fromkeys(found) if name in FORMATS]
    remarks = [
        f"It looks like {name}, which this version does not read; its labels are left out"
        for name in found
        if name not in FORMATS and name != "images"
    ]
    remarks += [f"It may also be {name}; say format={name!r} to have it read so" for name in known[1:]]
    chosen = known[0] if known else None
    if chosen is None and not format and files.is_class_folders(depth=2):
        remarks.append(f"Images lie in folders of their own; say format={CLASS_FOLDERS!r} to make their names tags")
    return Recognized(
        format=chosen,
        root=root,
        images=len(files.images),
        labels=len(files.labels_of(chosen)) if chosen else 0,
        class_names=_class_names(files, chosen),
        remarks=tuple(remarks),
    )


def unlabelled_images(recognized: Recognized, names: Iterable[str], labelled: Set[str]) -> list[str]:
    """Return the images among files that no label names and that are no labels themselves, sorted."""
    return sorted(
        name
        for name in names
        if is_image(name) and name not in labelled and not (recognized.format == MASKS and is_mask(name))
    )


def common_root(names: Sequence[str]) -> str:
    """Return the folder that all files lie in, unless its name says something about the format."""
    root = ""
    while True:
        tops = {name[len(root) :].split("/", 1)[0] if "/" in name[len(root) :] else "" for name in names}
        if len(tops) != 1:
            return root
        (top,) = tops
        if not top or top.lower() in _STRUCTURE:
            return root
        root += top + "/"


class _Files:
    """The files by kind, and a look into some of them."""

    def __init__(self, source: RootedSource) -> None:
        self.source = source
        self._names = frozenset(source.names())
        self._by_suffix: dict[str, list[str]] = {}
        for name in source.names():
            self._by_suffix.setdefault(PurePosixPath(name).suffix.lower(), []).append(name)
        self.images = [name for name in source.names() if is_image(name)]

    def of(self, *suffixes: str) -> list[str]:
        return [name for suffix in suffixes for name in self._by_suffix.get(suffix, ())]

    def has(self, name: str) -> bool:
        return name in self._names

    def some(self, *suffixes: str) -> Iterable[tuple[str, bytes]]:
        """Yield a few files of a kind with their content, those nearest to the top first."""
        for name in sorted(self.of(*suffixes), key=lambda name: (name.count("/"), name))[:_LOOKED_INTO]:
            try:
                yield name, self.source.read(name)
            except ValueError:
                continue

    def text(self, name: str) -> str:
        return self.source.read(name).decode("utf-8-sig", "replace")

    def any_json(self, *keys: str) -> bool:
        """Whether a JSON file is an object with all these keys at its top."""
        quoted = [f'"{key}"'.encode() for key in keys]
        return any(
            data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and all(key in data for key in quoted)
            for _name, data in self.some(".json")
        )

    def labels_of(self, format: str) -> list[str]:
        if format == MASKS:
            return [name for name in self.images if is_mask(name)]
        suffixes = {
            "pictograph": (".json",),
            "coco": (".json",),
            "labelme": (".json",),
            "yolo": (".txt",),
            "yolo_detect": (".txt",),
            "yolo_segment": (".txt",),
            "pascal_voc": (".xml",),
            "cvat": (".xml",),
            "csv": (".csv",),
        }
        return [name for name in self.of(*suffixes.get(format, ())) if name != "manifest.json"]

    def is_class_folders(self, *, depth: int) -> bool:
        """Whether every image lies in one of at least two folders, `depth` levels down at most."""
        folders = {PurePosixPath(name).parts[:-1] for name in self.images}
        return len(folders) > 1 and all(0 < len(parts) <= depth for parts in folders)

    def is_split_class_folders(self) -> bool:
        """Whether every image lies in `<split>/<class>/`."""
        folders = {PurePosixPath(name).parts[:-1] for name in self.images}
        return bool(folders) and all(
            len(parts) == 2 and parts[0].lower() in _SPLITS and parts[1].lower() not in _STRUCTURE for parts in folders
        )


def _by_manifest(files: _Files) -> str | None:
    """Return the format that our own manifest names, when it is one that is read."""
    if not files.has("manifest.json"):
        return None
    try:
        document: object = json.loads(files.text("manifest.json"))
    except ValueError:
        return None
    name = cast("dict[str, object]", document).get("format") if isinstance(document, dict) else None
    return name if isinstance(name, str) and name in FORMATS else None


def _is_xml(tag: str, inner: str) -> Callable[[_Files], bool]:
    pattern = re.compile(rb"<%s[\s>].*?<%s[\s>/]" % (tag.encode(), inner.encode()), re.DOTALL)

    def sniff(files: _Files) -> bool:
        return any(pattern.search(data[:_HEAD_BYTES]) for _name, data in files.some(".xml"))

    return sniff


def _is_yolo(files: _Files) -> bool:
    names = {PurePosixPath(name).name.lower() for name in files.of(".txt", ".names", ".yaml", ".yml")}
    is_named = bool(names & {"classes.txt", "obj.names", "data.yaml", "data.yml", "dataset.yaml"})
    lines = [line for _name, data in files.some(".txt") for line in data[:2000].decode("utf-8", "replace").splitlines()]
    return any(_YOLO_LINE.match(line) for line in lines) or (
        is_named and any(f"/{name}".rfind("/labels/") >= 0 for name in files.of(".txt"))
    )


def _is_csv(files: _Files) -> bool:
    heads = (data[:2000].decode("utf-8-sig", "replace").splitlines()[:1] for _name, data in files.some(".csv"))
    return any({word.strip(' "').lower() for word in re.split("[,;\t]", line)} & _CSV_WORDS for [line] in heads if line)


def _is_masks(files: _Files) -> bool:
    masks = [name for name in files.of(".png") if is_mask(name)]
    return bool(masks) and len(masks) < len(files.images)


# What is most certain first.
_SNIFFERS: tuple[tuple[str, Callable[[_Files], bool]], ...] = (
    ("coco", lambda files: files.any_json("images", "annotations", "categories")),
    ("labelme", lambda files: files.any_json("shapes", "imagePath")),
    ("pictograph", lambda files: files.any_json("image", "annotations", "annotation_count")),
    ("cvat", _is_xml("annotations", "image")),
    ("pascal_voc", _is_xml("annotation", "filename")),
    ("yolo", _is_yolo),
    ("csv", _is_csv),
    (MASKS, _is_masks),
    (CLASS_FOLDERS, _Files.is_split_class_folders),
)


def _class_names(files: _Files, format: str | None) -> tuple[str, ...]:
    if format is None:
        return ()
    try:
        return tuple(get_format(format).class_names(files.source))
    except ValueError:
        # The reader will say what is wrong with them.
        return ()
