"""How long it takes to compare labels: 1,000 images with 20 outlines from each source, every one drawn to the pixel."""

import time

import numpy as np

from pictograph.geometry.rings import bounds
from pictograph.metrics.agreement import compare
from pictograph.metrics.shapes import ImagePair, Shape

IMAGES, OUTLINES, POINTS = 1_000, 20, 60
SIZE_WH = (1920, 1080)


def main() -> None:
    pairs = [_pair(np.random.default_rng(number), f"{number}.jpg") for number in range(IMAGES)]
    started = time.process_time()
    comparison = compare(pairs, reference="people", other="machine")
    seconds = time.process_time() - started
    print(f"compare: {IMAGES} images, {OUTLINES} outlines of {POINTS} points from each source, 5 classes")
    print(f"  {seconds:.1f} s of one core, {1e6 * seconds / (IMAGES * OUTLINES):.0f} µs a label")
    print(f"  {comparison.total.matched} matches, mean mask IoU {comparison.total.mean_mask_iou or 0:.3f}")


def _pair(rng: np.random.Generator, path: str) -> ImagePair:
    reference: list[Shape] = []
    other: list[Shape] = []
    for _ in range(OUTLINES):
        x, y = rng.uniform((0, 0), SIZE_WH)
        radius, name = rng.uniform(20, 120), f"class {rng.integers(5)}"
        reference.append(_outline(rng, x, y, radius, name, 1.0))
        other.append(_outline(rng, x + rng.normal(0, 5), y, radius, name, rng.random()))
    return ImagePair(path, path, SIZE_WH, reference, other)


def _outline(rng: np.random.Generator, x: float, y: float, radius: float, name: str, confidence: float) -> Shape:
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    reach = radius * rng.normal(1, 0.1, POINTS)
    ring = list(zip((x + reach * np.cos(angles)).tolist(), (y + reach * np.sin(angles)).tolist(), strict=True))
    return Shape("", name, confidence, bounds([ring]), [ring])


if __name__ == "__main__":
    main()
