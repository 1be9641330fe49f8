"""Files on the user's disk as one archive, to be sent in parts: an archive as it is, a folder as a tar never written.

The same files give the same bytes at the same places, so sending can go on where it was cut short.
"""

import hashlib
import os
import tarfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from pictograph._internal.image_files import media_type_of

_BLOCK = tarfile.BLOCKSIZE
_SAMPLE_BYTES = 1024 * 1024
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)
_LABELS = frozenset({".json", ".xml", ".txt", ".csv", ".yaml", ".yml", ".names", ".data"})
# Pictures that are labels: one colour a class.
_MASK_FOLDERS = frozenset({"masks", "mask", "segmentationclass", "segmentationobject"})


class PackedFiles(Protocol):
    """Bytes that are read in any order, and what they are known by."""

    filename: str
    size_bytes: int
    fingerprint: str

    def read(self, offset: int, length: int) -> bytes: ...


def pack(path: Path, *, labels_only: bool = False) -> PackedFiles:
    """Return a folder, an archive (zip, tar, tar.gz), or a single file of labels, ready to be sent.

    Args:
        labels_only: leave the images of a folder out.
    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: there is nothing in the folder to send.
    """
    if path.is_dir():
        return FolderTar(path, list(_files_below(path, labels_only=labels_only)))
    if not path.is_file():
        raise FileNotFoundError(f"There is no file or folder {path}")
    return ArchiveFile(path) if _is_archive(path) else FolderTar(path, [path.name], folder=path.parent)


class ArchiveFile:
    """An archive, sent byte for byte."""

    def __init__(self, path: Path) -> None:
        about = path.stat()
        self.filename = path.name
        self.size_bytes = about.st_size
        self._path = path
        digest = hashlib.sha256(f"{about.st_size} {about.st_mtime_ns}".encode())
        digest.update(self.read(0, _SAMPLE_BYTES))
        digest.update(self.read(max(0, about.st_size - _SAMPLE_BYTES), _SAMPLE_BYTES))
        self.fingerprint = digest.hexdigest()

    def read(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size_bytes: int
    header_bytes: int

    @property
    def padded_bytes(self) -> int:
        return self.header_bytes + self.size_bytes + -self.size_bytes % _BLOCK


class FolderTar:
    """The tar that a folder would be. Only where its members lie is known; they are read when they are sent."""

    def __init__(self, path: Path, names: list[str], *, folder: Path | None = None) -> None:
        if not names:
            raise ValueError(f"There is nothing in {path} to import: no images and no labels")
        self.filename = path.name or str(path)
        self._folder = folder or path
        self._members: list[_Member] = []
        self._starts: list[int] = []
        digest = hashlib.sha256()
        position = 0
        for name in names:
            about = (self._folder / name).stat()
            member = _Member(name, about.st_size, len(_header(name, about.st_size)))
            digest.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
            self._members.append(member)
            self._starts.append(position)
            position += member.padded_bytes
        self.size_bytes = position + 2 * _BLOCK
        self.fingerprint = digest.hexdigest()

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the tar.

        Raises:
            OSError: a file went away, or is shorter than it was.
        """
        pieces: list[bytes] = []
        end = min(offset + length, self.size_bytes)
        while offset < end:
            piece = self._piece(offset, end - offset)
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def _piece(self, offset: int, length: int) -> bytes:
        index = bisect_right(self._starts, offset) - 1
        member = self._members[index]
        within = offset - self._starts[index]
        if within >= member.padded_bytes:
            # Behind the last member: the end of a tar is zeros.
            return bytes(length)
        if within < member.header_bytes:
            return _header(member.name, member.size_bytes)[within : within + length]
        within -= member.header_bytes
        if within >= member.size_bytes:
            return bytes(min(length, member.size_bytes + -member.size_bytes % _BLOCK - within))
        wanted = min(length, member.size_bytes - within)
        path = self._folder / member.name
        with path.open("rb") as file:
            file.seek(within)
            data = file.read(wanted)
        if len(data) != wanted:
            raise OSError(f"{path} became shorter while it was sent; run the import again")
        return data


def _header(name: str, size_bytes: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size_bytes
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(512)
    # What is another kind of archive is sent too: the server says which kinds it reads.
    kinds = (
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"7z\xbc\xaf",
        b"Rar!",
        b"BZh",
        b"\xfd7zXZ",
        b"\x28\xb5\x2f\xfd",
    )
    return head.startswith(kinds) or head[257:262] == b"ustar"


def _files_below(root: Path, *, labels_only: bool) -> Iterator[str]:
    """Yield the images and files of labels below a folder, sorted; hidden ones are left out."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        below = Path(folder).relative_to(root)
        for name in sorted(files):
            path = PurePosixPath(*below.parts, name)
            if name.startswith(".") or not (Path(folder) / name).is_file():
                continue
            if _is_label(path) or (media_type_of(name) is not None and not labels_only):
                yield str(path)


def _is_label(path: PurePosixPath) -> bool:
    is_mask = path.suffix.lower() == ".png" and bool(_MASK_FOLDERS & {part.lower() for part in path.parts[:-1]})
    return path.suffix.lower() in _LABELS or is_mask
