"""A zip's directory before anybody trusts it: how many entries it has, and what their names are."""

import struct
import zipfile
from typing import BinaryIO

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LONGEST_COMMENT = 0xFFFF
_UNICODE_PATH = 0x7075
_UTF_8 = 0x800


def check_directory(file: BinaryIO, most_entries: int) -> None:
    """Raise before `zipfile` makes an object of every entry, when there are too many.

    Raises:
        ValueError: it has too many entries, or no directory.
    """
    start, size = _directory(file)
    if size > most_entries * 1024:
        raise ValueError(f"its directory has {size:,} bytes")
    file.seek(start)
    data = file.read(size)
    position = count = 0
    while position + _ENTRY.size <= len(data) and data[position : position + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack_from("<3H", data, position + 28)
        position += _ENTRY.size + name + extra + comment
        count += 1
        if count > most_entries:
            raise ValueError(f"it has more than {most_entries:,} files")


def encoded_name(info: zipfile.ZipInfo) -> str:
    """Return the name in the encoding it was most likely written in.

    Without the flag for UTF-8 `zipfile` takes names for code page 437. Many programs write UTF-8 without the flag, and
    some write the true name into an extra field (Info-ZIP Unicode Path).
    """
    if info.flag_bits & _UTF_8:
        return info.orig_filename
    if (name := _unicode_path(info.extra)) is not None:
        return name
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


def _unicode_path(extra: bytes) -> str | None:
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        data = extra[position + 4 : position + 4 + size]
        if kind == _UNICODE_PATH and len(data) > 5 and data[0] == 1:
            try:
                return data[5:].decode("utf-8")
            except UnicodeError:
                return None
        position += 4 + size
    return None


def _directory(file: BinaryIO) -> tuple[int, int]:
    """Return where the central directory begins and its size, as `zipfile` will find them."""
    length = file.seek(0, 2)
    start = max(0, length - _END.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or found + _END.size > len(tail):
        raise ValueError("it has no directory; the end is missing")
    size = _END.unpack_from(tail, found)[5]
    end = start + found
    locator = end - _LOCATOR_64.size
    if locator >= 0:
        file.seek(locator)
        data = file.read(_LOCATOR_64.size)
        if data[:4] == b"PK\x06\x07":
            end = locator - _END_64.size
            file.seek(max(0, end))
            record = file.read(_END_64.size)
            if len(record) < _END_64.size or record[:4] != b"PK\x06\x06":
                raise ValueError("its directory is damaged")
            size = _END_64.unpack(record)[8]
    if size > end:
        raise ValueError("its directory is larger than the file")
    return end - size, size
