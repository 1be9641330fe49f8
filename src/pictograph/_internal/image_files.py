"""Image files on the user's disk: their type, their size, and many of them as one tar."""

import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePath

# Suffix to media type, for the formats a dataset takes.
MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
    ".heif": "image/heif",
}

_BLOCK = tarfile.BLOCKSIZE


def media_type_of(filename: str) -> str | None:
    """Return the media type that the suffix promises, in any case; None when it promises no image."""
    return MEDIA_TYPES.get(PurePath(filename).suffix.lower())


def image_size(path: Path) -> tuple[int, int] | None:
    """Return (width, height) of the display-oriented image in pixels; None for what Pillow cannot read."""
    # Loads Pillow, which most requests do not need.
    from pictograph.image_header import display_size

    try:
        return display_size(path)
    except (OSError, ValueError, SyntaxError):
        return None


def pack_tar(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Return an uncompressed POSIX (pax) tar of (member name, content) in order."""
    pieces: list[bytes] = []
    for name, content in files:
        header = tarfile.TarInfo(name)
        header.size = len(content)
        pieces += [header.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict"), content, bytes(-len(content) % _BLOCK)]
    pieces.append(bytes(2 * _BLOCK))
    return b"".join(pieces)
