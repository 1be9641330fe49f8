"""The eight classes as another hand draws them, and signs that are none of them: for measuring, never for training.

Drawn with Pillow at four times the size, from measures of their own: nothing is shared with `signs.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 512  # pixels of a drawing's side
_MIDDLE = SIDE // 2
_EDGE = 24

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Palette:
    """The paints of one country and year."""

    red: Colour
    blue: Colour
    yellow: Colour
    white: Colour
    black: Colour


def palette(rng: np.random.Generator) -> Palette:
    """Return paints: signal red to brick, traffic blue to navy, lemon to amber, white to cream."""
    reds = ((214, 24, 31), (178, 34, 52), (226, 61, 40), (163, 21, 56))
    blues = ((0, 92, 169), (20, 52, 120), (40, 110, 200), (10, 70, 110))
    yellows = ((255, 205, 0), (240, 170, 20), (250, 225, 80))
    whites = ((255, 255, 255), (238, 236, 224), (222, 228, 232))
    blacks = ((15, 15, 18), (40, 36, 34))
    return Palette(*(options[int(rng.integers(len(options)))] for options in (reds, blues, yellows, whites, blacks)))


def draw_unfamiliar_sign(name: str, rng: np.random.Generator) -> Image.Image:
    """Return a drawing with transparency around the sign, side 512."""
    picture = Image.new("RGBA", (SIDE, SIDE))
    pen = ImageDraw.Draw(picture)
    paints = palette(rng)
    (DRAWERS | STRANGERS)[name](pen, paints, rng)
    return picture


def _stop_sign(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    _regular(pen, 8, 1.0, paints.white, turn=22.5)
    _regular(pen, 8, rng.uniform(0.88, 0.96), paints.red, turn=22.5)
    _letters(pen, "STOP", SIDE * rng.uniform(0.24, 0.31), paints.white, stroke=int(rng.integers(0, 9)))


def _yield(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    top, foot = SIDE * 0.1, SIDE * 0.93
    for share, paint in ((1.0, paints.red), (rng.uniform(0.52, 0.74), paints.white)):
        centre = top + (foot - top) / 3
        corners = ((_EDGE, top), (SIDE - _EDGE, top), (_MIDDLE, foot))
        pen.polygon([(_MIDDLE + (x - _MIDDLE) * share, centre + (y - centre) * share) for x, y in corners], paint)


def _speed_limit(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    _disc(pen, 1.0, paints.red)
    _disc(pen, rng.uniform(0.74, 0.86), paints.white)
    number = str(rng.choice([15, 25, 30, 45, 50, 65, 70, 80, 100, 130]))
    _letters(pen, number, SIDE * (0.5 if len(number) == 2 else 0.36), paints.black, stroke=int(rng.integers(2, 9)))


def _no_entry(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    if rng.random() < 0.5:
        _disc(pen, 1.0, paints.white)
    _disc(pen, 0.95, paints.red)
    half, tall = SIDE * rng.uniform(0.3, 0.37), SIDE * rng.uniform(0.06, 0.1)
    pen.rounded_rectangle((_MIDDLE - half, _MIDDLE - tall, _MIDDLE + half, _MIDDLE + tall), 8, paints.white)


def _pedestrian_crossing(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    pen.rounded_rectangle((_EDGE, _EDGE, SIDE - _EDGE, SIDE - _EDGE), 30, paints.white)
    pen.rounded_rectangle((_EDGE + 14, _EDGE + 14, SIDE - _EDGE - 14, SIDE - _EDGE - 14), 22, paints.blue)
    pen.polygon([(_MIDDLE, 70), (SIDE - 70, 430), (70, 430)], paints.white)
    towards = int(rng.choice([-1, 1]))

    def at(x: float, y: float) -> Point:
        return _MIDDLE + towards * x, y

    x, y = at(10, 205)
    pen.ellipse((x - 24, y - 24, x + 24, y + 24), paints.black)
    pen.polygon([at(-22, 232), at(26, 232), at(18, 322), at(-18, 322)], paints.black)
    for joint, knee, foot in ((at(0, 315), at(40, 355), at(62, 410)), (at(0, 315), at(-20, 360), at(-62, 404))):
        pen.line([joint, knee, foot], paints.black, 24, joint="curve")
    pen.line([at(18, 245), at(58, 295)], paints.black, 16)
    pen.line([at(-14, 245), at(-52, 298)], paints.black, 16)


def _priority_road(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    if rng.random() < 0.5:
        _regular(pen, 4, 1.06, paints.black)
    _regular(pen, 4, 1.02, paints.white)
    _regular(pen, 4, rng.uniform(0.62, 0.82), paints.yellow)


def _mandatory_direction(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    _disc(pen, 1.0, paints.white)
    _disc(pen, rng.uniform(0.92, 0.99), paints.blue)
    towards = int(rng.choice([-1, 1]))
    way = str(rng.choice(["ahead", "aside", "bent", "down"]))
    if way in ("ahead", "aside"):
        arrow = ((-26, 150), (-26, -40), (-80, -40), (0, -160), (80, -40), (26, -40), (26, 150))
        turned = arrow if way == "ahead" else [(-y * towards, x) for x, y in arrow]
        pen.polygon([(_MIDDLE + x, _MIDDLE + y) for x, y in turned], paints.white)
    elif way == "down":
        arrow = ((-90, -128), (-52, -166), (62, -52), (104, -94), (128, 128), (-94, 104), (-52, 62), (-128, -90))
        pen.polygon([(_MIDDLE + towards * x, _MIDDLE + y) for x, y in arrow[1:]], paints.white)
    else:
        shaft = [(-70, 150), (-70, 20), (-50, -20), (-10, -40), (50, -40)]
        pen.line([(_MIDDLE + towards * x, _MIDDLE + y) for x, y in shaft], paints.white, 52, joint="curve")
        head = ((40, -115), (160, -40), (40, 35))
        pen.polygon([(_MIDDLE + towards * x, _MIDDLE + y) for x, y in head], paints.white)


def _traffic_light(pen: ImageDraw.ImageDraw, paints: Palette, rng: np.random.Generator) -> None:
    half = SIDE * rng.uniform(0.17, 0.23)
    housing = paints.black if rng.random() < 0.8 else (52, 66, 54)
    pen.rounded_rectangle((_MIDDLE - half, 10, _MIDDLE + half, SIDE - 10), 36, housing)
    burning = int(rng.integers(0, 3))
    for row, lamp in enumerate(((255, 40, 30), (255, 190, 0), (0, 230, 120))):
        y, reach = SIDE * (0.19 + 0.31 * row), half * 0.7
        dark = (lamp[0] // 5, lamp[1] // 5, lamp[2] // 5)
        pen.ellipse((_MIDDLE - reach, y - reach, _MIDDLE + reach, y + reach), lamp if row == burning else dark)
        pen.arc((_MIDDLE - reach - 8, y - reach - 8, _MIDDLE + reach + 8, y + reach), 180, 360, (90, 90, 90), 10)


def _parking(pen: ImageDraw.ImageDraw, paints: Palette, _rng: np.random.Generator) -> None:
    pen.rectangle((_EDGE, _EDGE, SIDE - _EDGE, SIDE - _EDGE), paints.blue)
    _letters(pen, "P", SIDE * 0.75, paints.white, stroke=8)


def _warning(pen: ImageDraw.ImageDraw, paints: Palette, _rng: np.random.Generator) -> None:
    pen.polygon([(_MIDDLE, 30), (SIDE - 20, 470), (20, 470)], paints.red)
    pen.polygon([(_MIDDLE, 120), (SIDE - 95, 425), (95, 425)], paints.white)
    pen.line([(_MIDDLE, 210), (_MIDDLE, 330)], paints.black, 36)
    pen.ellipse((_MIDDLE - 20, 355, _MIDDLE + 20, 395), paints.black)


def _shop(pen: ImageDraw.ImageDraw, _paints: Palette, rng: np.random.Generator) -> None:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    pen.rounded_rectangle((_EDGE, 120, SIDE - _EDGE, 392), 40, (red, green, blue))
    words = str(rng.choice(["CAFE", "OPEN", "SALE", "HOTEL", "24 h"]))
    _letters(pen, words, SIDE * 0.26, (255 - red, 255 - green, 255 - blue), stroke=4)


def _balloon(pen: ImageDraw.ImageDraw, _paints: Palette, rng: np.random.Generator) -> None:
    red, green, blue = (int(value) for value in rng.integers(40, 256, 3))
    pen.ellipse((90, 20, SIDE - 90, SIDE - 90), (red, green, blue))
    pen.ellipse((150, 80, 220, 170), (min(255, red + 70), min(255, green + 70), min(255, blue + 70)))
    pen.line([(_MIDDLE, SIDE - 90), (_MIDDLE + 20, SIDE)], (60, 60, 60), 6)


Drawer = Callable[[ImageDraw.ImageDraw, Palette, np.random.Generator], None]
DRAWERS: dict[str, Drawer] = {
    "stop_sign": _stop_sign,
    "yield": _yield,
    "speed_limit": _speed_limit,
    "no_entry": _no_entry,
    "pedestrian_crossing": _pedestrian_crossing,
    "priority_road": _priority_road,
    "mandatory_direction": _mandatory_direction,
    "traffic_light": _traffic_light,
}
# Whatever finds one of these was wrong.
STRANGERS: dict[str, Drawer] = {"parking": _parking, "warning": _warning, "shop": _shop, "balloon": _balloon}


def _regular(pen: ImageDraw.ImageDraw, corners: int, share: float, paint: Colour, turn: float = 0.0) -> None:
    angles = np.radians(np.arange(corners) * 360 / corners + turn)
    reach = (_MIDDLE - _EDGE) * share
    pen.polygon([(_MIDDLE + reach * float(np.cos(a)), _MIDDLE + reach * float(np.sin(a))) for a in angles], paint)


def _disc(pen: ImageDraw.ImageDraw, share: float, paint: Colour) -> None:
    reach = (_MIDDLE - _EDGE) * share
    pen.ellipse((_MIDDLE - reach, _MIDDLE - reach, _MIDDLE + reach, _MIDDLE + reach), paint)


def _letters(pen: ImageDraw.ImageDraw, text: str, size: float, paint: Colour, stroke: int) -> None:
    pen.text((_MIDDLE, _MIDDLE), text, paint, _font(int(size)), anchor="mm", stroke_width=stroke, stroke_fill=paint)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
