"""Archives from somebody else, read in place: zip, tar, tar.gz.

Nothing is unpacked to names of theirs, links are not followed, and what unpacks to far more than it should is refused.
"""

import bz2
import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from pictograph.formats.archive import FileSource
from pictograph.formats.zip_directory import check_directory, encoded_name

_GIB = 1024**3
# Labels are read whole; nobody's are larger.
_MOST_READ_BYTES = _GIB
# Headers of a tar: long names and extended attributes, which tarfile reads whole.
_MOST_HEADER_BYTES = 16 * 1024 * 1024
_COPY_BYTES = 1024 * 1024
_NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar")
_NOTES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_OTHER_KINDS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


class BadArchive(ValueError):
    """An archive is refused as a whole; the message says why, `fix` what to do."""

    def __init__(self, why: str, *, fix: str = "Pack the files again as one .zip, .tar or .tar.gz") -> None:
        super().__init__(why)
        self.fix = fix


class UnreadableMember(ValueError):
    """One file of an archive cannot be read; the others can."""


@dataclass(frozen=True, slots=True)
class PackedLimits:
    """What an archive may hold. It may unpack to `times` its own size, or to 2 GiB if that is more."""

    files: int = 1_000_000
    unpacked_bytes: int = 200 * 10**9
    times: int = 100

    def allowed_bytes(self, packed_bytes: int) -> int:
        return min(self.unpacked_bytes, max(2 * _GIB, self.times * packed_bytes))


@dataclass(frozen=True, slots=True)
class Skipped:
    """A member that is left out, and why."""

    path: str
    reason: str


class SizedSource(FileSource, Protocol):
    """Files of which the size is known before they are read."""

    def size(self, name: str) -> int: ...


@dataclass(frozen=True, slots=True)
class _Member:
    size: int
    # Where it is: an entry of the zip's directory, or an offset in the tar.
    place: zipfile.ZipInfo | int


class PackedSource:
    """The files of an archive that may be read; `skipped` says what was left out."""

    def __init__(
        self, members: dict[str, _Member], skipped: Sequence[Skipped], read: Callable[[_Member], bytes]
    ) -> None:
        self._members = members
        self._names = sorted(members)
        self._read = read
        self.skipped = tuple(skipped)

    def names(self) -> list[str]:
        return self._names

    def size(self, name: str) -> int:
        """Return the bytes of a file once it is unpacked."""
        return self._members[name].size

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            UnreadableMember: it is damaged, or larger than what is read whole.
        """
        member = self._members[name]
        if member.size > _MOST_READ_BYTES:
            raise UnreadableMember(f"{name} has {member.size:,} bytes, more than {_MOST_READ_BYTES:,}")
        try:
            data = self._read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnreadableMember(f"{name} is damaged: {error or type(error).__name__}") from error
        if len(data) != member.size:
            raise UnreadableMember(f"{name} is cut short")
        return data


def open_packed(file: BinaryIO, *, scratch: Path, limits: PackedLimits = PackedLimits()) -> PackedSource:  # noqa: B008
    """Return the files of an archive; the kind is told from its content.

    Args:
        file: seekable; stays open as long as the source is used.
        scratch: a folder of the caller's. The tar inside a .tar.gz is unpacked into it, once: a file that is there
            from an earlier call is used again.
    Raises:
        BadArchive: it is no archive that we read, is damaged, encrypted, or would unpack to too much.
    """
    head = _head(file)
    packed_bytes = file.seek(0, 2)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_zip(file, packed_bytes, limits)
    if head.startswith(b"\x1f\x8b"):
        return _open_tar(_unzipped(file, packed_bytes, scratch, limits), limits)
    for magic, kind in _OTHER_KINDS.items():
        if head.startswith(magic):
            raise BadArchive(f"archives of the kind {kind} are not read")
    return _open_tar(file, limits)


def is_archive(path: Path) -> bool:
    """Whether a file begins like an archive that we read."""
    with path.open("rb") as file:
        head = _head(file)
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")) or head[257:262] == b"ustar"


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(512)


# --- zip ---


def _open_zip(file: BinaryIO, packed_bytes: int, limits: PackedLimits) -> PackedSource:
    try:
        check_directory(file, limits.files)
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        raise BadArchive(f"the zip is damaged or cut short: {error}") from error
    infos = archive.infolist()
    if sum(info.compress_size for info in infos) > packed_bytes:
        raise BadArchive("its members overlap, which no honest zip does")
    collected = _Collected(limits, packed_bytes)
    encrypted = 0
    for info in infos:
        if info.is_dir():
            continue
        encrypted += bool(info.flag_bits & 0x1)
        collected.add(encoded_name(info), info.file_size, info, _why_not_from_zip(info))
    if encrypted and not collected.members:
        raise BadArchive("it is encrypted", fix="Pack the files again without a password")

    def read(member: _Member) -> bytes:
        assert isinstance(member.place, zipfile.ZipInfo)
        return _unpacked(archive, member.place)

    return PackedSource(collected.members, collected.skipped, read)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, of those that say more than they have at most one too many.

    `zipfile` unpacks all there is before it looks at the size: a member of five hundred bytes can be gigabytes.
    """
    if info.compress_size > _MOST_READ_BYTES:
        raise zipfile.BadZipFile(f"it has {info.compress_size:,} packed bytes")
    packed = copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    # That of the unpacked bytes.
    del packed.CRC
    data, most = archive.read(packed), info.file_size + 1
    if info.compress_type == zipfile.ZIP_DEFLATED:
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, most)
    elif info.compress_type == zipfile.ZIP_BZIP2:
        try:
            data = bz2.BZ2Decompressor().decompress(data, most)
        except OSError as error:
            raise zipfile.BadZipFile(str(error)) from error
    if len(data) > info.file_size:
        raise zipfile.BadZipFile("it unpacks to more than it says")
    if zlib.crc32(data) != info.CRC:
        raise zipfile.BadZipFile("its checksum is wrong")
    return data


def _why_not_from_zip(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & 0x1:
        return "it is encrypted"
    kind = (info.external_attr >> 16) & 0o170000
    if kind == 0o120000:
        return "it is a link"
    if kind not in (0, 0o100000):
        return "it is no plain file"
    # LZMA may ask for gigabytes before it gives a byte; nobody packs images with it.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        return f"it is compressed in a way that is not read (method {info.compress_type})"
    return None


# --- tar ---


class _CarefulFile:
    """A tar as tarfile sees it: reads of its headers end where no honest header is so long."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _MOST_HEADER_BYTES:
            raise BadArchive("a header of the tar is larger than any honest one")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: bytes, /) -> object:
        raise io.UnsupportedOperation("archives are only read")

    def close(self) -> object:
        return self._file.close()


def _open_tar(file: BinaryIO, limits: PackedLimits) -> PackedSource:
    packed_bytes = file.seek(0, 2)
    file.seek(0)
    collected = _Collected(limits, packed_bytes)
    try:
        for info in _tar_members(file):
            if info.size < 0 or info.offset_data + (info.size if info.isreg() else 0) > packed_bytes:
                raise BadArchive("the tar is damaged or cut short")
            if not info.isdir():
                collected.add(_decoded(info.name), info.size, info.offset_data, _why_not_from_tar(info))
    except (tarfile.TarError, OverflowError, EOFError, UnicodeError) as error:
        raise BadArchive(f"it is no zip and no tar, or is damaged: {error or type(error).__name__}") from error

    def read(member: _Member) -> bytes:
        assert isinstance(member.place, int)
        file.seek(member.place)
        return file.read(member.size)

    return PackedSource(collected.members, collected.skipped, read)


def _tar_members(file: BinaryIO) -> Iterator[tarfile.TarInfo]:
    with tarfile.open(fileobj=_CarefulFile(file), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        while (info := archive.next()) is not None:
            yield info
            # tarfile keeps them all, a kilobyte each.
            archive.members = []  # pyright: ignore[reportAttributeAccessIssue]  # typeshed leaves it out


def _why_not_from_tar(info: tarfile.TarInfo) -> str | None:
    if info.issym() or info.islnk():
        return "it is a link"
    if not info.isreg() or info.issparse():
        return "it is no plain file"
    return None


def _decoded(name: str) -> str:
    """Return a name whose bytes are no UTF-8 as what Western systems of old meant by them."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return name


def _unzipped(file: BinaryIO, packed_bytes: int, scratch: Path, limits: PackedLimits) -> BinaryIO:
    """Return the tar inside a .tar.gz, unpacked into the scratch folder."""
    whole = scratch / "unpacked.tar"
    if not whole.exists():
        scratch.mkdir(parents=True, exist_ok=True)
        part = scratch / "unpacked.tar.part"
        allowed = limits.allowed_bytes(packed_bytes)
        file.seek(0)
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as packed, part.open("wb") as out:
                written = 0
                while chunk := packed.read(_COPY_BYTES):
                    written += len(chunk)
                    if written > allowed:
                        raise _too_much(packed_bytes, allowed)
                    out.write(chunk)
            part.replace(whole)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadArchive(f"the .tar.gz is damaged or cut short: {error}") from error
        finally:
            part.unlink(missing_ok=True)
    return whole.open("rb")


# --- what both check ---


class _Collected:
    """Members as they are found; raises once they are too many or too large together."""

    def __init__(self, limits: PackedLimits, packed_bytes: int) -> None:
        self.members: dict[str, _Member] = {}
        self.skipped: list[Skipped] = []
        self._limits = limits
        self._packed_bytes = packed_bytes
        self._allowed = limits.allowed_bytes(packed_bytes)
        self._count = 0
        self._bytes = 0

    def add(self, raw_name: str, size: int, place: zipfile.ZipInfo | int, why_not: str | None) -> None:
        self._count += 1
        if self._count > self._limits.files:
            raise BadArchive(f"it has more than {self._limits.files:,} files")
        name, why_bad_name = checked_name(raw_name)
        if _is_note(name) or (raw_name.endswith(("/", "\\")) and size == 0):
            return
        why_not = why_not or why_bad_name
        if why_not is None and name.lower().endswith(_NESTED):
            why_not = "it is an archive inside the archive, which is not opened"
        if why_not is None and name in self.members:
            why_not = "a file of this name came before it"
        if why_not is not None:
            self.skipped.append(Skipped(name, why_not))
            return
        self._bytes += size
        if self._bytes > self._allowed:
            raise _too_much(self._packed_bytes, self._allowed)
        self.members[name] = _Member(size, place)


def checked_name(raw: str) -> tuple[str, str | None]:
    """Return a member's name with `/` between its parts, and why it cannot be used, if so."""
    name = raw.replace("\\", "/")
    shown = _CONTROL.sub("\ufffd", name)
    if name != shown:
        return shown, "its name contains control characters or bytes that are no text"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return name, "its path is absolute"
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        return name, "its path climbs out of the archive"
    if not parts:
        return name, "it has no name"
    return "/".join(parts), None


def _is_note(name: str) -> bool:
    """Whether it is an operating system's note about files, not a file of anybody's."""
    path = PurePosixPath(name)
    return path.name in _NOTES or path.name.startswith("._") or "__MACOSX" in path.parts


def _too_much(packed_bytes: int, allowed: int) -> BadArchive:
    return BadArchive(
        f"its {packed_bytes:,} bytes unpack to more than {allowed:,}",
        fix="Pack fewer files at a time; images need no compression",
    )
