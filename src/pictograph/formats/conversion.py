"""Labels from one format to another, on this machine; what the other cannot hold is counted."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pictograph.formats.archive import write_zip
from pictograph.formats.base import (
    ArchiveFile,
    DatasetHeader,
    FormatError,
    FormatReport,
    Labeled,
    ReadImage,
    ReadReport,
)
from pictograph.formats.label_files import LabelFiles
from pictograph.formats.registry import get_format


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was converted, and what was left out on the way in and out."""

    source_format: str
    target_format: str
    path: Path
    class_names: tuple[str, ...]
    read: ReadReport
    written: FormatReport
    has_images: bool
    # Images among the files that no label is of; they are not converted.
    unlabelled_images: int

    def as_dict(self) -> dict[str, object]:
        """Return all of it for JSON."""
        return {
            "source_format": self.source_format,
            "target_format": self.target_format,
            "path": str(self.path),
            "class_names": list(self.class_names),
            **self.written.as_dict(),
            "has_images": self.has_images,
            "unlabelled_images": self.unlabelled_images,
            "left_out_while_reading": self.read.as_dict(),
        }


def convert(
    source: str | Path,
    target: str | Path,
    *,
    to: str,
    source_format: str | None = None,
    include_images: bool | None = None,
    class_filter: Sequence[str] | None = None,
    on_image: Callable[[int], None] | None = None,
) -> Conversion:
    """Write the labels of a folder, archive or document in another format, and return what became of them.

    Args:
        target: a ZIP to write, by its ending, else a folder that is empty or not there yet.
        source_format: what the source is, where somebody knows; else it is told from the files.
        include_images: None takes the images along when all of them are there.
        class_filter: only annotations of these classes.
        on_image: is told the count after every image.
    Raises:
        FileNotFoundError, FileExistsError: there is no source; the target is there already.
        FormatError, BadArchive: the source cannot be read, or lacks an image that was asked for.
        ValueError: there is no format of such a name.
    """
    target, wanted = Path(target), get_format(to)
    _require_free(target)
    with LabelFiles(source, format=source_format) as labels:
        found = _look_through(labels)
        with_images = found.has_images if include_images is None else include_images
        header = DatasetHeader(
            name=Path(source).stem,
            class_names=tuple(dict.fromkeys((*labels.class_names, *sorted(found.class_names)))),
            class_filter=None if class_filter is None else tuple(class_filter),
            has_outlines=found.has_outlines,
        )
        written = FormatReport()
        read_image: ReadImage | None = labels.read_image if with_images else None
        files = wanted.write(_counted(labels, on_image), header, written, read_image=read_image)
        _write(files, target)
        return Conversion(
            source_format=labels.format.name,
            target_format=to,
            path=target,
            class_names=header.class_names,
            read=labels.report,
            written=written,
            has_images=with_images,
            unlabelled_images=len(labels.unlabelled(found.files)),
        )


def write_labels(
    images: Iterable[Labeled],
    target: str | Path,
    *,
    format: str,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    read_image: ReadImage | None = None,
) -> FormatReport:
    """Write images and their annotations to a ZIP (by its ending) or into a new folder; return what was lost.

    Args:
        images: pairs of `ImageEntry` and annotations.
        class_names: the classes in order; without them, those that the annotations name, by name. That needs all
            images at once: give the names to write more than fits into memory.
        read_image: returns the bytes of an image, to put the images in.
    Raises:
        FileExistsError: there is something at `target` already.
    """
    target, wanted = Path(target), get_format(format)
    _require_free(target)
    if class_names is None:
        images = list(images)
        found = {each.name for _, annotations in images for each in annotations}
        class_names = sorted(found.union(*(entry.tags for entry, _ in images)))
    first, images = _peek(images)
    header = DatasetHeader(
        name=name or target.stem,
        class_names=tuple(class_names),
        has_outlines=any(each.type == "polygon" for _, annotations in first for each in annotations),
    )
    report = FormatReport()
    _write(wanted.write(images, header, report, read_image=read_image), target)
    return report


@dataclass(slots=True)
class _Found:
    """What a first look through the labels finds, for formats that must know it before they begin."""

    class_names: set[str]
    files: set[str]
    has_outlines: bool = False
    has_images: bool = True


def _look_through(labels: LabelFiles) -> _Found:
    found, is_empty = _Found(set(), set()), True
    for entry, annotations in labels:
        is_empty = False
        found.class_names.update(entry.tags, (each.name for each in annotations))
        found.has_outlines |= any(each.type == "polygon" for each in annotations)
        found.has_images &= entry.file is not None
        if entry.file is not None:
            found.files.add(entry.file)
    if is_empty and labels.report.problems:
        raise FormatError(labels.report.problems[0])
    return found


def _counted(labels: LabelFiles, on_image: Callable[[int], None] | None) -> Iterator[Labeled]:
    for count, labeled in enumerate(labels, start=1):
        yield labeled
        if on_image is not None:
            on_image(count)


def _peek(images: Iterable[Labeled]) -> tuple[Sequence[Labeled], Iterable[Labeled]]:
    """Return a list as it is; of a stream its beginning, and the whole stream again."""
    if isinstance(images, list):
        return images, images
    stream = iter(images)
    first = [labeled for _, labeled in zip(range(_LOOKED_AT), stream, strict=False)]
    return first, chain(first, stream)


# How many images of a stream say whether it has outlines.
_LOOKED_AT = 1000


def _require_free(target: Path) -> None:
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise FileExistsError(f"There is something at {str(target)!r} already; name a new file or an empty folder")


def _write(files: Iterable[ArchiveFile], target: Path) -> None:
    """Write all files; the ZIP or folder appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pictograph-", dir=target.parent) as scratch:
        part = Path(scratch) / target.name
        if target.suffix.lower() == ".zip":
            with part.open("wb") as out:
                write_zip(files, out)
        else:
            part.mkdir()
            _write_folder(files, part)
            if target.is_dir():
                target.rmdir()
        part.replace(target)


def _write_folder(files: Iterable[ArchiveFile], folder: Path) -> None:
    written: set[str] = set()
    for path, content in files:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # Neighbours with the same path are pieces of one file.
        with file.open("ab" if path in written else "wb") as pieces:
            pieces.write(content)
        written.add(path)
