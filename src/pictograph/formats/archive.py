"""Files of an export: safe unique names inside an archive, writing a ZIP as a stream, reading a folder."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

# Formats that are compressed already: deflating them again costs time and saves nothing.
_STORED = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic", ".heif"}
# What some system refuses in a file name, and control characters.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')


def write_zip(files: Iterable[tuple[str, bytes]], out: BinaryIO) -> None:
    """Write the files into a ZIP as they come; neighbours with the same path become one file.

    Times inside are fixed, so that equal files give an equal archive.
    """
    with zipfile.ZipFile(out, "w", allowZip64=True) as archive:
        for path, pieces in groupby(files, key=itemgetter(0)):
            info = zipfile.ZipInfo(path)
            stored = PurePosixPath(path).suffix.lower() in _STORED
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                for _, piece in pieces:
                    member.write(piece)


class FileSource(Protocol):
    """Files to read a format from."""

    def names(self) -> list[str]:
        """Return the paths of all files, with `/`, sorted."""
        ...

    def read(self, name: str) -> bytes: ...


class FolderSource:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return sorted(p.relative_to(self._folder).as_posix() for p in self._folder.rglob("*") if p.is_file())

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()


class MemorySource:
    """Files in memory, as a writer yields them."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._files = {path: b"".join(piece for _, piece in pieces) for path, pieces in groupby(files, itemgetter(0))}

    def names(self) -> list[str]:
        return sorted(self._files)

    def read(self, name: str) -> bytes:
        return self._files[name]


class UniqueNames:
    """Paths for the images of one archive: folders kept, harmless on every system, never the same twice.

    Two names count as the same when a system that ignores case or the form of accents would mix them up.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def path(self, folder_path: str, filename: str, *, avoid: frozenset[str] = frozenset()) -> str:
        """Return `folder/filename`, changed only where it must be. Folders named in `avoid` get a `_` at the end."""
        folder = safe_folder(folder_path, avoid=avoid)
        name = PurePosixPath(safe_component(filename))
        return self._first_free(folder, (f"{name.stem}{tail}{name.suffix}" for tail in _tails("")))

    def folder(self, name: str) -> str:
        """Return a folder's name, with a number behind it where it is taken."""
        return self._first_free("", (f"{name}{tail}" for tail in _tails("")))

    def stem(self, folder_path: str, filename: str, *, avoid: frozenset[str] = frozenset()) -> str:
        """Return `folder/stem`; where `a.jpg` and `a.png` lie together, the second becomes `a_png`."""
        folder = safe_folder(folder_path, avoid=avoid)
        name = PurePosixPath(safe_component(filename))
        return self._first_free(folder, (f"{name.stem}{tail}" for tail in _tails(name.suffix.replace(".", "_"))))

    def _first_free(self, folder: str, names: Iterator[str]) -> str:
        for name in names:
            path = f"{folder}/{name}" if folder else name
            key = unicodedata.normalize("NFC", path).casefold()
            if key not in self._taken:
                self._taken.add(key)
                return path
        raise AssertionError("the numbers ran out")


def safe_folder(folder_path: str, *, avoid: frozenset[str] = frozenset()) -> str:
    """Return a virtual folder as a relative path without `..`; the root is the empty text."""
    parts = [safe_component(part) for part in folder_path.split("/") if part not in ("", ".")]
    return "/".join(f"{part}_" if part in avoid else part for part in parts)


def safe_component(name: str) -> str:
    """Return a file or folder name with `_` for what could be taken as a path or refused by a file system.

    A dot in front hides a file; whoever unpacks the archive is to see all of them.
    """
    cleaned = re.sub(r"^\.(?=.)", "_", _UNSAFE.sub("_", name).rstrip(". "))
    return cleaned if cleaned.strip(".") else "_" * max(1, len(name))


def safe_suffix(filename: str) -> str:
    """Return the ending that an image's file has in an archive, e.g. `.jpg`; empty where its name has none."""
    return PurePosixPath(safe_component(filename)).suffix


def _tails(second: str) -> Iterator[str]:
    """Yield what to put behind a name until it is free: nothing, `second`, then numbers."""
    yield ""
    if second:
        yield second
    for number in range(2, 1_000_000):
        yield f"{second}-{number}"
