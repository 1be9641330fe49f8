"""Polygons as runs of pixels along rows: area and overlap exact to the pixel, at the cost of the outline alone.

Overlap of masks is what labels are compared by. Masks of a thousand images would be gigabytes; their runs are as many
as the rows the outlines cross.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry.rings import Vertex

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """The pixels `[start, stop)` of each run, ascending; a position is `row * (width + 1) + column`.

    Two of them can be compared when they are of one width.
    """

    starts: Positions
    stops: Positions

    @property
    def area(self) -> int:
        """Return the number of pixels."""
        return int((self.stops - self.starts).sum())

    def overlap(self, other: "Spans") -> int:
        """Return how many pixels both have."""
        few, many = (self, other) if len(self.starts) <= len(other.starts) else (other, self)
        if not len(few.starts):
            return 0
        lengths = many.stops - many.starts
        positions = np.stack([few.starts, few.stops])
        # How many of the other's pixels lie before each position: whole runs, and a piece of the run it falls into.
        run = np.maximum(np.searchsorted(many.starts, positions, side="right") - 1, 0)
        piece = np.minimum(np.maximum(positions - many.starts[run], 0), lengths[run])
        before = (np.cumsum(lengths) - lengths)[run] + piece
        return int((before[1] - before[0]).sum())

    def union(self, other: "Spans") -> "Spans":
        """Return the pixels that either has."""
        starts = np.concatenate([self.starts, other.starts])
        order = np.argsort(starts, kind="stable")
        starts, stops = starts[order], np.maximum.accumulate(np.concatenate([self.stops, other.stops])[order])
        is_first = np.ones(len(starts), dtype=bool)
        is_first[1:] = starts[1:] > stops[:-1]
        is_last = np.ones(len(starts), dtype=bool)
        is_last[:-1] = is_first[1:]
        return Spans(starts[is_first], stops[is_last])


def iou(a: Spans, b: Spans) -> float:
    """Return intersection over union; 0 when both are empty."""
    shared = a.overlap(b)
    union = a.area + b.area - shared
    return shared / union if union else 0.0


def polygons_to_spans(polygons: Sequence[Sequence[Sequence[Vertex]]], image_size_wh: tuple[int, int]) -> list[Spans]:
    """Return each polygon's pixels inside the image: those of `masks.rings_to_mask`, holes left out."""
    width, height = image_size_wh
    rings = [ring for polygon in polygons for ring in polygon]
    owner = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    ring, row, column = crossings(rings, (height, width))
    # One sort puts the crossings of each row of each polygon beside each other; two at a time enclose a run.
    image = height * (width + 1)
    edges = np.sort(owner[ring] * image + row * (width + 1) + column)
    starts, stops = edges[0::2], edges[1::2]
    starts, stops = starts[stops > starts], stops[stops > starts]
    bounds = np.searchsorted(starts, np.arange(len(polygons) + 1) * image)
    return [
        Spans(starts[first:last] - index * image, stops[first:last] - index * image)
        for index, (first, last) in enumerate(itertools.pairwise(bounds))
    ]


def crossings(
    rings: Sequence[Sequence[Vertex]], shape_hw: tuple[int, int], *, origin_xy: tuple[int, int] = (0, 0)
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return where rings cross the centre lines of rows, as arrays of ring index, row and column.

    Inside and outside change places before the column's pixel; a column beyond the right border is `width`. Every row
    is crossed an even number of times. Rings of fewer than three points enclose nothing and are left out.

    Args:
        shape_hw, origin_xy: the part of the image that is looked at: its size and its top-left pixel.
    """
    height, width = shape_hw
    kept = [index for index, ring in enumerate(rings) if len(ring) >= 3]
    if not kept:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    counts = np.array([len(rings[index]) for index in kept])
    points = np.array([vertex for index in kept for vertex in rings[index]], dtype=np.float64)
    points -= np.array(origin_xy) + 0.5
    ends = np.cumsum(counts)
    successor = np.arange(1, len(points) + 1)
    successor[ends - 1] = ends - counts
    following = points[successor]
    upward = (points[:, 1] > following[:, 1])[:, None]
    top, bottom = np.where(upward, following, points), np.where(upward, points, following)
    first = np.clip(np.ceil(top[:, 1]), 0, height).astype(np.int64)
    last = np.clip(np.ceil(bottom[:, 1]), 0, height).astype(np.int64)
    rows_each = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(points)), rows_each)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(rows_each) - rows_each, rows_each) + first[edge]
    slope = (bottom[edge, 0] - top[edge, 0]) / (bottom[edge, 1] - top[edge, 1])
    x = top[edge, 0] + (row - top[edge, 1]) * slope
    column = np.clip(np.ceil(x), 0, width).astype(np.int64)
    return np.repeat(np.array(kept), counts)[edge], row, column
