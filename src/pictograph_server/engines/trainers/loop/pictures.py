"""Pictures to learn from: opened at the network's scale, kept in memory while they fit, moved, mirrored, recoloured.

Everything moves together: pixels, boxes, rings. All functions are pure; what is random comes in as a generator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pictograph.geometry.masks import rings_to_mask
from pictograph.inference.images import shrink_to_fit
from pictograph.pixels import RgbArray
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.data import load_rgb, shapes_inside

PAD = 114
# Decoded images are kept while they fit; beyond, each is decoded again every epoch.
_CACHE_BYTES = 2 * 2**30

# One object's outline: outer ring first, then its holes, each `(points, 2)`.
Outline = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An RGB image and what is on it, in the image's pixels.

    `boxes_xyxy` has shape `(n, 4)`, `class_indexes` `(n,)`. `outlines` has one entry for each box, empty where the
    annotation was a box.
    """

    pixels: RgbArray
    boxes_xyxy: NDArray[np.float32]
    class_indexes: NDArray[np.int64]
    outlines: tuple[Outline, ...] = ()

    @property
    def size_wh(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]

    def masks(self) -> NDArray[np.bool_]:
        """Return each object's mask, holes left out, shape `(n, height, width)`. A box without outline is filled."""
        masks = np.zeros((len(self.boxes_xyxy), *self.pixels.shape[:2]), dtype=bool)
        for index, (box, outline) in enumerate(zip(self.boxes_xyxy.tolist(), self.outlines, strict=True)):
            left, top, right, bottom = box
            rings = outline or (np.array([(left, top), (right, top), (right, bottom), (left, bottom)]),)
            masks[index] = rings_to_mask([ring.tolist() for ring in rings], self.pixels.shape[:2])
        return masks

    def kept(self, flags: NDArray[np.bool_]) -> "Picture":
        """Return the picture with some of its objects only."""
        outlines = tuple(outline for outline, is_kept in zip(self.outlines, flags, strict=True) if is_kept)
        return Picture(self.pixels, self.boxes_xyxy[flags], self.class_indexes[flags], outlines)


class Pictures:
    """The train split, shrunk to fit a square; as many as fit stay in memory. Safe to share between threads.

    `opened` is for networks that see their pictures another way than shrunk to fit.
    """

    def __init__(
        self, samples: Sequence[Sample], side: int, *, opened: Callable[[Sample], Picture] | None = None
    ) -> None:
        self._samples = samples
        self._opened = opened or partial(open_picture, side=side)
        self._cache: dict[int, Picture] = {}
        self._room = _CACHE_BYTES // (side * side * 3)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Picture:
        picture = self._cache.get(index)
        if picture is None:
            picture = self._opened(self._samples[index])
            if len(self._cache) < self._room:
                self._cache[index] = picture
        return picture


def open_picture(sample: Sample, side: int) -> Picture:
    """Return a sample's picture, shrunk or enlarged to fit a square of `side` pixels.

    Raises:
        BadTrainingData: the file cannot be decoded.
    """
    pixels, scale = shrink_to_fit(load_rgb(sample.path), (side, side))
    shapes = shapes_inside(sample)
    return Picture(
        np.ascontiguousarray(pixels),
        np.array([box for box, _ in shapes], dtype=np.float32).reshape(-1, 4) * np.float32(scale),
        np.array([shape.class_index for _, shape in shapes], dtype=np.int64),
        tuple(
            tuple(np.array(ring, dtype=np.float32) * np.float32(scale) for ring in shape.rings) for _, shape in shapes
        ),
    )


def placed(picture: Picture, size_wh: tuple[int, int], rng: np.random.Generator, *, pad: int = PAD) -> Picture:
    """Return the picture scaled and shifted a little, on a canvas of `size_wh`."""
    scale = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    offset = np.array(
        [
            rng.uniform(min(0.0, slack), max(0.0, slack))
            for slack in (size - own * scale for size, own in zip(size_wh, picture.size_wh, strict=True))
        ]
    )
    return moved(picture, (scale, scale), offset, size_wh, pad=pad)


def moved(
    picture: Picture,
    scale_xy: tuple[float, float],
    offset_xy: NDArray[np.float64],
    size_wh: tuple[int, int],
    *,
    window: tuple[float, float, float, float] | None = None,
    pad: int = PAD,
    least_left: float = 0.3,
) -> Picture:
    """Return the picture on a canvas of `size_wh`: every point times `scale_xy`, plus `offset_xy`.

    Objects are cut at the window (the canvas when None); those of which less than `least_left` is left, or less than
    two pixels, are left out.
    """
    canvas = (0.0, 0.0, float(size_wh[0]), float(size_wh[1]))
    low, high = np.array((window or canvas)[:2]), np.array((window or canvas)[2:])
    boxes = picture.boxes_xyxy * np.tile(scale_xy, 2) + np.tile(offset_xy, 2)
    cut = np.clip(boxes, np.tile(low, 2), np.tile(high, 2))
    outlines = tuple(
        tuple((ring * np.array(scale_xy) + offset_xy).astype(np.float32) for ring in outline)
        for outline in picture.outlines
    )
    sides = cut[:, 2:] - cut[:, :2]
    is_there = (sides >= 2).all(axis=1) & (areas(cut) >= least_left * areas(boxes))
    pixels = _warped(picture.pixels, scale_xy, offset_xy, size_wh, pad)
    return Picture(pixels, cut.astype(np.float32), picture.class_indexes, outlines).kept(is_there)


def flipped(picture: Picture) -> Picture:
    """Return the picture mirrored, left for right."""
    width = picture.size_wh[0]
    boxes = picture.boxes_xyxy.copy()
    boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    mirror = np.array([-1, 1], dtype=np.float32), np.array([width, 0], dtype=np.float32)
    outlines = tuple(tuple(ring * mirror[0] + mirror[1] for ring in outline) for outline in picture.outlines)
    return Picture(np.ascontiguousarray(picture.pixels[:, ::-1]), boxes, picture.class_indexes, outlines)


def recoloured(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture with hue changed a little, saturation and brightness more: day, dusk, other cameras."""
    hue, saturation, value = rng.uniform(-1, 1, 3) * (5, 30, 30)
    hsv = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2HSV).astype(np.int16)
    hsv[..., 0] = (hsv[..., 0] + int(hue)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] + int(saturation), 0, 255)
    hsv[..., 2] = np.clip(hsv[..., 2] + int(value), 0, 255)
    return replace(picture, pixels=cast("RgbArray", cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)))


def areas(boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes_xyxy[:, 2] - boxes_xyxy[:, 0]) * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1])


def _warped(
    pixels: RgbArray, scale_xy: tuple[float, float], offset_xy: NDArray[np.float64], size_wh: tuple[int, int], pad: int
) -> RgbArray:
    # warpAffine maps pixel centres; ours are corners: shift by half a pixel.
    shift_x, shift_y = (float(o) + 0.5 * s - 0.5 for o, s in zip(offset_xy, scale_xy, strict=True))
    matrix = np.array([[scale_xy[0], 0, shift_x], [0, scale_xy[1], shift_y]])
    warped = cv2.warpAffine(
        pixels, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(pad,) * 3
    )
    return cast("RgbArray", warped)
