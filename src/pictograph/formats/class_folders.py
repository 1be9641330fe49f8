"""Images of each class in a folder of its own, as torchvision's `ImageFolder` and YOLO's classifiers read them.

`labels.csv` lists all images, also those without a class, and every tag of those with several.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from pictograph.formats.archive import UniqueNames, safe_component
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    DatasetHeader,
    Format,
    FormatReport,
    Labeled,
    Loss,
    ReadImage,
    manifest,
    selected,
    selected_tags,
)
from pictograph.formats.class_folder_reader import COLUMNS, PATH, class_names, read

# YOLO wants images to validate on: every so many-th image of a class.
_VAL_EVERY = 5


def write(
    entries: Iterable[Labeled],
    dataset: DatasetHeader,
    report: FormatReport,
    *,
    read_image: ReadImage | None = None,
    format_name: str = "classification",
    is_split: bool = False,
) -> Iterator[ArchiveFile]:
    """Yield `<class>/<folder>/<filename>` for each image with a tag, if images are wanted, then `labels.csv`.

    With `is_split` all lies below `train/` and `val/`; of each class every fifth image is for validation.
    """
    classes, names, folders, seen = ClassOrder(dataset), UniqueNames(), _ClassFolders(), Counter[str]()
    rows = io.StringIO(newline="")
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry, annotations in entries:
        path = names.path(entry.folder_path, entry.filename)
        report.images += 1
        report.lost[Loss.OBJECTS] += len(selected(annotations, dataset))
        tags = selected_tags(entry, dataset)
        place = ""
        if tags:
            report.lost[Loss.MORE_TAGS] += len(tags) - 1
            seen[tags[0]] += 1
            split = "val/" if seen[tags[0]] % _VAL_EVERY == 2 else "train/"
            place = f"{split if is_split else ''}{folders.of(tags[0])}/{path}"
            if read_image is not None:
                yield place, read_image(entry)
        else:
            report.lost[Loss.NO_TAG] += 1
        for tag in tags or [""]:
            if tag:
                classes.index(tag)
            writer.writerow((place, tag, entry.folder_path, entry.filename, entry.width, entry.height))
    yield PATH, rows.getvalue().encode()
    text = json.dumps(manifest(format_name, dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


class _ClassFolders:
    """A folder for each class: safe as a name, and never the same for two."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._names = UniqueNames()

    def of(self, class_name: str) -> str:
        if class_name not in self._folders:
            self._folders[class_name] = self._names.folder(safe_component(class_name))
        return self._folders[class_name]


FORMAT = Format(
    name="classification",
    write=partial(write, format_name="classification"),
    read=read,
    title="Classification: images of each class in a folder of its own",
    holds=frozenset({"tags"}),
    class_names=class_names,
)
YOLO = Format(
    name="yolo_classify",
    write=partial(write, format_name="yolo_classify", is_split=True),
    read=read,
    title="YOLO classification: train/ and val/ with a folder a class",
    holds=frozenset({"tags"}),
    class_names=class_names,
)
