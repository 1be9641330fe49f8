"""What stands behind the training's signs: drawn streets, photographs where scikit-image is installed, textures.

Sizes are relative to the picture's height: the same street can be drawn small for training and large to look at.
"""

from importlib.util import find_spec

import cv2
import numpy as np
from examples.scenes.backgrounds import photograph
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

SKIES = ((110, 160, 220), (170, 190, 210), (200, 170, 150), (70, 90, 130), (150, 155, 160))
GROUNDS = ((80, 120, 60), (110, 105, 80), (130, 130, 125), (150, 140, 110))
PHOTOGRAPHS, TEXTURES = 0.3, 0.15  # shares of the pictures; the rest are streets


def background(rng: np.random.Generator, size_wh: tuple[int, int]) -> Rgb:
    """Return a picture without signs; without scikit-image, streets take the photographs' share."""
    kind = rng.random()
    if kind < PHOTOGRAPHS and find_spec("skimage") is not None:
        return photograph(rng, size_wh)
    if kind > 1 - TEXTURES:
        return _texture(rng, size_wh)
    return _street(rng, size_wh)


def clutter(image: Rgb, rng: np.random.Generator) -> None:
    """Put plain coloured shapes and lettering into the picture that are no signs."""
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(0, 4))):
        x, y, reach = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.03, 0.1) * height
        at, colour = (int(x), int(y)), paint(rng.integers(0, 256, 3))
        match int(rng.integers(0, 4)):
            case 0:
                cv2.circle(image, at, int(reach), colour, -1, cv2.LINE_AA)
            case 1:
                far = (int(x + reach), int(y + reach * 0.6))
                cv2.rectangle(image, (int(x - reach), int(y - reach * 0.6)), far, colour, -1)
            case 2:
                axes = (int(reach), int(reach * 0.6))
                cv2.ellipse(image, at, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
            case _:
                letters = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVXZ0123456789"), int(rng.integers(2, 6))))
                scale = float(rng.uniform(0.3, 0.9)) * height / 192
                thickness = max(1, int(rng.integers(1, 3) * height / 192))
                cv2.putText(image, letters, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)


def paint(colour: NDArray[np.generic]) -> tuple[int, int, int]:
    red, green, blue = np.clip(colour.astype(np.float64), 0, 255).astype(int).tolist()
    return red, green, blue


def _texture(rng: np.random.Generator, size_wh: tuple[int, int]) -> Rgb:
    """Return soft clouds of two or three colours, coarse or fine."""
    width, height = size_wh
    picture = np.zeros((height, width, 3), np.float32)
    base = rng.uniform(40, 210, 3)
    for cells in (int(rng.integers(2, 6)), int(rng.integers(6, 30))):
        noise = rng.normal(0, rng.uniform(8, 40), (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(noise, size_wh, interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + base, 0, 255).astype(np.uint8)


def _street(rng: np.random.Generator, size_wh: tuple[int, int]) -> Rgb:
    width, height = size_wh
    horizon = int(height * rng.uniform(0.35, 0.65))
    canvas = np.empty((height, width, 3), np.float32)
    sky = np.array(SKIES[int(rng.integers(len(SKIES)))]) + rng.normal(0, 12, 3)
    canvas[:horizon] = sky + np.linspace(0, rng.uniform(10, 60), horizon)[:, None, None]
    canvas[horizon:] = np.array(GROUNDS[int(rng.integers(len(GROUNDS)))]) + rng.normal(0, 10, 3)
    image = np.clip(canvas, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 6))):
        (_house if rng.random() < 0.55 else _tree)(image, rng, horizon)
    _road(image, rng, horizon)
    if rng.random() < 0.5:
        _car(image, rng, horizon)
    return image


def _house(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    height = image.shape[0]
    left, wide = int(rng.integers(-20, image.shape[1])), int(height * rng.uniform(0.1, 0.33))
    tall = int(rng.integers(height // 10, horizon + 1))
    wall, step = rng.integers(50, 200, 3), max(6, int(height * rng.uniform(0.04, 0.085)))
    cv2.rectangle(image, (left, horizon - tall), (left + wide, horizon + 3), paint(wall), -1)
    for y in range(horizon - tall + step // 2, horizon - step // 2, step):
        for x in range(left + step // 2, left + wide - step, step):
            cv2.rectangle(image, (x, y), (x + step // 2, y + step // 2), paint(wall * 0.6), -1)


def _tree(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    height = image.shape[0]
    x, wide = int(rng.integers(0, image.shape[1])), int(height * rng.uniform(0.1, 0.33))
    tall = int(rng.integers(height // 10, horizon + 1))
    cv2.line(image, (x, horizon + 5), (x, horizon - tall // 2), (80, 60, 40), max(2, wide // 10))
    green = np.array([rng.integers(20, 80), rng.integers(70, 140), rng.integers(20, 70)])
    for _ in range(4):
        at = (x + int(rng.normal(0, wide / 4)), horizon - tall // 2 + int(rng.normal(0, wide / 5)))
        cv2.circle(image, at, max(3, wide // 4), paint(green), -1, cv2.LINE_AA)


def _road(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    height, width = image.shape[:2]
    vanishing, half, middle = rng.uniform(0.2, 0.8) * width, rng.uniform(0.3, 0.9) * width, width / 2
    grey = int(rng.integers(55, 120))
    corners = [[vanishing - 3, horizon], [vanishing + 3, horizon], [middle + half, height], [middle - half, height]]
    cv2.fillPoly(image, [np.round(corners).astype(np.int32)], (grey, grey, grey + 4), cv2.LINE_AA)
    for dash in range(4):
        far, near = (dash / 4) ** 1.3, ((dash + 0.5) / 4) ** 1.3
        stripe = [
            [
                vanishing + (middle - vanishing) * depth + side * (1 + 3 * depth) * height / 192,
                horizon + (height - horizon) * depth,
            ]
            for depth, side in ((far, -1), (far, 1), (near, 1), (near, -1))
        ]
        cv2.fillPoly(image, [np.round(stripe).astype(np.int32)], (225, 225, 220), cv2.LINE_AA)


def _car(image: Rgb, rng: np.random.Generator, horizon: int) -> None:
    height, width = image.shape[:2]
    half = max(4, int(height * rng.uniform(0.06, 0.16)))
    x, y = int(width * rng.uniform(0.2, 0.8)), int(horizon + (height - horizon) * rng.uniform(0.2, 0.8))
    body = rng.integers(20, 240, 3)
    cv2.rectangle(image, (x - half, y - half // 2), (x + half, y + half // 3), paint(body), -1)
    cv2.rectangle(image, (x - half // 2, y - half), (x + half // 2, y - half // 2), paint(body * 0.7), -1)
    for side in (-1, 1):
        cv2.circle(image, (x + side * half * 2 // 3, y + half // 3), max(2, half // 4), (20, 20, 20), -1, cv2.LINE_AA)
