"""Batches for YOLOX: images kept small in memory, mosaics and jitter drawn from (seed, epoch, position) alone.

No state of a random generator lives between steps, so a run that was killed goes on exactly as it would have.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pictograph.inference.images import shrink_to_fit
from pictograph.pixels import RgbArray
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.data import boxes_of, load_rgb
from pictograph_server.engines.trainers.yolox.config import Plan

PAD = 114
# The network's head matches at most this many objects of an image.
_MAX_OBJECTS = 120
# Decoded images are kept while they fit; beyond, each is decoded again every epoch.
_CACHE_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Images, float32 0-255 BGR, shape `(n, 3, side, side)`; targets, shape `(n, objects, 5)`: class, cx, cy, w, h."""

    images: NDArray[np.float32]
    targets: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A BGR image and its boxes, both already at the network's scale."""

    pixels: NDArray[np.uint8]
    boxes_xyxy: NDArray[np.float32]
    class_indexes: NDArray[np.int64]


class TrainPictures:
    """The train split, shrunk to the network's input; as many as fit stay in memory."""

    def __init__(self, samples: Sequence[Sample], side: int) -> None:
        self._samples = samples
        self._side = side
        self._cache: dict[int, _Picture] = {}
        self._room = _CACHE_BYTES // (side * side * 3)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> _Picture:
        picture = self._cache.get(index)
        if picture is None:
            picture = self._open(self._samples[index])
            if len(self._cache) < self._room:
                self._cache[index] = picture
        return picture

    def _open(self, sample: Sample) -> _Picture:
        pixels, scale = shrink_to_fit(load_rgb(sample.path), (self._side, self._side))
        boxes = boxes_of(sample)
        return _Picture(np.ascontiguousarray(pixels[:, :, ::-1]), boxes.xyxy * np.float32(scale), boxes.class_indexes)


class Batches:
    """Draws the batches of an epoch, the next one already while the network works on this one."""

    def __init__(self, pictures: TrainPictures, plan: Plan, *, threads: int) -> None:
        self._pictures = pictures
        self._plan = plan
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="augment")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def epoch(self, epoch: int, *, batch_size: int, mosaic: bool) -> Iterator[Batch]:
        """Yield the batches of an epoch (0-based). Each picture comes once; the last batch is filled from the start."""
        order = np.random.default_rng([self._plan.seed, epoch]).permutation(len(self._pictures))
        steps = -(-len(order) // batch_size)
        order = np.resize(order, steps * batch_size)
        waiting: list[list[Future[_Picture]]] = []
        for step in range(steps):
            waiting.append(self._submit(epoch, step, order, batch_size, mosaic))
            if len(waiting) > 2:
                yield _collate(waiting.pop(0), self._plan.image_size)
        for futures in waiting:
            yield _collate(futures, self._plan.image_size)

    def _submit(
        self, epoch: int, step: int, order: NDArray[np.int64], batch_size: int, mosaic: bool
    ) -> list[Future[_Picture]]:
        positions = range(step * batch_size, (step + 1) * batch_size)
        return [
            self._pool.submit(self._draw, int(order[position]), [self._plan.seed, epoch, position], mosaic)
            for position in positions
        ]

    def _draw(self, index: int, seed: list[int], mosaic: bool) -> _Picture:
        rng = np.random.default_rng(seed)
        side = self._plan.image_size
        if mosaic and rng.random() < _MOSAIC_SHARE:
            others = rng.integers(len(self._pictures), size=3)
            picture = _mosaic([self._pictures[i] for i in (index, *map(int, others))], side, rng)
        else:
            picture = _placed(self._pictures[index], side, rng)
        if self._plan.flip and rng.random() < 0.5:
            picture = _flipped(picture)
        return _Picture(_recoloured(picture.pixels, rng), picture.boxes_xyxy, picture.class_indexes)


_MOSAIC_SHARE = 0.5
_SCALES = (0.6, 1.4)


def _mosaic(pictures: Sequence[_Picture], side: int, rng: np.random.Generator) -> _Picture:
    """Four pictures around a point, each at its own scale: small objects, cut objects, new neighbours."""
    centre = rng.uniform(0.3, 0.7, 2) * side
    canvas = np.full((side, side, 3), PAD, dtype=np.uint8)
    boxes: list[NDArray[np.float32]] = []
    for corner, picture in enumerate(pictures):
        scale = rng.uniform(*_SCALES) * 0.75
        right, below = corner % 2 == 1, corner >= 2
        width, height = picture.pixels.shape[1] * scale, picture.pixels.shape[0] * scale
        offset = np.array([centre[0] if right else centre[0] - width, centre[1] if below else centre[1] - height])
        low = np.array([centre[0] if right else 0, centre[1] if below else 0])
        high = np.array([side if right else centre[0], side if below else centre[1]])
        x0, y0, x1, y1 = (round(float(v)) for v in (*low, *high))
        canvas[y0:y1, x0:x1] = _warped(picture.pixels, scale, offset, side)[y0:y1, x0:x1]
        boxes.append(_moved(picture.boxes_xyxy, scale, offset, low, high))
    return _solid(canvas, np.concatenate(boxes), np.concatenate([p.class_indexes for p in pictures]))


def _placed(picture: _Picture, side: int, rng: np.random.Generator) -> _Picture:
    """One picture, scaled and shifted a little."""
    scale = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    height, width = picture.pixels.shape[:2]
    slack = np.array([side - width * scale, side - height * scale])
    offset = np.array([rng.uniform(min(0.0, s), max(0.0, s)) for s in slack])
    boxes = _moved(picture.boxes_xyxy, scale, offset, np.zeros(2), np.full(2, float(side)))
    return _solid(_warped(picture.pixels, scale, offset, side), boxes, picture.class_indexes)


def _warped(pixels: NDArray[np.uint8], scale: float, offset: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    # warpAffine maps pixel centres; ours are corners: shift by half a pixel.
    shift = offset + 0.5 * scale - 0.5
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    warped = cv2.warpAffine(
        pixels, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(PAD,) * 3
    )
    return cast("NDArray[np.uint8]", warped)


def _moved(
    boxes_xyxy: NDArray[np.float32],
    scale: float,
    offset: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Move boxes and cut them at a window; a box of which less than a third is left becomes empty."""
    moved = boxes_xyxy * scale + np.tile(offset, 2)
    cut = np.clip(moved, np.tile(low, 2), np.tile(high, 2))
    lost = _areas(cut) < 0.3 * _areas(moved)
    cut[lost] = 0
    return cut.astype(np.float32)


def _solid(pixels: NDArray[np.uint8], boxes_xyxy: NDArray[np.float32], class_indexes: NDArray[np.int64]) -> _Picture:
    sides = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    kept = (sides >= 2).all(axis=1) if len(boxes_xyxy) else np.zeros(0, dtype=bool)
    return _Picture(pixels, boxes_xyxy[kept], class_indexes[kept])


def _areas(boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes_xyxy[:, 2] - boxes_xyxy[:, 0]) * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1])


def _flipped(picture: _Picture) -> _Picture:
    width = picture.pixels.shape[1]
    boxes = picture.boxes_xyxy.copy()
    boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    return _Picture(picture.pixels[:, ::-1], boxes, picture.class_indexes)


def _recoloured(pixels: RgbArray, rng: np.random.Generator) -> RgbArray:
    """Change hue a little, saturation and brightness more: day, dusk, other cameras."""
    hue, saturation, value = rng.uniform(-1, 1, 3) * (5, 30, 30)
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGR2HSV).astype(np.int16)
    hsv[..., 0] = (hsv[..., 0] + int(hue)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] + int(saturation), 0, 255)
    hsv[..., 2] = np.clip(hsv[..., 2] + int(value), 0, 255)
    return cast("RgbArray", cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR))


def _collate(futures: Sequence[Future[_Picture]], side: int) -> Batch:
    pictures = [future.result() for future in futures]
    images = np.empty((len(pictures), 3, side, side), dtype=np.float32)
    most = max(1, *(min(len(picture.boxes_xyxy), _MAX_OBJECTS) for picture in pictures), 1)
    targets = np.zeros((len(pictures), most, 5), dtype=np.float32)
    for row, picture in enumerate(pictures):
        images[row] = picture.pixels.transpose(2, 0, 1)
        boxes = picture.boxes_xyxy[:most]
        targets[row, : len(boxes), 0] = picture.class_indexes[:most]
        targets[row, : len(boxes), 1:3] = (boxes[:, :2] + boxes[:, 2:]) / 2
        targets[row, : len(boxes), 3:5] = boxes[:, 2:] - boxes[:, :2]
    return Batch(images, targets)
