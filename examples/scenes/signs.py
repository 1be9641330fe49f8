"""Flat drawings of eight road signs: an RGB square and the sign's own outline as a mask."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 192  # pixels of the drawing's side; signs are drawn larger than they appear and scaled down
CENTRE = SIDE / 2
RADIUS = SIDE / 2 - 4

Colour = tuple[int, int, int]
Rgb = NDArray[np.uint8]
Mask = NDArray[np.bool_]

RED: Colour = (200, 25, 35)
WHITE: Colour = (245, 245, 245)
BLUE: Colour = (25, 80, 180)
YELLOW: Colour = (245, 200, 30)
BLACK: Colour = (20, 20, 20)
LAMPS: tuple[Colour, ...] = ((255, 50, 40), (255, 200, 40), (60, 235, 90))


@dataclass(frozen=True)
class Sign:
    """A sign seen from the front: `image` is (192, 192, 3) RGB, `outline` (192, 192) with 255 on the sign."""

    image: Rgb
    outline: Rgb


def draw_sign(class_name: str, rng: np.random.Generator) -> Sign:
    """Return a drawing of the class; paint fades differently on every sign."""
    canvas = Sign(np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.uint8))
    DRAWERS[class_name](canvas, rng)
    return canvas


def _stop_sign(sign: Sign, rng: np.random.Generator) -> None:
    white = _faded(WHITE, rng, 10)
    _plate(sign, _regular_polygon(8, RADIUS, np.pi / 8), white)
    _fill(sign.image, _regular_polygon(8, RADIUS * 0.93, np.pi / 8), _faded(RED, rng))
    _write(sign.image, "STOP", 1.75, white, 9)


def _yield(sign: Sign, rng: np.random.Generator) -> None:
    lift = np.array([0, -RADIUS * 0.2])
    _plate(sign, _regular_polygon(3, RADIUS * 1.05, np.pi / 2) + lift, _faded(RED, rng))
    _fill(sign.image, _regular_polygon(3, RADIUS * 0.62, np.pi / 2) + lift, _faded(WHITE, rng, 10))


def _speed_limit(sign: Sign, rng: np.random.Generator) -> None:
    _disc(sign, _faded(RED, rng))
    cv2.circle(sign.image, _centre(), int(RADIUS * 0.76), _faded(WHITE, rng, 10), -1, cv2.LINE_AA)
    _write(sign.image, str(rng.choice([20, 30, 50, 60, 80, 90])), 2.3, BLACK, 12)


def _no_entry(sign: Sign, rng: np.random.Generator) -> None:
    white = _faded(WHITE, rng, 10)
    _disc(sign, white)
    cv2.circle(sign.image, _centre(), int(RADIUS * 0.95), _faded(RED, rng), -1, cv2.LINE_AA)
    half_wh = np.array([RADIUS * 0.7, RADIUS * 0.19])
    _fill(sign.image, CENTRE + half_wh * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]), white)


def _pedestrian_crossing(sign: Sign, rng: np.random.Generator) -> None:
    half = RADIUS * 0.95
    _plate(sign, CENTRE + half * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]), _faded(BLUE, rng))
    drop = np.array([0, RADIUS * 0.15])
    _fill(sign.image, _regular_polygon(3, RADIUS * 0.85, -np.pi / 2) + drop, _faded(WHITE, rng, 10))
    x, y = _centre()
    cv2.circle(sign.image, (x, y - 18), 9, BLACK, -1, cv2.LINE_AA)
    limbs = (((0, -10), (0, 20), 11), ((0, 18), (-14, 50), 8), ((0, 18), (14, 50), 8), ((-17, 10), (17, 2), 6))
    for (x0, y0), (x1, y1), thickness in limbs:
        cv2.line(sign.image, (x + x0, y + y0), (x + x1, y + y1), BLACK, thickness, cv2.LINE_AA)


def _priority_road(sign: Sign, rng: np.random.Generator) -> None:
    _plate(sign, _regular_polygon(4, RADIUS, 0), _faded(WHITE, rng, 10))
    _fill(sign.image, _regular_polygon(4, RADIUS * 0.7, 0), _faded(YELLOW, rng))


def _mandatory_direction(sign: Sign, rng: np.random.Generator) -> None:
    _disc(sign, WHITE)
    cv2.circle(sign.image, _centre(), int(RADIUS * 0.94), _faded(BLUE, rng), -1, cv2.LINE_AA)
    turn = np.radians(rng.choice([0, 45, 135, 180, 270, 315]))
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    arrow = ((-58, -12), (15, -12), (15, -40), (65, 0), (15, 40), (15, 12), (-58, 12))
    _fill(sign.image, np.array([CENTRE + a * along + b * across for a, b in arrow]), _faded(WHITE, rng, 10))


def _traffic_light(sign: Sign, rng: np.random.Generator) -> None:
    half_width = RADIUS * 0.42
    corners = np.array([[-half_width, -RADIUS], [half_width, -RADIUS], [half_width, RADIUS], [-half_width, RADIUS]])
    _plate(sign, CENTRE + corners, _faded((35, 38, 35), rng, 12))
    burning = rng.integers(0, 3)
    for row, lamp in enumerate(LAMPS):
        colour = lamp if row == burning else _scaled(lamp, 0.28)
        centre = (int(CENTRE), int(SIDE * (0.2 + 0.3 * row)))
        cv2.circle(sign.image, centre, int(half_width * 0.68), colour, -1, cv2.LINE_AA)


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


def _plate(sign: Sign, corners: NDArray[np.float64], colour: Colour) -> None:
    """Cut the sign's outline and paint it. The paint runs past the edge, so that a warp finds no dark rim."""
    _fill(sign.outline, corners, 255)
    sign.image[:] = colour


def _disc(sign: Sign, colour: Colour) -> None:
    cv2.circle(sign.outline, _centre(), int(RADIUS), 255, -1, cv2.LINE_AA)
    sign.image[:] = colour


def _centre() -> tuple[int, int]:
    return int(CENTRE), int(CENTRE)


def _regular_polygon(corners: int, radius: float, rotation: float) -> NDArray[np.float64]:
    angles = np.arange(corners) * 2 * np.pi / corners + rotation
    return CENTRE + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _fill(image: Rgb, corners: NDArray[np.float64], colour: Colour | int) -> None:
    fixed_point = np.round(corners * 16).astype(np.int32)
    paint = (colour,) if isinstance(colour, int) else colour
    cv2.fillPoly(image, [fixed_point], paint, cv2.LINE_AA, shift=4)


def _write(image: Rgb, text: str, scale: float, colour: Colour, thickness: int) -> None:
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    origin = (int(CENTRE - width / 2), int(CENTRE + height / 2))
    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)


def _faded(colour: Colour, rng: np.random.Generator, most: int = 18) -> Colour:
    red, green, blue = np.clip(np.array(colour) + rng.integers(-most, most + 1, 3), 0, 255).tolist()
    return red, green, blue


def _scaled(colour: Colour, factor: float) -> Colour:
    return int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor)
