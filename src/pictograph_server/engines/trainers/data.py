"""What every trainer does to its images and annotations: opened upright, cut at the image, made arrays, hashed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pictograph.metrics.detection import Boxes
from pictograph.pixels import RgbArray, read_rgb
from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Sample, Shape, TrainingData


def load_rgb(path: Path) -> RgbArray:
    """Return the pixels of an image to train on.

    Raises:
        BadTrainingData: the file cannot be decoded.
    """
    try:
        return read_rgb(path)
    except OSError as error:
        raise BadTrainingData(
            f"The image {path.name!r} cannot be read", why=str(error), fix="Delete it or upload it again"
        ) from error


def boxes_of(sample: Sample) -> Boxes:
    """Return a sample's boxes inside the image; those with no area left are dropped. Polygons give their bounds."""
    kept = shapes_inside(sample)
    return Boxes(
        xyxy=np.array([box for box, _ in kept], dtype=np.float32).reshape(-1, 4),
        class_indexes=np.array([shape.class_index for _, shape in kept], dtype=np.int64),
    )


def shapes_inside(sample: Sample) -> list[tuple[tuple[float, float, float, float], Shape]]:
    """Return a sample's shapes that have an area inside the image, each with its box cut at the image."""
    return [(box, shape) for shape in sample.shapes if (box := _box_inside(shape, sample)) is not None]


def _box_inside(shape: Shape, sample: Sample) -> tuple[float, float, float, float] | None:
    left, top, right, bottom = shape.box_xyxy
    if shape.rings:
        xs, ys = zip(*shape.rings[0], strict=True)
        left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    left, top = max(left, 0.0), max(top, 0.0)
    right, bottom = min(right, float(sample.width)), min(bottom, float(sample.height))
    return (left, top, right, bottom) if right - left >= 1 and bottom - top >= 1 else None


def data_hash(data: TrainingData) -> str:
    """Return a SHA-256 over classes, image contents and shapes: equal data, whatever its order, has an equal hash."""
    digest = hashlib.sha256(repr(data.class_names).encode())
    for line in sorted(_line(sample) for sample in data.samples):
        digest.update(line.encode())
    return digest.hexdigest()


def _line(sample: Sample) -> str:
    shapes: Sequence[str] = sorted(repr((shape.class_index, shape.box_xyxy, shape.rings)) for shape in sample.shapes)
    return f"{sample.sha256} {shapes} {sorted(sample.tags)}\n"
