"""Flat drawings of the eight classes, no two alike: borders, lettering, colours and pictures vary as countries do.

Kin to `examples/scenes/signs.py`, which draws one style only: the demo's signs lie inside what is drawn here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 192  # pixels of a drawing's side; signs are drawn larger than they appear and scaled down
CENTRE = SIDE / 2
RADIUS = SIDE / 2 - 4

Colour = tuple[int, int, int]
Rgb = NDArray[np.uint8]
Points = NDArray[np.float64]

RED: Colour = (200, 25, 35)
WHITE: Colour = (245, 245, 245)
BLUE: Colour = (25, 80, 180)
YELLOW: Colour = (245, 200, 30)
BLACK: Colour = (20, 20, 20)
LAMPS: tuple[Colour, ...] = ((255, 50, 40), (255, 200, 40), (60, 235, 90))
LETTERS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


@dataclass(frozen=True)
class Sign:
    """A sign seen from the front: `image` is (192, 192, 3) RGB, `outline` (192, 192) with 255 on the sign."""

    image: Rgb
    outline: Rgb


def draw_sign(class_name: str, rng: np.random.Generator) -> Sign:
    """Return a drawing of the class, new and clean or faded, dirty and unevenly lit."""
    sign = Sign(np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.uint8))
    DRAWERS[class_name](sign, rng)
    if rng.random() < 0.35:
        _shade(sign.image, rng)
    if rng.random() < 0.2:
        _soil(sign.image, rng)
    return sign


def _stop_sign(sign: Sign, rng: np.random.Generator) -> None:
    white = _faded(WHITE, rng, 10)
    turn = np.pi / 8
    _plate(sign, _regular_polygon(8, RADIUS, turn), white)
    _fill(sign.image, _regular_polygon(8, RADIUS * rng.uniform(0.86, 0.97), turn), _faded(RED, rng))
    _write(sign.image, "STOP", rng.uniform(1.45, 1.85), white, int(rng.integers(6, 12)), rng)


def _yield(sign: Sign, rng: np.random.Generator) -> None:
    lift = np.array([0, -RADIUS * 0.2])
    outer, inner = 1.05, rng.uniform(0.5, 0.76)
    edge = _faded(WHITE, rng, 10) if rng.random() < 0.25 else None
    red = _faded(RED, rng)
    _plate(sign, _regular_polygon(3, RADIUS * outer, np.pi / 2) + lift, edge or red)
    if edge:
        _fill(sign.image, _regular_polygon(3, RADIUS * 0.96, np.pi / 2) + lift, red)
    _fill(sign.image, _regular_polygon(3, RADIUS * inner, np.pi / 2) + lift, _faded(WHITE, rng, 10))


def _speed_limit(sign: Sign, rng: np.random.Generator) -> None:
    _disc(sign, _faded(RED, rng))
    cv2.circle(sign.image, _centre(), int(RADIUS * rng.uniform(0.7, 0.84)), _faded(WHITE, rng, 10), -1, cv2.LINE_AA)
    number = str(rng.choice([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130]))
    scale = rng.uniform(1.9, 2.5) * (0.8 if len(number) == 3 else 1.0)
    _write(sign.image, number, scale, BLACK, int(rng.integers(8, 14)), rng)


def _no_entry(sign: Sign, rng: np.random.Generator) -> None:
    white, red = _faded(WHITE, rng, 10), _faded(RED, rng)
    _disc(sign, white)
    cv2.circle(sign.image, _centre(), int(RADIUS * rng.uniform(0.9, 1.0)), red, -1, cv2.LINE_AA)
    half_wh = np.array([RADIUS * rng.uniform(0.6, 0.78), RADIUS * rng.uniform(0.14, 0.23)])
    _fill(sign.image, CENTRE + half_wh * _SQUARE, white)


def _pedestrian_crossing(sign: Sign, rng: np.random.Generator) -> None:
    white, blue = _faded(WHITE, rng, 10), _faded(BLUE, rng)
    half = RADIUS * 0.95
    _plate(sign, CENTRE + half * _SQUARE, white if rng.random() < 0.4 else blue)
    _fill(sign.image, CENTRE + half * rng.uniform(0.9, 0.97) * _SQUARE, blue)
    drop = np.array([0, RADIUS * rng.uniform(0.1, 0.2)])
    _fill(sign.image, _regular_polygon(3, RADIUS * rng.uniform(0.75, 0.95), -np.pi / 2) + drop, white)
    _walker(sign.image, rng)


def _walker(image: Rgb, rng: np.random.Generator) -> None:
    """Draw a walking person, to the left or the right, and sometimes the stripes below."""
    x, y = _centre()
    towards = int(rng.choice([-1, 1]))
    stride = int(rng.integers(10, 22))
    limbs = (((0, -10), (0, 20), 11), ((0, 18), (-stride, 50), 8), ((0, 18), (stride, 50), 8), ((-17, 10), (17, 2), 6))
    cv2.circle(image, (x + 2 * towards, y - 20), int(rng.integers(8, 11)), BLACK, -1, cv2.LINE_AA)
    for (x0, y0), (x1, y1), thickness in limbs:
        cv2.line(image, (x + towards * x0, y + y0), (x + towards * x1, y + y1), BLACK, thickness, cv2.LINE_AA)
    if rng.random() < 0.4:
        for stripe in range(-2, 3):
            cv2.line(image, (x + 14 * stripe, y + 50), (x + 18 * stripe, y + 62), BLACK, 5, cv2.LINE_AA)


def _priority_road(sign: Sign, rng: np.random.Generator) -> None:
    white = _faded(WHITE, rng, 10)
    _plate(sign, _regular_polygon(4, RADIUS, 0), BLACK if rng.random() < 0.25 else white)
    _fill(sign.image, _regular_polygon(4, RADIUS * 0.94, 0), white)
    _fill(sign.image, _regular_polygon(4, RADIUS * rng.uniform(0.6, 0.8), 0), _faded(YELLOW, rng))


def _mandatory_direction(sign: Sign, rng: np.random.Generator) -> None:
    white = _faded(WHITE, rng, 10)
    _disc(sign, white)
    cv2.circle(sign.image, _centre(), int(RADIUS * rng.uniform(0.9, 1.0)), _faded(BLUE, rng), -1, cv2.LINE_AA)
    if rng.random() < 0.8:
        turn = np.radians(float(rng.choice([0, 45, 90, 135, 180, 270, 315])))
        along = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-along[1], along[0]])
        shaft, head = rng.uniform(10, 15), rng.uniform(34, 46)
        arrow = ((-58, -shaft), (15, -shaft), (15, -head), (65, 0), (15, head), (15, shaft), (-58, shaft))
        _fill(sign.image, np.array([CENTRE + a * along + b * across for a, b in arrow]), white)
        return
    towards = float(rng.choice([-1, 1]))
    bent = ((-30, 55), (-30, -8), (-12, -26), (12, -26), (12, -50), (58, -12), (12, 26), (12, 2), (0, 2), (0, 55))
    _fill(sign.image, CENTRE + np.array(bent) * [towards, 1.0], white)


def _traffic_light(sign: Sign, rng: np.random.Generator) -> None:
    half_width = RADIUS * rng.uniform(0.36, 0.48)
    housing = (35, 38, 35) if rng.random() < 0.85 else (190, 160, 40)
    _plate(sign, CENTRE + np.array([half_width, RADIUS]) * _SQUARE, _faded(housing, rng, 14))
    burning = rng.integers(0, 3)
    for row, lamp in enumerate(LAMPS):
        colour = lamp if row == burning else _scaled(lamp, rng.uniform(0.15, 0.35))
        centre = (int(CENTRE), int(SIDE * (0.2 + 0.3 * row)))
        cv2.circle(sign.image, centre, int(half_width * rng.uniform(0.6, 0.78)), colour, -1, cv2.LINE_AA)


DRAWERS: dict[str, Callable[[Sign, np.random.Generator], None]] = {
    "stop_sign": _stop_sign,
    "yield": _yield,
    "speed_limit": _speed_limit,
    "no_entry": _no_entry,
    "pedestrian_crossing": _pedestrian_crossing,
    "priority_road": _priority_road,
    "mandatory_direction": _mandatory_direction,
    "traffic_light": _traffic_light,
}
_SQUARE = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])


def _shade(image: Rgb, rng: np.random.Generator) -> None:
    """Light the sign from one side."""
    ramp = np.linspace(rng.uniform(0.55, 0.9), rng.uniform(1.0, 1.25), SIDE, dtype=np.float32)
    if rng.random() < 0.5:
        ramp = ramp[::-1]
    light = ramp[:, None, None] if rng.random() < 0.5 else ramp[None, :, None]
    image[:] = np.clip(image * light, 0, 255).astype(np.uint8)


def _soil(image: Rgb, rng: np.random.Generator) -> None:
    """Fade the colours, and put some dirt or rust on."""
    grey = image.mean(axis=2, keepdims=True)
    image[:] = (image * 0.75 + grey * 0.25).astype(np.uint8)
    brown = np.array([rng.integers(60, 120), rng.integers(50, 90), rng.integers(30, 70)])
    for _ in range(int(rng.integers(1, 7))):
        at = tuple(int(v) for v in rng.integers(0, SIDE, 2))
        axes = tuple(int(v) for v in rng.integers(3, 16, 2))
        cv2.ellipse(image, at, axes, float(rng.uniform(0, 180)), 0, 360, brown.tolist(), -1, cv2.LINE_AA)


def _plate(sign: Sign, corners: Points, colour: Colour) -> None:
    """Cut the sign's outline and paint it. The paint runs past the edge, so that a warp finds no dark rim."""
    _fill(sign.outline, corners, 255)
    sign.image[:] = colour


def _disc(sign: Sign, colour: Colour) -> None:
    cv2.circle(sign.outline, _centre(), int(RADIUS), 255, -1, cv2.LINE_AA)
    sign.image[:] = colour


def _centre() -> tuple[int, int]:
    return int(CENTRE), int(CENTRE)


def _regular_polygon(corners: int, radius: float, rotation: float) -> Points:
    angles = np.arange(corners) * 2 * np.pi / corners + rotation
    return CENTRE + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _fill(image: Rgb, corners: Points, colour: Colour | int) -> None:
    paint: Sequence[int] = (colour,) if isinstance(colour, int) else colour
    cv2.fillPoly(image, [np.round(corners * 16).astype(np.int32)], paint, cv2.LINE_AA, shift=4)


def _write(image: Rgb, text: str, scale: float, colour: Colour, thickness: int, rng: np.random.Generator) -> None:
    font = int(rng.choice(LETTERS))
    (width, height), _ = cv2.getTextSize(text, font, scale, thickness)
    if width > SIDE * 0.86:
        scale *= SIDE * 0.86 / width
        (width, height), _ = cv2.getTextSize(text, font, scale, thickness)
    origin = (int(CENTRE - width / 2), int(CENTRE + height / 2))
    cv2.putText(image, text, origin, font, scale, colour, thickness, cv2.LINE_AA)


def _faded(colour: Colour, rng: np.random.Generator, most: int = 22) -> Colour:
    red, green, blue = np.clip(np.array(colour) + rng.integers(-most, most + 1, 3), 0, 255).tolist()
    return red, green, blue


def _scaled(colour: Colour, factor: float) -> Colour:
    return int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor)
