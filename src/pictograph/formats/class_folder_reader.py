"""Reading classified images: folders named after classes, below splits or not, our list, and Roboflow's table."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, ImageEntry, ImageSizes, ReadReport, Skipped
from pictograph.formats.documents import manifest_classes
from pictograph.formats.image_files import ImageFiles, is_litter, placed
from pictograph.models.annotation import Annotation

PATH = "labels.csv"
COLUMNS = ("path", "class", "folder_path", "filename", "width", "height")
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


def read(
    source: FileSource, *, image_sizes: ImageSizes | None = None, report: ReadReport | None = None
) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
    """Yield each image with its classes as tags and no annotations.

    Images right at the top, or right below a split, have no class; they are `new`.
    """
    report = report or ReadReport(is_strict=True)
    files = ImageFiles(source, image_sizes)
    listed = _listed(source)
    if listed is not None:
        entries = (_from_row(row, tags, files) for row, tags in listed)
    else:
        tags = _one_hot(source)
        if not files.names:
            raise FormatError("No classified images: there is neither an image in a folder of a class, nor labels.csv")
        entries = (_from_path(name, tags, files) for name in files.names)
    for entry in entries:
        if entry.width <= 0 or entry.height <= 0:
            report.skipped[Skipped.NO_SIZE] += 1
            report.problem(f"The size of {entry.filename} is not known: it is no image that can be read")
            continue
        yield entry, []


def class_names(source: FileSource) -> list[str]:
    """Return the classes of our manifest, else those of the folders by their names."""
    if (listed := manifest_classes(source)) is not None:
        return listed
    one_hot = _one_hot(source)
    found = {tag for name in ImageFiles(source).names for tag in one_hot.get(name, _tags(name))}
    return sorted(found)


def _tags(path: str) -> tuple[str, ...]:
    """Return the class that an image's folders say: the topmost one, a split aside."""
    *folders, _ = PurePosixPath(path).parts
    if folders and folders[0].lower() in _SPLITS:
        folders = folders[1:]
    return tuple(folders[:1])


def _from_path(name: str, one_hot: Mapping[str, tuple[str, ...]], files: ImageFiles) -> ImageEntry:
    tags = one_hot.get(name, _tags(name))
    folder, filename = placed(name)
    width, height = files.size(name) or (0, 0)
    status = "complete" if tags else "new"
    return ImageEntry(name, filename, width, height, folder_path=folder, status=status, tags=tags, file=name)


def _listed(source: FileSource) -> list[tuple[dict[str, str], tuple[str, ...]]] | None:
    """Return the images of our list, each once, with all its tags; None where there is no such list."""
    if PATH not in source.names():
        return None
    table = csv.DictReader(io.StringIO(source.read(PATH).decode("utf-8-sig", "replace"), newline=""), restval="")
    if not set(COLUMNS) <= set(table.fieldnames or ()):
        return None
    found: dict[tuple[str, str], tuple[dict[str, str], list[str]]] = {}
    for row in table:
        _, tags = found.setdefault((row["folder_path"], row["filename"]), (row, []))
        if row["class"]:
            tags.append(row["class"])
    return [(row, tuple(tags)) for row, tags in found.values()]


def _from_row(row: dict[str, str], tags: tuple[str, ...], files: ImageFiles) -> ImageEntry:
    file = files.find(row["path"]) if row["path"] else None
    width, height = (int(row[side]) if row[side].isdecimal() else 0 for side in ("width", "height"))
    return ImageEntry(
        f"{row['folder_path'].rstrip('/')}/{row['filename']}",
        row["filename"],
        width,
        height,
        folder_path=row["folder_path"] or "/",
        status="complete" if tags else "new",
        tags=tags,
        file=file,
    )


def _one_hot(source: FileSource) -> dict[str, tuple[str, ...]]:
    """Return the tags of Roboflow's `_classes.csv`: an image a row, a class a column, 1 where it shows it."""
    found: dict[str, tuple[str, ...]] = {}
    for name in source.names():
        if PurePosixPath(name).name.lower() != "_classes.csv" or is_litter(name):
            continue
        text = source.read(name).decode("utf-8-sig", "replace")
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline="")) if row]
        if not rows or rows[0][0].lower() != "filename":
            continue
        folder = name.rpartition("/")[0]
        for row in rows[1:]:
            tags = tuple(head for head, cell in zip(rows[0][1:], row[1:], strict=False) if cell == "1")
            found[f"{folder}/{row[0]}".lstrip("/")] = tags
    return found
