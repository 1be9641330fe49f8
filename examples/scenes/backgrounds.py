"""What stands behind the signs: scikit-image's bundled photographs, and drawn streets by day and by night."""

from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

# Only files inside scikit-image's wheel: others of its data set would be downloaded.
PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "rocket.jpg",
)
SKIES = ((110, 160, 220), (170, 190, 210), (200, 170, 150), (150, 155, 160))
GROUNDS = ((80, 120, 60), (110, 105, 80), (130, 130, 125), (150, 140, 110))


def photograph(rng: np.random.Generator, size_wh: tuple[int, int]) -> Rgb:
    """Return a random cut of one of the photographs, mirrored half of the time."""
    image = _load(str(rng.choice(PHOTOGRAPHS)))
    width, height = size_wh
    scale = rng.uniform(0.6, 1.0) * min(image.shape[1] / width, image.shape[0] / height)
    cut_w, cut_h = int(width * scale), int(height * scale)
    x = int(rng.integers(0, image.shape[1] - cut_w + 1))
    y = int(rng.integers(0, image.shape[0] - cut_h + 1))
    cut = cv2.resize(image[y : y + cut_h, x : x + cut_w], size_wh, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut).astype(np.uint8)


def street(rng: np.random.Generator, size_wh: tuple[int, int], *, city: bool) -> Rgb:
    """Return a drawn street in daylight: between houses in the city, between trees in the country."""
    width, height = size_wh
    horizon = int(height * rng.uniform(0.38, 0.6))
    image = np.empty((height, width, 3), np.float32)
    sky = np.array(SKIES[rng.integers(len(SKIES))]) + rng.normal(0, 12, 3)
    haze = np.linspace(0, rng.uniform(10, 55), horizon)[:, None, None]
    image[:horizon] = sky + haze
    image[horizon:] = np.array(GROUNDS[rng.integers(len(GROUNDS))]) + rng.normal(0, 10, 3)
    canvas = np.clip(image, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(3, 7))):
        (_house if rng.random() < (0.8 if city else 0.15) else _tree)(canvas, rng, horizon)
    _road(canvas, rng, horizon)
    if rng.random() < 0.5:
        _car(canvas, rng, horizon)
    return canvas


def after_dark(image: Rgb, rng: np.random.Generator) -> Rgb:
    """Return the picture by night: dim, bluish, with the glow of a few lamps."""
    height, width = image.shape[:2]
    night = image.astype(np.float32) * rng.uniform(0.28, 0.42) * np.array([0.85, 0.92, 1.15], np.float32)
    yy, xx = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(int(rng.integers(1, 4))):
        x, y, reach = rng.uniform(0, width), rng.uniform(0, height * 0.5), rng.uniform(25, 70)
        glow = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * reach**2))[..., None]
        night += glow * np.array([150, 125, 75], np.float32)
    return np.clip(night, 0, 255).astype(np.uint8)


@cache
def _load(name: str) -> Rgb:
    data = np.frombuffer((files("skimage") / "data" / name).read_bytes(), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"scikit-image's {name} is not readable; reinstall scikit-image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)


def _house(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    left = int(rng.integers(-40, image.shape[1]))
    width, height = int(rng.integers(70, 190)), int(rng.integers(80, horizon + 60))
    wall = rng.integers(60, 200, 3)
    top = horizon - height
    cv2.rectangle(image, (left, top), (left + width, horizon + 4), _paint(wall), -1)
    step = int(rng.integers(18, 34))
    for y in range(top + 8, horizon - step, step):
        for x in range(left + 8, left + width - step // 2, step):
            cv2.rectangle(image, (x, y), (x + step // 2, y + step // 2), _paint(wall * 0.6), -1)


def _tree(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    x, height = int(rng.integers(0, image.shape[1])), int(rng.integers(60, 170))
    cv2.line(image, (x, horizon + 8), (x, horizon - height // 2), (80, 60, 40), max(3, height // 14))
    green = np.array([rng.integers(25, 80), rng.integers(75, 140), rng.integers(20, 70)])
    for _ in range(6):
        at = (x + int(rng.normal(0, height / 6)), horizon - int(height * 0.75) + int(rng.normal(0, height / 8)))
        cv2.circle(image, at, max(8, height // 4), _paint(green * rng.uniform(0.85, 1.1)), -1, cv2.LINE_AA)


def _road(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    height, width = image.shape[:2]
    vanishing = rng.uniform(0.25, 0.75) * width
    half = rng.uniform(0.35, 0.8) * width
    middle = width / 2
    grey = int(rng.integers(60, 115))
    corners = [[vanishing - 3, horizon], [vanishing + 3, horizon], [middle + half, height], [middle - half, height]]
    cv2.fillPoly(image, [np.round(corners).astype(np.int32)], (grey, grey, grey + 4), cv2.LINE_AA)
    for dash in range(5):
        near, far = ((dash + 0.5) / 5) ** 1.3, (dash / 5) ** 1.3
        corners = [
            [vanishing + (middle - vanishing) * depth + side * (1 + 4 * depth), horizon + (height - horizon) * depth]
            for depth, side in ((far, -1), (far, 1), (near, 1), (near, -1))
        ]
        cv2.fillPoly(image, [np.round(corners).astype(np.int32)], (225, 225, 220), cv2.LINE_AA)


def _car(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    height, width = image.shape[:2]
    half = int(width * rng.uniform(0.05, 0.12))
    x, y = int(width * rng.uniform(0.2, 0.8)), int(horizon + (height - horizon) * rng.uniform(0.2, 0.75))
    body = rng.integers(30, 220, 3)
    cv2.rectangle(image, (x - half // 2, y - half), (x + half // 2, y - half // 2), _paint(body * 0.7), -1)
    cv2.rectangle(image, (x - half, y - half // 2), (x + half, y + half // 3), _paint(body), -1)
    for side in (-1, 1):
        cv2.circle(image, (x + side * half * 2 // 3, y + half // 3), max(3, half // 4), (20, 20, 20), -1, cv2.LINE_AA)


def _paint(colour: NDArray[np.generic]) -> tuple[int, int, int]:
    red, green, blue = np.clip(colour.astype(np.float64), 0, 255).astype(int).tolist()
    return red, green, blue
