"""Shapes for tests of measures: boxes, outlines, and random scenes with labels that are partly wrong."""

import numpy as np

from pictograph.geometry.masks import mask_to_polygons
from pictograph.geometry.rings import Ring, bounds, box_ring
from pictograph.metrics.shapes import ImagePair, Shape

SIZE_WH = (320, 240)


def box(x: float, y: float, w: float, h: float, *, name: str = "sign", confidence: float = 1.0) -> Shape:
    return Shape(f"{name}-{x}-{y}", name, confidence, (x, y, x + w, y + h))


def outline(*rings: Ring, name: str = "sign", confidence: float = 1.0) -> Shape:
    return Shape(f"{name}-{rings[0][0]}", name, confidence, bounds(rings), list(rings))


def square(x: float, y: float, w: float, h: float, *, name: str = "sign", confidence: float = 1.0) -> Shape:
    """Return a box as an outline."""
    return outline(box_ring(x, y, x + w, y + h), name=name, confidence=confidence)


def pair(reference: list[Shape], other: list[Shape], name: str = "a.jpg") -> ImagePair:
    return ImagePair(id=name, path=f"/{name}", size_wh=SIZE_WH, reference=reference, other=other)


def random_pairs(seed: int, images: int, *, outlines: bool, classes: int = 3) -> list[ImagePair]:
    """Return images whose labels are the objects moved, some of another class, and some of nothing."""
    rng = np.random.default_rng(seed)
    pairs: list[ImagePair] = []
    for number in range(images):
        count = int(rng.integers(0, 8))
        there = [_random_shape(rng, f"c{rng.integers(classes)}", 1.0, outlines) for _ in range(count)]
        said: list[Shape] = []
        for shape in there:
            if rng.random() < 0.85:
                name = shape.class_name if rng.random() < 0.85 else f"c{rng.integers(classes)}"
                said.append(_moved(rng, shape, name))
        said += [_random_shape(rng, f"c{rng.integers(classes)}", rng.random(), outlines) for _ in range(2)]
        pairs.append(pair(there, said, f"{number}.jpg"))
    return pairs


def _random_shape(rng: np.random.Generator, name: str, confidence: float, outlined: bool) -> Shape:
    width, height = rng.uniform(10, 80, 2)
    x, y = rng.uniform(0, SIZE_WH[0] - width), rng.uniform(0, SIZE_WH[1] - height)
    if not outlined:
        return box(x, y, width, height, name=name, confidence=confidence)
    ys, xs = np.mgrid[: int(height), : int(width)]
    mask = ((xs / width - 0.5) ** 2 + (ys / height - 0.5) ** 2 < 0.25) & ~((xs < width / 3) & (ys > height / 2))
    rings = mask_to_polygons(mask, origin_xy=(int(x), int(y)))[0]
    return outline(*rings, name=name, confidence=confidence)


def _moved(rng: np.random.Generator, shape: Shape, name: str) -> Shape:
    dx, dy = rng.normal(0, 4, 2)
    if shape.rings is None:
        x_min, y_min, x_max, y_max = shape.box_xyxy
        width, height = (x_max - x_min) * rng.uniform(0.8, 1.2), (y_max - y_min) * rng.uniform(0.8, 1.2)
        return box(x_min + dx, y_min + dy, width, height, name=name, confidence=rng.random())
    moved = [[(x + dx, y + dy) for x, y in ring] for ring in shape.rings]
    return outline(*moved, name=name, confidence=rng.random())
