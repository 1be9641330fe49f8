"""What the bytes of an image say: is it one we read, is it whole, how large is it shown; and its pixels as RGB.

Everything is told from the content: names and declared types are never trusted. Sizes are checked on the header,
before a pixel is decoded.
"""

import io
import struct
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from pictograph_server.errors import BadRequest, ContentTooLarge, UnsupportedContent
from pictograph_server.storage.blobs import BlobStore, image_key

from .jpeg import damaged_scan_at
from .png import verified_exif
from .records import ImageRecord

MIME_TYPES = {
    "JPEG": "image/jpeg",
    # A JPEG with further pictures behind it, as telephones write; the first one is the photo.
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "HEIF": "image/heic",
}
_READABLE = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "HEIF")
_ORIENTATION_TAG = 0x0112
_TURNED_BY_90_DEGREES = (5, 6, 7, 8)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# PNGs up to this size are decoded in full; of larger ones the checksum of every chunk is verified.
_FULL_PNG_PIXELS = 4_000_000
# Only one image beyond this is decoded at a time: the memory of a request must not grow with eight uploads.
_LARGE_PIXELS = 8_000_000
_large_decode = threading.Lock()


@dataclass(frozen=True, slots=True)
class ContentLimits:
    """What one image may weigh: bytes of the file, and width times height."""

    max_bytes: int
    max_pixels: int


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a good image is: its type by content and its display-oriented size in pixels."""

    mime_type: str
    width: int
    height: int


class NotAnImage(UnsupportedContent):
    code = "not_an_image"

    def __init__(self, filename: str, why: str) -> None:
        super().__init__(
            f"{filename!r} was refused",
            why=why,
            fix="Send JPEG, PNG, GIF, BMP, WebP, TIFF or HEIC; the type is read from the content, not from the name",
        )


class BrokenImage(BadRequest):
    code = "broken_image"

    def __init__(self, filename: str, why: str) -> None:
        super().__init__(f"{filename!r} was refused", why=why, fix="Copy or export the file again from its source")


class FileTooLarge(ContentTooLarge):
    code = "file_too_large"

    def __init__(self, filename: str, max_bytes: int) -> None:
        super().__init__(
            f"{filename!r} was refused",
            why=f"the file has more than {max_bytes:,} bytes",
            fix="Compress or tile the image, or raise PICTOGRAPH_LIMITS_IMAGE_BYTES on the server",
        )


class TooManyPixels(ContentTooLarge):
    code = "too_many_pixels"

    def __init__(self, filename: str, width: int, height: int, max_pixels: int) -> None:
        super().__init__(
            f"{filename!r} was refused",
            why=f"it has {width} x {height} = {width * height:,} pixels and {max_pixels:,} are allowed",
            fix="Shrink or tile the image, or raise PICTOGRAPH_LIMITS_IMAGE_PIXELS on the server",
        )


def check_image(data: bytes, filename: str, limits: ContentLimits) -> ImageFacts:
    """Return the type and size of a whole, readable image.

    Raises:
        FileTooLarge, TooManyPixels: 413.
        NotAnImage: 415, the bytes are none of the formats we read.
        BrokenImage: 400, empty, truncated or damaged.
    """
    if not data:
        raise BrokenImage(filename, "the file is empty (0 bytes)")
    if len(data) > limits.max_bytes:
        raise FileTooLarge(filename, limits.max_bytes)
    try:
        with _open(io.BytesIO(data)) as image:
            return _check_opened(image, data, filename, limits)
    except UnidentifiedImageError:
        raise _unidentified(data, filename) from None
    except MemoryError:
        raise BrokenImage(filename, "it needs more memory than there is") from None
    # Decoders raise whatever they meet in damaged bytes.
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError) as error:
        raise BrokenImage(filename, f"it is truncated or damaged ({_first_line(error)})") from None
    except (RuntimeError, ArithmeticError, AssertionError, AttributeError, LookupError) as error:
        raise BrokenImage(filename, f"it is damaged ({_first_line(error)})") from None


def decode_rgb(source: bytes | Path, *, at_least: int | None = None) -> Image.Image:
    """Return the image as shown: turned by its EXIF orientation, RGB, 8 bits a channel, transparency over white.

    16-bit greys are scaled to 8 bits; of an animation the first frame is taken. With `at_least`, a JPEG may come
    smaller for less work, with sides of that many pixels or more.

    Raises:
        OSError: the bytes cannot be decoded.
    """
    with _open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        if at_least is not None:
            image.draft("RGB", (at_least, at_least))
        image.load()
        turn = _TURNS.get(_orientation(image))
        return _to_rgb(image if turn is None else image.transpose(turn))


def open_rgb(blobs: BlobStore, record: ImageRecord) -> Image.Image:
    """Return the stored image's pixels as `decode_rgb` does."""
    with blobs.as_file(image_key(record.sha256)) as path:
        return decode_rgb(path)


def difference_hash(image: Image.Image) -> str:
    """Return the 64-bit difference hash of an upright image as 16 hex digits: near copies differ in few bits.

    Source: Krawetz 2013, https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
    """
    small = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    bits = np.packbits(small[:, 1:] > small[:, :-1])
    return bits.tobytes().hex()


@cache
def _prepare_pillow() -> None:
    # Our own cap is checked on the header of every upload; Pillow's only warns up to twice its value.
    Image.MAX_IMAGE_PIXELS = None
    # Importing the plug-in costs 50 ms and 20 MB; thumbnails inside HEIC files are of no use to us.
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)


def _open(source: IO[bytes] | Path) -> Image.Image:
    _prepare_pillow()
    return Image.open(source, formats=_READABLE)


def _check_opened(image: Image.Image, data: bytes, filename: str, limits: ContentLimits) -> ImageFacts:
    width, height = image.size
    if width < 1 or height < 1:
        raise BrokenImage(filename, "it has no pixels")
    if width * height > limits.max_pixels:
        raise TooManyPixels(filename, width, height, limits.max_pixels)
    mime_type = MIME_TYPES[image.format or ""]
    with _large_decode if width * height > _LARGE_PIXELS else nullcontext():
        orientation = _check_whole(image, data, filename)
    if orientation in _TURNED_BY_90_DEGREES:
        width, height = height, width
    return ImageFacts(mime_type, width, height)


def _check_whole(image: Image.Image, data: bytes, filename: str) -> int:
    """Raise when the image is not whole, and return its EXIF orientation."""
    if image.format in ("JPEG", "MPO"):
        if (position := damaged_scan_at(data)) is not None:
            raise BrokenImage(filename, f"its data is damaged at byte {position:,}")
        # An eighth of the size skips the cosine transform and the colours; every coded bit is still read.
        image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
    elif image.format == "PNG" and image.width * image.height > _FULL_PNG_PIXELS:
        exif = verified_exif(data)
        return 1 if exif is None else _orientation_in(exif)
    image.load()
    return _orientation(image)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation of a loaded image, 1 where nothing is to be turned.

    The tag of the EXIF block counts and nothing else, as in browsers: one rule for sizes, annotations and training.
    """
    # TIFF and HEIC announce their size upright already; Pillow's plug-ins turn them while decoding.
    if image.format in ("TIFF", "HEIF") or "exif" not in image.info:
        return 1
    return _orientation_in(image.info["exif"])


def _orientation_in(exif: bytes) -> int:
    notes = Image.Exif()
    try:
        notes.load(exif)
        value = notes.get(_ORIENTATION_TAG, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, OverflowError, struct.error):
        # Damaged camera notes are no reason to refuse a good picture.
        return 1
    return value if isinstance(value, int) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image).astype(np.uint32) + 128) // 257).convert("RGB")
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _stretched(values: np.ndarray) -> np.ndarray:
    """Return 32-bit integers or floats as 8 bits: 0–1 and 0–65535 have their usual meaning, else least to most."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and 255 < high <= 65535:
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / max(high - low, 1e-12))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _unidentified(data: bytes, filename: str) -> BadRequest | UnsupportedContent:
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*")):
        return BrokenImage(filename, "it begins like an image, but its header is damaged or of an unknown kind")
    if not data.strip(b"\x00"):
        return BrokenImage(filename, "it holds nothing but zeros")
    return NotAnImage(filename, "its content is no image that the server reads")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
