"""What an image says before its pixels are decoded: whether we read its kind, how it is turned, how large it is shown.

For the pixels see `pictograph.pixels`, which needs numpy; this needs Pillow only.
"""

import io
import struct
import threading
from functools import cache
from pathlib import Path

from PIL import Image

_KINDS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
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
_pillows_cap = threading.Lock()


def open_image(source: bytes | str | Path) -> Image.Image:
    """Return an image of one of our kinds, opened and not decoded, however large; close it after use.

    HEIC is among the kinds where the package `pillow-heif` is installed.

    Raises:
        OSError: there is no such file, or (`PIL.UnidentifiedImageError`) it is no image that we read.
    """
    kinds = readable_kinds()
    # Pillow's own cap is one for the whole process, and only warns up to twice its value. Who calls us looks at the
    # size in the header before decoding, and the program that we are a part of keeps its cap.
    with _pillows_cap:
        cap, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=kinds)
        finally:
            Image.MAX_IMAGE_PIXELS = cap


@cache
def readable_kinds() -> tuple[str, ...]:
    """Return Pillow's names of the kinds of image that we read; the kind is told from the content."""
    # Importing the plug-in costs 50 ms and 20 MB, so not before an image is opened.
    try:
        import pillow_heif
    except ImportError:
        return _KINDS
    # Thumbnails inside HEIC files are of no use to us.
    pillow_heif.register_heif_opener(thumbnails=False)
    return (*_KINDS, "HEIF")


def display_size(source: bytes | str | Path) -> tuple[int, int]:
    """Return width and height in pixels as the image is shown, from the header alone.

    What a PNG may say about its orientation behind its pixels is not seen.

    Raises:
        OSError: as `open_image`.
    """
    with open_image(source) as image:
        width, height = image.size
        return (height, width) if turns_sides(orientation_of(image)) else (width, height)


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation (1–8) of an image, 1 where nothing is to be turned. Load PNGs before.

    The tag of the EXIF block counts and nothing else, as in browsers: one rule for sizes, annotations and training.
    """
    # TIFF and HEIC announce their size upright already; Pillow's plug-ins turn them while decoding.
    if image.format in ("TIFF", "HEIF") or "exif" not in image.info:
        return 1
    return orientation_in(image.info["exif"])


def upright(image: Image.Image) -> Image.Image:
    """Return the image as it is shown, turned if it has to be; its pixels are decoded."""
    # Before the orientation: PNGs may tell it behind the pixels.
    image.load()
    turn = _TURNS.get(orientation_of(image))
    return image if turn is None else image.transpose(turn)


def orientation_in(exif: bytes) -> int:
    """Return the orientation that an EXIF block names, 1 when it names none."""
    notes = Image.Exif()
    try:
        notes.load(exif)
        value = notes.get(_ORIENTATION_TAG, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, OverflowError, struct.error):
        # Damaged camera notes are no reason to refuse a good picture.
        return 1
    return value if isinstance(value, int) else 1


def turns_sides(orientation: int) -> bool:
    """Whether the image is shown with width and height exchanged."""
    return orientation in _TURNED_BY_90_DEGREES
