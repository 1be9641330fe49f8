"""What every trainer does to its data first: open images upright, turn annotations into arrays, refuse the unusable."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pictograph.metrics.detection import Boxes
from pictograph.pixels import RgbArray, read_rgb
from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import MIN_ANNOTATED_IMAGES, Sample, Shape, TrainingData


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
    kept = [(box, shape.class_index) for shape in sample.shapes if (box := _box_inside(shape, sample)) is not None]
    return Boxes(
        xyxy=np.array([box for box, _ in kept], dtype=np.float32).reshape(-1, 4),
        class_indexes=np.array([index for _, index in kept], dtype=np.int64),
    )


def _box_inside(shape: Shape, sample: Sample) -> tuple[float, float, float, float] | None:
    left, top, right, bottom = shape.box_xyxy
    if shape.rings:
        xs, ys = zip(*shape.rings[0], strict=True)
        left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    left, top = max(left, 0.0), max(top, 0.0)
    right, bottom = min(right, float(sample.width)), min(bottom, float(sample.height))
    return (left, top, right, bottom) if right - left >= 1 and bottom - top >= 1 else None


def check_detection_data(data: TrainingData) -> list[str]:
    """Refuse data no detector can learn from; return remarks about what it can, for the person watching.

    Raises:
        BadTrainingData: no images, no classes, no boxes, or fewer than `MIN_ANNOTATED_IMAGES` annotated images.
    """
    if not data.samples:
        raise BadTrainingData(
            "There is nothing to train on",
            why="the export holds no images",
            fix="Export a dataset with completed images",
        )
    boxes = {sample.image_id: boxes_of(sample) for sample in data.samples}
    annotated = sum(len(found.xyxy) > 0 for found in boxes.values())
    if not data.class_names or not annotated:
        raise BadTrainingData(
            "There is nothing to train on",
            why=f"none of the {len(data.samples)} images has a box or a polygon",
            fix="Annotate some images (by hand or with auto-annotation), export again, then train",
        )
    if annotated < MIN_ANNOTATED_IMAGES:
        raise BadTrainingData(
            f"Too few annotated images: {annotated} of {len(data.samples)}",
            why=f"training needs at least {MIN_ANNOTATED_IMAGES} images with a box or a polygon",
            fix="Annotate more images, export again, then train",
        )
    return _remarks(data, boxes)


def _remarks(data: TrainingData, boxes: dict[str, Boxes]) -> list[str]:
    remarks: list[str] = []
    counts = Counter(int(index) for found in boxes.values() for index in found.class_indexes)
    absent = [name for index, name in enumerate(data.class_names) if not counts[index]]
    if absent:
        remarks.append(f"No box of {', '.join(absent)}: the model will not find it.")
    dropped = sum(len(sample.shapes) - len(boxes[sample.image_id].xyxy) for sample in data.samples)
    if dropped:
        remarks.append(
            f"Annotations left out because they lie outside their image or are under a pixel wide: {dropped}."
        )
    return remarks


def data_hash(data: TrainingData) -> str:
    """Return a SHA-256 over classes, image contents and shapes: equal data, whatever its order, has an equal hash."""
    digest = hashlib.sha256(repr(data.class_names).encode())
    for line in sorted(_line(sample) for sample in data.samples):
        digest.update(line.encode())
    return digest.hexdigest()


def _line(sample: Sample) -> str:
    shapes: Sequence[str] = sorted(repr((shape.class_index, shape.box_xyxy, shape.rings)) for shape in sample.shapes)
    return f"{sample.sha256} {shapes} {sorted(sample.tags)}\n"
