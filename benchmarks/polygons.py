"""What a mask loses on its way to a polygon and back, and how long that way takes: by kind of mask.

Blobs are what an annotator gives: noise of a network's size, 288 pixels wide, enlarged to the picture's 1024. The other
kinds are what outlines tend to lose: holes, parts, lines of one pixel, and what touches the border.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import rle
from pictograph.geometry.masks import mask_to_polygons, polygons_to_mask, without_specks
from pictograph.geometry.rings import Polygon

Mask = NDArray[np.bool_]

PICTURE = 1024
NETWORK = 288
COUNT = 60
# What people and tests hold the polygons to, on average.
BAR = 0.985


def main() -> None:
    print(f"polygons: {COUNT} masks of each kind, {PICTURE} x {PICTURE} pixels; IoU after drawing the polygon again")
    everything: list[float] = []
    for name, make in KINDS.items():
        overlaps, seconds, vertices, is_exact = _measure(name, make)
        everything += overlaps
        print(
            f"  {name:15} IoU mean {statistics.mean(overlaps):.4f}  least {min(overlaps):.4f}   "
            f"{1000 * statistics.median(seconds):6.2f} ms   {statistics.mean(vertices):5.0f} points   "
            f"RLE {'exact' if is_exact else 'DIFFERS'}"
        )
    mean = statistics.mean(everything)
    print(f"  all: IoU mean {mean:.4f}, the bar is {BAR}: {'held' if mean >= BAR else 'MISSED'}")


def masks(make: Callable[[np.random.Generator, int], Mask], count: int = COUNT) -> Iterator[Mask]:
    """Yield masks of one kind, the same ones every time."""
    yield from (make(np.random.default_rng(seed), seed) for seed in range(count))


def blob(rng: np.random.Generator, seed: int) -> Mask:
    """Return one rounded shape whose border is as wavy as a network's."""
    return _enlarged(_soft_disk(rng, radius=rng.uniform(20, 110)))


def with_holes(rng: np.random.Generator, seed: int) -> Mask:
    radius = rng.uniform(40, 110)
    logits = _soft_disk(rng, radius=radius)
    for _ in range(1 + seed % 3):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.4) * radius
        hole = _soft_disk(
            rng,
            radius=rng.uniform(0.12, 0.25) * radius,
            center=(NETWORK / 2 + reach * np.cos(angle), NETWORK / 2 + reach * np.sin(angle)),
        )
        logits = np.minimum(logits, -hole)
    return _enlarged(logits)


def in_parts(rng: np.random.Generator, seed: int) -> Mask:
    """Return a shape that one to three bars in front of it cut into parts."""
    mask = _enlarged(_soft_disk(rng, radius=rng.uniform(50, 110)))
    for _ in range(1 + seed % 3):
        start = int(rng.uniform(0.3, 0.7) * PICTURE)
        mask[:, start : start + int(rng.uniform(8, 40))] = False
    return mask


def line(rng: np.random.Generator, seed: int) -> Mask:
    """Return lines of one pixel: straight, bent, closed."""
    canvas = np.zeros((PICTURE, PICTURE), np.uint8)
    points = rng.integers(50, PICTURE - 50, (2 + seed % 4, 1, 2)).astype(np.int32)
    cv2.polylines(canvas, [points], isClosed=seed % 3 == 0, color=1, thickness=1)
    return canvas.astype(bool)


def at_the_border(rng: np.random.Generator, seed: int) -> Mask:
    """Return a shape that reaches over one side or a corner of the picture."""
    x, y = [(0.0, 0.5), (0.5, 1.0), (1.0, 1.0), (0.0, 0.0)][seed % 4]
    return _enlarged(_soft_disk(rng, radius=rng.uniform(40, 110), center=(x * NETWORK, y * NETWORK)))


def small(rng: np.random.Generator, seed: int) -> Mask:
    """Return an object of a few pixels, as it looks far away."""
    mask = np.zeros((PICTURE, PICTURE), np.uint8)
    center = tuple(int(value) for value in rng.integers(40, PICTURE - 40, 2))
    axes = tuple(int(value) for value in rng.integers(3, 12, 2))
    cv2.ellipse(mask, center, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return mask.astype(bool)


KINDS: dict[str, Callable[[np.random.Generator, int], Mask]] = {
    "blob": blob,
    "with holes": with_holes,
    "in parts": in_parts,
    "one-pixel line": line,
    "at the border": at_the_border,
    "small": small,
}


def _measure(
    name: str, make: Callable[[np.random.Generator, int], Mask]
) -> tuple[list[float], list[float], list[int], bool]:
    overlaps: list[float] = []
    seconds: list[float] = []
    vertices: list[int] = []
    is_exact = True
    for mask in masks(make):
        started = time.process_time()
        polygons = mask_to_polygons(mask)
        seconds.append(time.process_time() - started)
        # Specks are dropped on purpose.
        overlaps.append(_iou(polygons, without_specks(mask)))
        vertices.append(sum(len(ring) for polygon in polygons for ring in polygon))
        is_exact = is_exact and bool(np.array_equal(rle.decode(rle.encode(mask)), mask))
    return overlaps, seconds, vertices, is_exact


def _iou(polygons: list[Polygon], mask: Mask) -> float:
    drawn = polygons_to_mask(polygons, (mask.shape[0], mask.shape[1]))
    return float((drawn & mask).sum() / (drawn | mask).sum())


def _soft_disk(
    rng: np.random.Generator, *, radius: float, center: tuple[float, float] = (NETWORK / 2, NETWORK / 2)
) -> NDArray[np.float32]:
    """Return logits: above zero inside a disk whose border low-frequency noise has bent."""
    ys, xs = np.mgrid[:NETWORK, :NETWORK].astype(np.float32)
    distance = np.hypot(xs - center[0], ys - center[1])
    noise = cv2.GaussianBlur(rng.normal(size=(NETWORK, NETWORK)).astype(np.float32), (0, 0), 8)
    return (radius - distance + noise / noise.std() * radius * 0.08).astype(np.float32)


def _enlarged(logits: NDArray[np.float32]) -> Mask:
    return cv2.resize(logits, (PICTURE, PICTURE), interpolation=cv2.INTER_LINEAR) > 0


if __name__ == "__main__":
    main()
