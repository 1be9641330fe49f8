"""Rings of points in plain Python: area, bounds, containment, cleaning. No numpy, so the SDK can use it anywhere.

A ring is a closed line whose last point is not repeated. A polygon is rings: the first is the outer one, the others are
holes, filled by the even-odd rule. Coordinates are continuous image pixels: x right, y down, origin at the outer corner
of the top-left pixel, so column `c` covers `[c, c + 1)`.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Vertex = tuple[float, float]
Ring = list[Vertex]
Polygon = list[Ring]


def polygon_area(polygon: Sequence[Sequence[Vertex]]) -> float:
    """Return the area of the outer ring less that of its holes, in square pixels, never negative.

    Example:
        >>> square, hole = [(0, 0), (4, 0), (4, 4), (0, 4)], [(1, 1), (2, 1), (2, 2), (1, 2)]
        >>> polygon_area([square, hole])
        15.0
    """
    if not polygon:
        return 0.0
    outer, *holes = polygon
    return max(0.0, area(outer) - sum(area(hole) for hole in holes))


def area(ring: Sequence[Vertex]) -> float:
    """Return the area a ring encloses, in square pixels, whichever way round it runs."""
    return abs(signed_area(ring))


def signed_area(ring: Sequence[Vertex]) -> float:
    """Return the shoelace area: positive when the ring runs clockwise as seen on the screen (y down)."""
    if len(ring) < 3:
        return 0.0
    # Relative to the first point: far from the origin the products would eat the digits of a small ring.
    x0, y0 = ring[0]
    shifted = [(x - x0, y - y0) for x, y in ring]
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*shifted, shifted[0]])) / 2


def bounds(rings: Iterable[Sequence[Vertex]]) -> tuple[float, float, float, float]:
    """Return `x_min, y_min, x_max, y_max` of all points of all rings.

    Raises:
        ValueError: there is no point.
    """
    points = [point for ring in rings for point in ring]
    if not points:
        raise ValueError("rings without a point have no bounds")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def contains(polygon: Sequence[Sequence[Vertex]], point: Vertex) -> bool:
    """Return whether a point lies inside by the even-odd rule over all rings; on an edge it may be either."""
    x, y = point
    inside = False
    for ring in polygon:
        for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
    return inside


def clean_polygon(polygon: Sequence[Sequence[Vertex]]) -> Polygon | None:
    """Return the polygon without repeated points and empty holes, or None when its outer ring has no area."""
    if not polygon:
        return None
    outer, *holes = (clean_ring(ring) for ring in polygon)
    if outer is None:
        return None
    return [outer, *(hole for hole in holes if hole is not None)]


def clean_ring(ring: Sequence[Vertex]) -> Ring | None:
    """Return the ring without consecutive repeats (the closing one included), or None when it has no area."""
    points = [(float(x), float(y)) for x, y in ring]
    kept = [point for point, before in zip(points, [None, *points], strict=False) if point != before]
    while len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return kept if len(kept) >= 3 and area(kept) > 0 else None


def clip_ring(ring: Sequence[Vertex], width: float, height: float) -> Ring | None:
    """Return the part of a ring inside an image, or None when nothing with an area is left.

    A ring that leaves and comes back several times stays one ring, joined along the border.
    Source: Sutherland and Hodgman 1974, Reentrant polygon clipping.
    """
    points = [(float(x), float(y)) for x, y in ring]
    for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        clipped: Ring = []
        for here, following in zip(points, points[1:] + points[:1], strict=True):
            inside, next_inside = (sign * (point[axis] - limit) >= 0 for point in (here, following))
            if inside:
                clipped.append(here)
            if inside != next_inside:
                share = (limit - here[axis]) / (following[axis] - here[axis])
                other = here[1 - axis] + share * (following[1 - axis] - here[1 - axis])
                clipped.append((limit, other) if axis == 0 else (other, limit))
        points = clipped
    return clean_ring(points)


def box_ring(x_min: float, y_min: float, x_max: float, y_max: float) -> Ring:
    """Return the four corners of a box, clockwise on the screen from the top-left one."""
    return [(x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max)]
