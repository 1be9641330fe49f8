"""Annotations drawn on an image. For what a model found see `Detections.draw`; this needs Pillow only."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor, ImageDraw, ImageFont
from pydantic import TypeAdapter

from pictograph.image_header import open_image, upright
from pictograph.models.annotation import Annotation
from pictograph.models.common import Point

# Told apart from each other and on a photo; white text can be read on each.
DEFAULT_PALETTE = (
    "#e6194b",
    "#3cb44b",
    "#4363d8",
    "#f58231",
    "#911eb4",
    "#008080",
    "#9a6324",
    "#800000",
    "#808000",
    "#000075",
    "#c2185b",
    "#5d4037",
    "#00796b",
    "#512da8",
    "#455a64",
)
_annotation: TypeAdapter[Annotation] = TypeAdapter(Annotation)


def draw_annotations(
    image: str | Path | Image.Image,
    annotations: Iterable[Annotation | Mapping[str, Any]],
    *,
    colors: Mapping[str, str] | None = None,
    width: int = 3,
    show_labels: bool = True,
    font_size: int = 14,
) -> Image.Image:
    """Return an RGB copy of the image, upright, with the annotations drawn on it.

    Coordinates are pixels of the upright image. Polygons are drawn with all their rings, holes too.

    Args:
        annotations: models, or their JSON.
        colors: class name -> color as Pillow reads it; other classes have one of `DEFAULT_PALETTE`, always the same.
        width: of lines, in pixels.
    Raises:
        OSError: the image cannot be read.
        ValueError: an annotation or a color is malformed.
    """
    picture = _upright_copy(image)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(font_size)
    shapes = [_annotation.validate_python(each) for each in annotations]
    names: list[tuple[str, tuple[float, float], str]] = []
    for shape in shapes:
        color = (colors or {}).get(shape.name) or color_of(shape.name)
        names.append((shape.name, _draw(pen, shape, color, width), color))
    # Above every line: a name that is crossed out helps nobody.
    for name, (x, y), color in names if show_labels else ():
        _write(pen, name, (x, y), color, font)
    return picture


def color_of(class_name: str) -> str:
    """Return the class's color: the same in every image, program and session."""
    digest = hashlib.md5(class_name.encode(), usedforsecurity=False).digest()
    return DEFAULT_PALETTE[int.from_bytes(digest) % len(DEFAULT_PALETTE)]


def _upright_copy(image: str | Path | Image.Image) -> Image.Image:
    if isinstance(image, Image.Image):
        return upright(image.copy()).convert("RGB")
    with open_image(image) as opened:
        return upright(opened).convert("RGB")


def _draw(pen: ImageDraw.ImageDraw, shape: Annotation, color: str, width: int) -> tuple[float, float]:
    """Draw one shape and return where its name begins: above its upper left corner."""
    if shape.type == "bbox":
        box = shape.bounding_box
        pen.rectangle((box.x, box.y, box.x + box.w, box.y + box.h), outline=color, width=width)
        return box.x, box.y
    if shape.type == "keypoint":
        x, y, radius = shape.keypoint.x, shape.keypoint.y, 1.5 * width
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
        return x - radius, y - radius
    lines = [shape.polyline.path] if shape.type == "polyline" else [[*ring, ring[0]] for ring in shape.polygon.paths]
    for line in lines:
        pen.line([(point.x, point.y) for point in line], fill=color, width=width, joint="curve")
    return _corner(lines[0])


def _corner(points: Iterable[Point]) -> tuple[float, float]:
    xs, ys = zip(*((point.x, point.y) for point in points), strict=True)
    return min(xs), min(ys)


def _write(
    pen: ImageDraw.ImageDraw,
    name: str,
    place: tuple[float, float],
    color: str,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
) -> None:
    left, top, right, bottom = pen.textbbox((0, 0), name, font=font)
    wide, high = right - left + 4, bottom - top + 4
    x = max(0.0, min(place[0], pen.im.size[0] - wide))
    y = max(0.0, place[1] - high)
    pen.rectangle((x, y, x + wide, y + high), fill=color)
    red, green, blue = ImageColor.getrgb(color)[:3]
    ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
    pen.text((x + 2 - left, y + 2 - top), name, fill=ink, font=font)
