"""The pixels of an image as a person sees them: upright, RGB, 8 bits. Everything in Pictograph opens images here."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pictograph.image_header import open_image, readable_kinds, upright

# RGB, upright, shape (height, width, 3).
RgbArray = NDArray[np.uint8]


class UnreadableImage(OSError):
    """The bytes are no image that we read, are damaged, or have more pixels than allowed; the text says which."""


def decode_rgb(
    source: bytes | str | Path | Image.Image, *, max_pixels: int | None = None, at_least: int | None = None
) -> Image.Image:
    """Return the image as shown: turned by its EXIF orientation, RGB, 8 bits a channel, transparency over white.

    16-bit greys are scaled to 8 bits; of an animation the first frame is taken.

    Args:
        max_pixels: width times height, looked at before decoding; None for images whose size was checked before.
        at_least: a JPEG may come smaller for less work, with sides of that many pixels or more.
    Raises:
        UnreadableImage: the image cannot be decoded, or is larger than `max_pixels`.
        OSError: there is no such file, or it may not be read.
    """
    try:
        if isinstance(source, Image.Image):
            return _upright_rgb(source)
        with open_image(source) as image:
            if max_pixels is not None and image.width * image.height > max_pixels:
                raise UnreadableImage(f"it has {image.width} x {image.height} pixels and {max_pixels:,} are allowed")
            if at_least is not None:
                image.draft("RGB", (at_least, at_least))
            return _upright_rgb(image)
    except UnidentifiedImageError:
        # Its own words name the file, which on a server is nobody's business.
        raise UnreadableImage(f"it is none of {', '.join(readable_kinds())}") from None
    except OSError as error:
        # With a number it is the file system's, without one a decoder's.
        if error.errno is not None or isinstance(error, UnreadableImage):
            raise
        raise UnreadableImage(str(error)) from error
    # Decoders raise whatever they meet in damaged bytes.
    except (SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, RuntimeError) as error:
        raise UnreadableImage(str(error) or type(error).__name__) from error


def read_rgb(
    source: bytes | str | Path | Image.Image, *, max_pixels: int | None = None, at_least: int | None = None
) -> RgbArray:
    """Return what `decode_rgb` does as an array of its own, shape `(height, width, 3)`."""
    # A copy: what views an image's memory may not be written to, and torch warns of that.
    return np.array(decode_rgb(source, max_pixels=max_pixels, at_least=at_least))


def _upright_rgb(image: Image.Image) -> Image.Image:
    return _to_rgb(upright(image))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I;16"):
        # Pillow would clip instead of scale.
        return Image.fromarray(((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return 32-bit integers or floats as 8 bits: 0–1, 0–255 and 0–65535 are taken as such, else least to most."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and 255 < high <= 65535:
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / max(high - low, 1e-12))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
