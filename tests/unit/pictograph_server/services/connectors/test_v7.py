"""Rings of V7, which are parts and holes in one list."""

from pictograph_server.services.connectors.v7 import split_parts

Ring = list[tuple[float, float]]


def square(x: float, y: float, side: float) -> Ring:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def test_split_parts__hole():
    assert split_parts([square(0, 0, 9), square(3, 3, 3)]) == [[square(0, 0, 9), square(3, 3, 3)]]


def test_split_parts__apart():
    assert split_parts([square(0, 0, 2), square(5, 5, 2)]) == [[square(0, 0, 2)], [square(5, 5, 2)]]


def test_split_parts__island_in_a_hole():
    rings = [square(2, 2, 5), square(0, 0, 9), square(3, 3, 1)]
    assert split_parts(rings) == [[square(0, 0, 9), square(2, 2, 5)], [square(3, 3, 1)]]


def test_split_parts__rings_without_area_are_left_out():
    assert split_parts([[(0, 0), (1, 1)], square(0, 0, 2)]) == [[square(0, 0, 2)]]
