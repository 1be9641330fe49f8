"""Marks on an image: tinted masks, boxes and their names, as thick as the image is large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.sources import ImageSource, to_rgb
from pictograph.pixels import RgbArray

Colour = tuple[int, int, int]

# Told apart on a photo and from each other, also with weak eyes for red and green: Wong, Nature Methods 8, 441 (2011),
# without its black, and four more between them.
_COLOURS: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (126, 87, 194),
    (141, 211, 60),
    (255, 255, 255),
    (255, 111, 97),
)
_TINT = 0.45


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn for one answer. Without a box its name is written in the image's corner."""

    text: str
    class_index: int
    box_xyxy: tuple[float, float, float, float] | None = None
    mask: CroppedMask | None = None

    @property
    def colour(self) -> Colour:
        return _COLOURS[self.class_index % len(_COLOURS)]


def canvas_of(image: ImageSource | None, size_wh: tuple[int, int]) -> RgbArray:
    """Return pixels to draw on.

    Raises:
        ValueError: there is no image, or it is another size.
    """
    if image is None:
        raise ValueError("there is no image to draw on: give it once more, draw(image)")
    pixels = to_rgb(image)
    if pixels.shape[:2] != (size_wh[1], size_wh[0]):
        raise ValueError(
            f"this image has {pixels.shape[1]} x {pixels.shape[0]} pixels, and the answer is about one of "
            f"{size_wh[0]} x {size_wh[1]}"
        )
    return pixels


def draw_marks(canvas: RgbArray, marks: Sequence[Mark]) -> Image.Image:
    """Return the canvas with marks, later ones over earlier ones."""
    tinted = canvas.copy()
    for mark in marks:
        if mark.mask is not None:
            _tint(tinted, mark.mask, mark.colour)
    picture = Image.fromarray(tinted)
    pen = ImageDraw.Draw(picture)
    side = max(picture.size)
    line, font = max(2, round(side / 400)), ImageFont.load_default(max(11, round(side / 55)))
    corner_y = 0
    for mark in marks:
        if mark.box_xyxy is not None:
            left, top, _, _ = mark.box_xyxy
            pen.rectangle(mark.box_xyxy, outline=mark.colour, width=line)
            _write(pen, mark, (left, top), font, line, above=True)
        else:
            corner_y = _write(pen, mark, (0, corner_y), font, line, above=False)
    return picture


def _tint(canvas: RgbArray, mask: CroppedMask, colour: Colour) -> None:
    (x, y), (rows, columns) = mask.origin_xy, mask.shape_hw
    crop = canvas[y : y + rows, x : x + columns]
    where = mask.to_array()
    crop[where] = (crop[where] * (1 - _TINT) + np.array(colour) * _TINT).astype(np.uint8)


def _write(
    pen: ImageDraw.ImageDraw,
    mark: Mark,
    place: tuple[float, float],
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    line: int,
    *,
    above: bool,
) -> int:
    """Write a mark's text on a ground of its colour, inside the image, and return where that ends."""
    left, top, right, bottom = pen.textbbox((0, 0), mark.text, font=font)
    wide, high = int(right - left) + 2 * line, int(bottom - top) + 2 * line
    x = max(0, min(int(place[0]), pen.im.size[0] - wide))
    y = max(0, int(place[1]) - high if above else int(place[1]))
    pen.rectangle((x, y, x + wide, y + high), fill=mark.colour)
    red, green, blue = mark.colour
    ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 120 else "white"
    pen.text((x + line - left, y + line - top), mark.text, fill=ink, font=font)
    return y + high
