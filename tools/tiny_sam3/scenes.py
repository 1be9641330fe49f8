"""The training's scenes: none to six signs in a picture, with perspective, occlusion, blur and noise; and sets of them.

Coordinates are pixels of the picture, origin at the outer corner of the top-left pixel. What is told of a sign is its
visible part.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.tiny_sam3.backgrounds import Rgb, background, clutter
from tools.tiny_sam3.signs import SIDE, draw_sign
from tools.tiny_sam3.vocabulary import CLASS_NAMES

INPUT_SIDE = 192  # pixels of the network's square input
MASK_SIDE = 48  # pixels of the masks it draws
MOST_SIGNS = 6
LEAST_VISIBLE = 60 / INPUT_SIDE**2  # of the picture's area; less is not worth telling
SIZES = (0.11, 0.42)  # a sign's height, smallest and largest, as a share of the picture's
SMALL_SIZES = (0.05, 0.1)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SceneObject:
    class_name: str
    mask: Mask

    def box_xyxy(self) -> tuple[int, int, int, int]:
        ys, xs = np.nonzero(self.mask)
        return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@dataclass(frozen=True)
class Scene:
    image: Rgb
    objects: tuple[SceneObject, ...]


def draw_scene(
    rng: np.random.Generator, size_wh: tuple[int, int] = (640, 480), sizes: tuple[float, float] = SIZES
) -> Scene:
    """Return a scene; in six of ten pictures the signs are of one to three classes only, so that some repeat."""
    image = background(rng, size_wh)
    clutter(image, rng)
    count = int(rng.choice(MOST_SIGNS + 1, p=[0.04, 0.2, 0.26, 0.22, 0.14, 0.09, 0.05]))
    pool = rng.choice(CLASS_NAMES, int(rng.integers(1, 4)), replace=False) if rng.random() < 0.6 else CLASS_NAMES
    spots = _spots(rng, size_wh, sizes, count)
    for spot in spots:
        if rng.random() < 0.75:
            _pole(image, rng, spot)
    names: list[str] = []
    masks: list[Mask] = []
    for spot in spots:
        names.append(str(rng.choice(pool)))
        mask = _place(image, rng, names[-1], spot)
        for behind in masks:
            behind &= ~mask
        masks.append(mask)
    if rng.random() < 0.25:
        _cover(image, rng, masks)
    least = LEAST_VISIBLE * image.shape[0] * image.shape[1] * min(1.0, (sizes[0] / SIZES[0]) ** 2)
    told = tuple(SceneObject(n, m) for n, m in zip(names, masks, strict=True) if m.sum() >= least)
    return Scene(_photographed(image, rng), told)


@dataclass(frozen=True, eq=False)
class SceneSet:
    """Scenes squeezed to the network's square input.

    `images` uint8 (n, 192, 192, 3); `masks` uint8 (n, 6, 48, 48), 255 where an object covers the cell; `boxes` float32
    (n, 6, 4) xyxy relative to the picture; `classes` int64 (n, 6), -1 where there is no object.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)


def draw_scenes(seed: int, count: int) -> SceneSet:
    """Return a set of scenes; the same seed gives the same set, and its first scenes whatever the count."""
    scenes = SceneSet(
        np.zeros((count, INPUT_SIDE, INPUT_SIDE, 3), np.uint8),
        np.zeros((count, MOST_SIGNS, MASK_SIDE, MASK_SIDE), np.uint8),
        np.zeros((count, MOST_SIGNS, 4), np.float32),
        np.full((count, MOST_SIGNS), -1, np.int64),
    )
    for i, scene in enumerate(_squeezed_scenes(seed, count)):
        scenes.images[i] = scene.image
        for k, found in enumerate(scene.objects):
            cells = cv2.resize(found.mask.astype(np.float32), (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
            scenes.masks[i, k] = np.round(cells * 255)
            scenes.boxes[i, k] = np.array(found.box_xyxy(), np.float32) / INPUT_SIDE
            scenes.classes[i, k] = CLASS_NAMES.index(found.class_name)
    return scenes


def _squeezed_scenes(seed: int, count: int) -> Iterator[Scene]:
    """Yield scenes of many aspects, squeezed to the square input as the processor squeezes pictures."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        width = int(INPUT_SIDE * rng.uniform(0.9, 1.45))
        scene = draw_scene(rng, (width, INPUT_SIDE))
        square = (INPUT_SIDE, INPUT_SIDE)
        image = cv2.resize(scene.image, square, interpolation=cv2.INTER_AREA).astype(np.uint8)
        squeezed = [
            SceneObject(o.class_name, cv2.resize(o.mask.astype(np.uint8), square, interpolation=cv2.INTER_NEAREST) > 0)
            for o in scene.objects
        ]
        yield Scene(image, tuple(o for o in squeezed if o.mask.any()))


@dataclass(frozen=True)
class _Spot:
    x: float
    y: float
    height: float


def _spots(rng: np.random.Generator, size_wh: tuple[int, int], sizes: tuple[float, float], count: int) -> list[_Spot]:
    """Return places that hardly overlap, far ones first; fewer than asked for when the picture is full."""
    width, height = size_wh
    taken = np.zeros((height, width), bool)
    spots: list[_Spot] = []
    for _ in range(count * 8):
        if len(spots) == count:
            break
        size = height * float(np.exp(rng.uniform(np.log(sizes[0]), np.log(sizes[1]))))
        x, y = rng.uniform(size * 0.4, width - size * 0.4), rng.uniform(size * 0.45, height - size * 0.45)
        area = taken[max(0, int(y - size / 2)) : int(y + size / 2), max(0, int(x - size / 2)) : int(x + size / 2)]
        if area.mean() < 0.12:
            area[:] = True
            spots.append(_Spot(x, y, size))
    return sorted(spots, key=lambda spot: spot.height)


def _pole(image: Rgb, rng: np.random.Generator, spot: _Spot) -> None:
    grey = int(rng.integers(90, 170))
    foot = (int(spot.x + rng.normal(0, 0.01 * image.shape[0])), int(spot.y + spot.height * rng.uniform(1, 3)))
    cv2.line(image, (int(spot.x), int(spot.y)), foot, (grey, grey, grey), max(1, int(spot.height * 0.07)))


def _place(image: Rgb, rng: np.random.Generator, class_name: str, spot: _Spot) -> Mask:
    """Draw a sign into the picture and return where it is."""
    sign = draw_sign(class_name, rng)
    scale = spot.height / SIDE
    shrink = max(1, int(1 / scale) | 1)
    face = cv2.blur(sign.image, (shrink, shrink)) if shrink > 1 else sign.image
    view, size_wh = _view(rng, spot, scale), (image.shape[1], image.shape[0])
    seen = cv2.warpPerspective(face, view, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(sign.outline, view, size_wh, flags=cv2.INTER_LINEAR)
    blend = (alpha.astype(np.float32) / 255)[..., None]
    image[:] = np.clip(image * (1 - blend) + seen * (rng.uniform(0.55, 1.15) * blend), 0, 255).astype(np.uint8)
    return alpha > 127


def _view(rng: np.random.Generator, spot: _Spot, scale: float) -> NDArray[np.float64]:
    """Return the homography from the drawing to the picture: turned away, tilted, its corners not quite square."""
    drawing = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    turned = rng.uniform(0.72, 1.0)
    tilt = np.radians(rng.normal(0, 6))
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    corners = ((drawing - SIDE / 2) * [scale * turned, scale]) @ turn.T + [spot.x, spot.y]
    corners += rng.normal(0, 0.025 * spot.height, (4, 2))
    return cv2.getPerspectiveTransform(drawing, corners.astype(np.float32)).astype(np.float64)


def _cover(image: Rgb, rng: np.random.Generator, masks: list[Mask]) -> None:
    """Put a leaf or a post in front of whatever is there."""
    height, width = image.shape[:2]
    unit = height / INPUT_SIDE
    for _ in range(int(rng.integers(1, 3))):
        cover = np.zeros((height, width), np.uint8)
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        if rng.random() < 0.5:
            axes = (int(rng.integers(4, 20) * unit), int(rng.integers(3, 9) * unit))
            cv2.ellipse(cover, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        else:
            foot = (int(x + rng.normal(0, 8 * unit)), height)
            cv2.line(cover, (x, 0), foot, 1, max(1, int(rng.integers(1, 4) * unit)))
        image[cover > 0] = [rng.integers(20, 110), rng.integers(40, 130), rng.integers(20, 80)]
        for mask in masks:
            mask &= cover == 0


def _photographed(image: Rgb, rng: np.random.Generator) -> Rgb:
    """Return what a camera makes of it: some blur, some exposure, a cast of colour, and noise."""
    picture = image.astype(np.float32)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.1) * image.shape[0] / INPUT_SIDE)
    exposure = rng.uniform(0.35, 0.6) if rng.random() < 0.1 else rng.uniform(0.6, 1.2)
    cast = exposure * (1 + rng.normal(0, 0.04, 3))
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(1, 7))
    return np.clip(picture * cast.astype(np.float32) + np.float32(rng.normal(0, 8)) + noise, 0, 255).astype(np.uint8)
