"""The chunks of a PNG file (W3C PNG, 3rd edition, 5): checksums and EXIF without decoding a pixel."""

import zlib

_SIGNATURE_LENGTH = 8
_AROUND_DATA = 12


def verified_exif(data: bytes) -> bytes | None:
    """Return the content of the EXIF chunk, None when there is none, after checking every chunk's checksum.

    Raises:
        ValueError: a checksum is wrong, or the file ends before its end chunk.
    """
    exif: bytes | None = None
    position = _SIGNATURE_LENGTH
    view = memoryview(data)
    while position + _AROUND_DATA <= len(data):
        length = int.from_bytes(view[position : position + 4], "big")
        kind = bytes(view[position + 4 : position + 8])
        end = position + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise ValueError(f"the checksum of chunk {kind!r} is wrong")
        if kind == b"IEND":
            return exif
        if kind == b"eXIf":
            exif = bytes(view[position + 8 : end])
        position = end + 4
    raise ValueError("it ends before its end chunk")
