"""The parts of an uploaded archive in the blob store, read as one file: nothing is put together on disk."""

import io
from typing import BinaryIO, cast

from pictograph_server.services.imports.repository import ImportRecord
from pictograph_server.storage.blobs import BlobStore

# A read-ahead that makes small reads of headers cheap on an object store too.
_BUFFER_BYTES = 1024 * 1024


def part_key(import_id: str, number: int) -> str:
    return f"staging/imports/{import_id}/{number}"


def open_parts(blobs: BlobStore, record: ImportRecord) -> BinaryIO:
    """Return the archive as one seekable file; every part has arrived."""
    return cast("BinaryIO", io.BufferedReader(_Parts(blobs, record), _BUFFER_BYTES))


def remove_parts(blobs: BlobStore, record: ImportRecord) -> None:
    for number in range(record.part_count):
        blobs.delete(part_key(record.id, number))


class _Parts(io.RawIOBase):
    """Reads ranges of the parts, one part at a time."""

    def __init__(self, blobs: BlobStore, record: ImportRecord) -> None:
        self._blobs = blobs
        self._record = record
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._record.size_bytes}[whence]
        if start + offset < 0:
            raise ValueError(f"negative position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        number, offset = divmod(self._position, self._record.part_bytes)
        left = self._record.size_bytes - self._position
        if left <= 0:
            return 0
        length = min(len(buffer), left, self._record.part_bytes - offset)
        data = b"".join(self._blobs.stream(part_key(self._record.id, number), start=offset, end=offset + length))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
