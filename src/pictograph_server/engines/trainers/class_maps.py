"""The truth of semantic segmentation: annotations painted into a map that gives every pixel a class."""

import math

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry.masks import rings_to_mask
from pictograph.geometry.rings import Vertex, polygon_area
from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Sample, Shape
from pictograph_server.engines.trainers.data import shapes_inside

BACKGROUND = 0
# No loss and no figure counts these pixels.
IGNORE = 255
MOST_CLASSES = IGNORE - 1


def class_map_of(sample: Sample) -> NDArray[np.uint8]:
    """Return the class of every pixel, shape `(height, width)` of the image: 0 background, class index + 1, 255 ignore.

    Pixels whose middle lies in a polygon, not in its holes, have its class. A box without an outline says that its
    object is somewhere inside, so its pixels are ignored. What overlaps is painted the largest first: a sign on a wall
    is a sign, and a polygon inside its own box has its class.

    Raises:
        BadTrainingData: more classes than a byte can name beside background and ignore.
    """
    painted = np.full((sample.height, sample.width), BACKGROUND, np.uint8)
    shapes = [shape for _, shape in shapes_inside(sample)]
    for shape in sorted(shapes, key=_from_below):
        if shape.class_index >= MOST_CLASSES:
            raise BadTrainingData(
                f"Class number {shape.class_index + 1} has no place in a class map",
                why=f"semantic segmentation knows at most {MOST_CLASSES} classes",
                fix="Leave out or join classes, export again, then train",
            )
        _paint(painted, shape, shape.class_index + 1 if shape.rings else IGNORE)
    return painted


def _from_below(shape: Shape) -> tuple[float, bool]:
    return -polygon_area(shape.rings or _corners(shape.box_xyxy)), bool(shape.rings)


def _paint(painted: NDArray[np.uint8], shape: Shape, value: int) -> None:
    rings = shape.rings or _corners(shape.box_xyxy)
    xs, ys = zip(*(vertex for ring in rings for vertex in ring), strict=True)
    # Only the part of the image that the shape can touch: a small sign in fifty megapixels costs little.
    height, width = painted.shape
    left, top = max(math.floor(min(xs)), 0), max(math.floor(min(ys)), 0)
    right, bottom = min(math.ceil(max(xs)), width), min(math.ceil(max(ys)), height)
    if right > left and bottom > top:
        part = painted[top:bottom, left:right]
        part[rings_to_mask(rings, part.shape, origin_xy=(left, top))] = value


def _corners(box_xyxy: tuple[float, float, float, float]) -> tuple[tuple[Vertex, ...]]:
    left, top, right, bottom = box_xyxy
    return (((left, top), (right, top), (right, bottom), (left, bottom)),)
