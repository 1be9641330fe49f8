"""Labels on disk: opened whatever their format, written in another. No server is needed."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pictograph.formats.archive import FileSource, FolderSource, MemorySource
from pictograph.formats.base import Format, FormatError, ImageEntry, ImageSizes, ReadReport
from pictograph.formats.packed import is_archive, open_packed
from pictograph.formats.recognize import RootedSource, recognize, unlabelled_images
from pictograph.formats.registry import FORMATS, get_format
from pictograph.models.annotation import Annotation


class LabelFiles:
    """The labels of a folder, an archive or one document; iterating gives images with annotations, each time anew.

    `report` says what the last reading left out: broken files and shapes that no annotation can say.
    """

    def __init__(self, path: str | Path, *, format: str | None = None, image_sizes: ImageSizes | None = None) -> None:
        """Open labels and find out what they are.

        Args:
            format: a name of `FORMATS`, where somebody knows it; else it is told from the files.
            image_sizes: `folder/filename` -> width and height, for YOLO labels without their images.
        Raises:
            FileNotFoundError: there is nothing at the path.
            FormatError: the files are in none of the formats.
            BadArchive: an archive is damaged, encrypted, or unpacks to too much.
        """
        self.path = Path(path)
        self.report = ReadReport()
        self._image_sizes = image_sizes
        with ExitStack() as opened:
            whole = _open(self.path, opened)
            found = recognize(whole, format=format)
            if found.format is None:
                raise FormatError(
                    f"{str(self.path)!r} has no labels that can be read: it is in none of the formats "
                    f"{', '.join(FORMATS)}"
                )
            self._found = found
            self._source = RootedSource(whole, found.root)
            self._opened = opened.pop_all()

    @property
    def format(self) -> Format:
        """The format that the files are in."""
        return get_format(self._found.format or "")

    @property
    def remarks(self) -> tuple[str, ...]:
        """For people: what else the files may be."""
        return self._found.remarks

    @property
    def class_names(self) -> list[str]:
        """The class names as the files number them; empty where only the labels themselves have them."""
        return list(self._found.class_names)

    def __iter__(self) -> Iterator[tuple[ImageEntry, list[Annotation]]]:
        self.report = ReadReport()
        return self.format.read(self._source, image_sizes=self._image_sizes, report=self.report)

    def read(self) -> list[tuple[ImageEntry, list[Annotation]]]:
        """Return all labels at once.

        Raises:
            FormatError: a file is broken; iterating would leave it out and say so in `report`.
        """
        return list(self.format.read(self._source, image_sizes=self._image_sizes))

    def read_image(self, entry: ImageEntry) -> bytes:
        """Return the bytes of an image.

        Raises:
            FormatError: it is not among the files.
        """
        if entry.file is None:
            raise FormatError(f"The image {entry.filename!r} is not among the files")
        return self._source.read(entry.file)

    def unlabelled(self, labelled: set[str]) -> list[str]:
        """Return the files that are images and that no label is of. `labelled` are the files that labels are of."""
        return unlabelled_images(self._found, self._source.names(), labelled)

    def close(self) -> None:
        """Let go of the archive."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def open_labels(path: str | Path, *, format: str | None = None, image_sizes: ImageSizes | None = None) -> LabelFiles:
    """Return the labels of a folder, an archive or one document; close them after use, or use `with`.

    Example:
        >>> with open_labels("road-signs.zip") as labels:        # doctest: +SKIP
        ...     for image, annotations in labels:
        ...         print(image.filename, len(annotations))
    """
    return LabelFiles(path, format=format, image_sizes=image_sizes)


def _open(path: Path, opened: ExitStack) -> FileSource:
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {str(path)!r}")
    if path.is_dir():
        return FolderSource(path)
    if is_archive(path):
        scratch = opened.enter_context(tempfile.TemporaryDirectory(prefix="pictograph-"))
        return open_packed(opened.enter_context(path.open("rb")), scratch=Path(scratch))
    return MemorySource([(path.name, path.read_bytes())])
