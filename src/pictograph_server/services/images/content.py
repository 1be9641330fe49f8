"""What the bytes of an image say: is it one we read, is it whole, how large is it shown.

Everything is told from the content: names and declared types are never trusted. Sizes are checked on the header,
before a pixel is decoded.
"""

import threading
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pictograph_server.errors import BadRequest, ContentTooLarge, UnsupportedContent

from .jpeg import damaged_scan_at
from .png import verified_exif

if TYPE_CHECKING:
    from PIL import Image

    from pictograph_server.settings import Limits

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

    @classmethod
    def of(cls, limits: "Limits") -> "ContentLimits":
        return cls(limits.image_bytes, limits.image_pixels)


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
    # Pillow is loaded with the first image, not with the server.
    from PIL import UnidentifiedImageError

    from pictograph.image_header import open_image

    if not data:
        raise BrokenImage(filename, "the file is empty (0 bytes)")
    if len(data) > limits.max_bytes:
        raise FileTooLarge(filename, limits.max_bytes)
    try:
        with open_image(data) as image:
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


def _check_opened(image: "Image.Image", data: bytes, filename: str, limits: ContentLimits) -> ImageFacts:
    width, height = image.size
    if width < 1 or height < 1:
        raise BrokenImage(filename, "it has no pixels")
    if width * height > limits.max_pixels:
        raise TooManyPixels(filename, width, height, limits.max_pixels)
    mime_type = MIME_TYPES[image.format or ""]
    with _large_decode if width * height > _LARGE_PIXELS else nullcontext():
        is_turned = _check_whole(image, data, filename)
    if is_turned:
        width, height = height, width
    return ImageFacts(mime_type, width, height)


def _check_whole(image: "Image.Image", data: bytes, filename: str) -> bool:
    """Raise when the image is not whole, and return whether it is shown with its sides exchanged."""
    from pictograph.image_header import orientation_in, orientation_of, turns_sides

    if image.format in ("JPEG", "MPO"):
        if (position := damaged_scan_at(data)) is not None:
            raise BrokenImage(filename, f"its data is damaged at byte {position:,}")
        # An eighth of the size skips the cosine transform and the colours; every coded bit is still read.
        image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
    elif image.format == "PNG" and image.width * image.height > _FULL_PNG_PIXELS:
        exif = verified_exif(data)
        return exif is not None and turns_sides(orientation_in(exif))
    image.load()
    return turns_sides(orientation_of(image))


def _unidentified(data: bytes, filename: str) -> BadRequest | UnsupportedContent:
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*")):
        return BrokenImage(filename, "it begins like an image, but its header is damaged or of an unknown kind")
    if not data.strip(b"\x00"):
        return BrokenImage(filename, "it holds nothing but zeros")
    return NotAnImage(filename, "its content is no image that the server reads")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
