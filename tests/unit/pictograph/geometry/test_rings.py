"""Rings: area, bounds, containment, cleaning."""

import pytest

from pictograph.geometry import rings

SQUARE: rings.Ring = [(0, 0), (4, 0), (4, 4), (0, 4)]
HOLE: rings.Ring = [(1, 1), (2, 1), (2, 2), (1, 2)]


@pytest.mark.parametrize("ring", [SQUARE, SQUARE[::-1]], ids=["clockwise", "counter-clockwise"])
def test_area__does_not_depend_on_direction(ring: rings.Ring):
    assert rings.area(ring) == 16


def test_area__far_from_the_origin_keeps_its_digits():
    ring = [(1e8 + x * 1e-2, 1e8 + y * 1e-2) for x, y in SQUARE]
    assert rings.area(ring) == pytest.approx(16e-4, rel=1e-4)


def test_polygon_area__holes_are_taken_off():
    assert rings.polygon_area([SQUARE, HOLE]) == 15


def test_bounds__over_all_rings():
    assert rings.bounds([SQUARE, [(-1, 2), (9, 2), (3, 7)]]) == (-1, 0, 9, 7)


def test_bounds__no_point_is_refused():
    with pytest.raises(ValueError, match="without a point"):
        rings.bounds([[]])


@pytest.mark.parametrize(
    ("point", "inside"), [((3, 3), True), ((1.5, 1.5), False), ((5, 3), False)], ids=["in", "in the hole", "out"]
)
def test_contains__even_odd(point: rings.Vertex, inside: bool):
    assert rings.contains([SQUARE, HOLE], point) is inside


def test_clean_ring__repeats_go():
    assert rings.clean_ring([(0, 0), (0, 0), (4, 0), (4, 4), (0, 0)]) == [(0, 0), (4, 0), (4, 4)]


@pytest.mark.parametrize("ring", [[], [(1, 1)], [(0, 0), (2, 2), (4, 4)]], ids=["empty", "point", "line"])
def test_clean_ring__without_area_is_none(ring: rings.Ring):
    assert rings.clean_ring(ring) is None


def test_clean_polygon__keeps_real_holes_only():
    assert rings.clean_polygon([SQUARE, HOLE, [(3, 3), (3, 3), (3, 3)]]) == [SQUARE, HOLE]
    assert rings.clean_polygon([[(0, 0), (1, 1)], HOLE]) is None


@pytest.mark.parametrize(
    ("ring", "left"),
    [(SQUARE, 16), ([(-2, 1), (3, 1), (3, 3), (-2, 3)], 6), ([(2, 2), (9, 2), (9, 9), (2, 9)], 12)],
    ids=["inside", "over the left side", "over a corner"],
)
def test_clip_ring__leaves_what_is_inside(ring: rings.Ring, left: float):
    clipped = rings.clip_ring(ring, 6, 5)
    assert clipped is not None and rings.area(clipped) == left


def test_clip_ring__outside_is_none():
    assert rings.clip_ring([(7, 7), (9, 7), (9, 9)], 6, 5) is None
