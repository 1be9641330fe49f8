"""One scene: a background, one to four signs on poles with perspective, something in front, and the camera's faults.

Coordinates are pixels of the image, origin at the outer corner of the top-left pixel. What is told of a sign is its
visible part: a sign half behind a tree is as large as what is seen of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from examples.scenes.backgrounds import Rgb, after_dark, photograph, street
from examples.scenes.signs import SIDE, draw_sign
from numpy.typing import NDArray

SIZE_WH = (640, 480)
SMALLEST, LARGEST = 64, 190  # pixels of a sign's height
LEAST_VISIBLE = 0.65  # of a sign; nothing is drawn in front that would hide more

Place = Literal["city", "country", "photograph"]
Mask = NDArray[np.bool_]


@dataclass
class PlacedSign:
    class_name: str
    whole: Mask
    visible: Mask

    def box_xywh(self) -> tuple[int, int, int, int]:
        ys, xs = np.nonzero(self.visible)
        x, y = int(xs.min()), int(ys.min())
        return x, y, int(xs.max()) + 1 - x, int(ys.max()) + 1 - y


@dataclass(frozen=True)
class Scene:
    image: Rgb
    signs: Sequence[PlacedSign]


def draw_scene(
    rng: np.random.Generator, *, place: Place, night: bool, wanted: Sequence[str], others: Sequence[str]
) -> Scene:
    """Return a scene with one to three signs of the wanted classes and sometimes one of the others beside them."""
    image = photograph(rng, SIZE_WH) if place == "photograph" else street(rng, SIZE_WH, city=place == "city")
    if night:
        image = after_dark(image, rng)
    names = [str(rng.choice(wanted)) for _ in range(int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2])))]
    if others and rng.random() < 0.35:
        names.append(str(rng.choice(others)))
    spots = _spots(rng, len(names))
    for spot in spots:
        _pole(image, rng, spot, night=night)
    signs: list[PlacedSign] = []
    for name, spot in zip(names, spots, strict=False):
        _place(image, rng, name, spot, signs, night=night)
    if rng.random() < 0.4:
        _cover(image, rng, signs, night=night)
    return Scene(_photographed(image, rng, night=night), signs)


@dataclass(frozen=True)
class _Spot:
    x: float
    y: float
    height: float


def _spots(rng: np.random.Generator, count: int) -> list[_Spot]:
    """Return places that do not overlap, far ones first; fewer than asked for when the picture is full."""
    width, height = SIZE_WH
    spots: list[_Spot] = []
    for _ in range(count * 12):
        if len(spots) == count:
            break
        size = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        spot = _Spot(rng.uniform(size / 2, width - size / 2), rng.uniform(size / 2, height - size * 0.6), size)
        if all(np.hypot(spot.x - o.x, spot.y - o.y) > (spot.height + o.height) * 0.56 for o in spots):
            spots.append(spot)
    return sorted(spots, key=lambda spot: spot.height)


def _pole(image: Rgb, rng: np.random.Generator, spot: _Spot, *, night: bool) -> None:
    grey = int(rng.integers(95, 165) * (0.45 if night else 1))
    foot = (int(spot.x + rng.normal(0, 3)), int(spot.y + spot.height * rng.uniform(1.2, 3)))
    cv2.line(image, (int(spot.x), int(spot.y)), foot, (grey, grey, grey), max(3, int(spot.height * 0.07)), cv2.LINE_AA)


def _place(
    image: Rgb, rng: np.random.Generator, name: str, spot: _Spot, signs: list[PlacedSign], *, night: bool
) -> None:
    sign = draw_sign(name, rng)
    scale = spot.height / SIDE
    shrink = max(1, int(1 / scale) | 1)
    paint = cv2.blur(sign.image, (shrink, shrink)) if shrink > 1 else sign.image
    view = _view(rng, spot, scale)
    warped = cv2.warpPerspective(paint, view, SIZE_WH, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(sign.outline, view, SIZE_WH, flags=cv2.INTER_LINEAR)
    light = rng.uniform(0.6, 0.95) if night else rng.uniform(0.7, 1.1)  # headlights reach signs by night
    blend = (alpha.astype(np.float32) / 255)[..., None]
    image[:] = np.clip(image * (1 - blend) + warped * (light * blend), 0, 255).astype(np.uint8)
    mask = alpha > 127
    for behind in signs:
        behind.visible &= ~mask
    signs.append(PlacedSign(name, mask, mask.copy()))


def _view(rng: np.random.Generator, spot: _Spot, scale: float) -> NDArray[np.float64]:
    """Return the homography from the drawing to the picture: turned away, tilted a little, one side nearer."""
    half = SIDE / 2 * scale
    turned = rng.uniform(0.78, 1.0)
    nearer = rng.uniform(-0.08, 0.08)
    tilt = np.radians(rng.normal(0, 5))
    corners = np.array([[-1, -1 - nearer], [1, -1 + nearer], [1, 1 - nearer], [-1, 1 + nearer]]) * [turned * half, half]
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    seen = corners @ turn.T + [spot.x, spot.y] + rng.normal(0, 0.015 * spot.height, (4, 2))
    drawing = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    return cv2.getPerspectiveTransform(drawing, seen.astype(np.float32)).astype(np.float64)


def _cover(image: Rgb, rng: np.random.Generator, signs: Sequence[PlacedSign], *, night: bool) -> None:
    """Put a twig with leaves, or a bare post, in front of one sign, unless it would hide too much of any."""
    x, y, width, height = signs[int(rng.integers(len(signs)))].box_xywh()
    cover = np.zeros(image.shape[:2], np.uint8)
    if rng.random() < 0.6:
        edge = np.array([x + width * rng.choice([0.0, 1.0]), y + height * rng.uniform(0.1, 0.9)])
        for _ in range(int(rng.integers(3, 7))):
            at = edge + rng.normal(0, 0.13 * width, 2)
            axes = (int(width * rng.uniform(0.07, 0.14)), int(width * rng.uniform(0.04, 0.07)))
            cv2.ellipse(cover, (int(at[0]), int(at[1])), axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        colour = np.array([rng.integers(25, 90), rng.integers(70, 130), rng.integers(20, 70)])
    else:
        at_x = int(x + width * rng.uniform(0.1, 0.9))
        cv2.line(cover, (at_x, 0), (at_x + int(rng.normal(0, 20)), image.shape[0]), 1, int(rng.integers(4, 9)))
        colour = np.full(3, rng.integers(60, 130))
    hidden = cover.astype(bool)
    if all((sign.visible & ~hidden).sum() >= LEAST_VISIBLE * sign.whole.sum() for sign in signs):
        image[hidden] = np.clip(colour * (0.4 if night else 1.0), 0, 255).astype(np.uint8)
        for sign in signs:
            sign.visible &= ~hidden


def _photographed(image: Rgb, rng: np.random.Generator, *, night: bool) -> Rgb:
    """Return what a camera makes of it: some blur, some exposure, and noise, more of it by night."""
    picture = image.astype(np.float32)
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 1.8))
    noise = rng.uniform(4, 9) if night else rng.uniform(1, 6)
    picture = picture * rng.uniform(0.8, 1.15) + rng.normal(0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)
