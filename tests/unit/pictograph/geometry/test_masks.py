"""Masks to polygons and back: nothing lost, nothing moved by half a pixel."""

import time

import cv2
import numpy as np
import pytest
from benchmarks.polygons import BAR, KINDS, masks
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from pictograph.geometry.masks import mask_to_box, mask_to_polygons, polygons_to_mask, rings_to_mask, without_specks
from pictograph.geometry.rings import Polygon, bounds

Mask = NDArray[np.bool_]
ANY_MASK = npst.arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20)))


def exact(mask: Mask) -> list[Polygon]:
    return mask_to_polygons(mask, tolerance=0, min_part_pixels=0, min_part_share=0)


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def drawn(*shapes: tuple[tuple[int, int], int, int], size: int = 64, thickness: int = -1) -> Mask:
    canvas = np.zeros((size, size), np.uint8)
    for center, radius, value in shapes:
        cv2.circle(canvas, center, radius, value, thickness)
    return canvas.astype(bool)


@given(ANY_MASK)
@settings(max_examples=150, deadline=None)
def test_mask_to_polygons__any_mask_comes_back_exactly(mask: Mask):
    assert np.array_equal(polygons_to_mask(exact(mask), mask.shape), mask)


@given(ANY_MASK)
@settings(max_examples=100, deadline=None)
def test_mask_to_polygons__never_leaves_the_bounds_of_the_mask(mask: Mask):
    box = mask_to_box(mask)
    for polygon in mask_to_polygons(mask):
        x_min, y_min, x_max, y_max = bounds(polygon)
        assert box is not None
        assert (x_min, y_min) >= box[:2] and x_max <= box[2] and y_max <= box[3]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_mask_to_polygons__blobs_keep_their_area_at_one_pixel(seed: int):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(160, 160)), (0, 0), 9)
    mask = noise > 0.4 * noise.max()
    assert iou(polygons_to_mask(mask_to_polygons(mask), mask.shape), mask) > 0.95


def test_mask_to_polygons__square_has_its_four_corners_on_pixel_edges():
    mask = np.zeros((30, 40), bool)
    mask[10:20, 5:25] = True
    [[ring]] = mask_to_polygons(mask)
    assert sorted(ring) == [(5, 10), (5, 20), (25, 10), (25, 20)]


ONE_PIXEL_SHAPES = {
    "pixel": [(7, 9)],
    "row": [(7, x) for x in range(3, 30)],
    "column": [(y, 4) for y in range(2, 31)],
    "diagonal": [(i, i) for i in range(32)],
    "corner of the image": [(0, 0)],
    "last pixel": [(31, 31)],
    "ell": [(y, 4) for y in range(2, 20)] + [(19, x) for x in range(4, 20)],
}


@pytest.mark.parametrize("pixels", ONE_PIXEL_SHAPES.values(), ids=ONE_PIXEL_SHAPES)
def test_mask_to_polygons__one_pixel_shapes_survive(pixels: list[tuple[int, int]]):
    mask = np.zeros((32, 32), bool)
    mask[tuple(zip(*pixels, strict=True))] = True
    polygons = mask_to_polygons(mask)
    assert len(polygons) == 1
    assert np.array_equal(polygons_to_mask(polygons, mask.shape), mask)


def test_mask_to_polygons__ring_keeps_its_hole():
    mask = drawn(((32, 32), 20, 1), ((32, 32), 10, 0))
    [polygon] = mask_to_polygons(mask)
    assert len(polygon) == 2
    assert iou(rings_to_mask(polygon, mask.shape), mask) > 0.95


def test_mask_to_polygons__circle_drawn_one_pixel_wide_stays_a_ring():
    mask = drawn(((32, 32), 20, 1), thickness=1)
    [polygon] = mask_to_polygons(mask)
    assert len(polygon) == 2
    assert iou(rings_to_mask(polygon, mask.shape), mask) > 0.9


def test_mask_to_polygons__island_in_a_hole_is_a_part_of_its_own():
    mask = drawn(((32, 32), 25, 1), ((32, 32), 18, 0), ((32, 32), 9, 1))
    polygons = mask_to_polygons(mask)
    assert [len(polygon) for polygon in polygons] == [2, 1]


def test_mask_to_polygons__parts_come_largest_first():
    mask = drawn(((12, 12), 5, 1), ((40, 40), 15, 1))
    polygons = mask_to_polygons(mask)
    assert bounds(polygons[0])[0] > 20 > bounds(polygons[1])[2]


def test_mask_to_polygons__specks_and_pinholes_go():
    mask = drawn(((32, 32), 20, 1), ((32, 32), 1, 0), ((3, 3), 1, 1))
    assert [len(polygon) for polygon in mask_to_polygons(mask)] == [1]


def test_mask_to_polygons__a_crop_is_placed_by_its_origin():
    mask = drawn(((20, 30), 8, 1))
    whole, crop = mask_to_polygons(mask), mask_to_polygons(mask[15:45, 5:40], origin_xy=(5, 15))
    assert whole == crop


def test_mask_to_polygons__empty_mask_gives_none():
    assert mask_to_polygons(np.zeros((5, 5), bool)) == []


def test_mask_to_polygons__wrong_shape_is_refused():
    with pytest.raises(ValueError, match="two dimensions"):
        mask_to_polygons(np.zeros((2, 5, 5), bool))


def test_rings_to_mask__fills_pixels_whose_centre_is_inside():
    # reaches 0.6 into the second column: its centre is in; 0.4 into the fourth row: its centre is out
    mask = rings_to_mask([[(0, 0), (1.6, 0), (1.6, 3.4), (0, 3.4)]], (5, 5))
    assert mask.sum() == 6 and mask[:3, :2].all()


def test_rings_to_mask__agrees_with_a_second_rasteriser():
    from skimage.draw import polygon2mask

    ring = [(3.2, 4.1), (50.7, 9.9), (40.3, 55.5), (20.8, 30.2), (5.6, 44.4)]
    theirs = polygon2mask((64, 64), [(y - 0.5, x - 0.5) for x, y in ring])
    assert np.array_equal(rings_to_mask([ring], (64, 64)), theirs)


def test_rings_to_mask__outside_the_image_is_cut_off():
    mask = rings_to_mask([[(-10, -10), (3, -10), (3, 3), (-10, 3)]], (6, 6))
    assert mask.sum() == 9 and mask[:3, :3].all()


def test_rings_to_mask__crop_sees_its_window():
    ring = [(2.0, 2.0), (20.0, 4.0), (12.0, 25.0)]
    whole = rings_to_mask([ring], (32, 32))
    assert np.array_equal(rings_to_mask([ring], (10, 12), origin_xy=(4, 6)), whole[6:16, 4:16])


def test_without_specks__leaves_the_bounds_of_the_polygons():
    mask = drawn(((32, 32), 12, 1), ((3, 3), 1, 1), ((60, 50), 1, 1))
    polygons = mask_to_polygons(mask)
    assert mask_to_box(mask) != mask_to_box(without_specks(mask))
    # simplifying may take the tip of a curve
    assert mask_to_box(without_specks(mask)) == pytest.approx(bounds(polygons[0]), abs=0.5)


def test_without_specks__keeps_real_parts_and_lone_pixels():
    two, lone = drawn(((12, 12), 5, 1), ((40, 40), 15, 1)), np.zeros((5, 5), bool)
    lone[2, 3] = True
    assert np.array_equal(without_specks(two), two) and np.array_equal(without_specks(lone), lone)


@pytest.mark.parametrize("kind", KINDS)
def test_mask_to_polygons__keeps_what_the_bar_asks_for(kind: str):
    """The benchmark's masks, fewer of them: holes, parts, lines of one pixel, contact with the border."""
    ious = [
        iou(polygons_to_mask(mask_to_polygons(mask), (mask.shape[0], mask.shape[1])), without_specks(mask))
        for mask in masks(KINDS[kind], count=8)
    ]
    assert sum(ious) / len(ious) >= BAR


def test_mask_to_polygons__a_long_line_of_one_pixel_is_drawn_in_no_time():
    mask = np.zeros((600, 600), np.uint8)
    corners = np.array([[10, 20], [580, 300], [40, 590], [300, 10]])
    cv2.polylines(mask, [corners.reshape(-1, 1, 2)], isClosed=True, color=1)
    started = time.process_time()
    polygons = mask_to_polygons(mask.astype(bool))
    # 0.04 s; widening it pixel by pixel took ten times as long.
    assert time.process_time() - started < 0.3
    assert iou(polygons_to_mask(polygons, mask.shape), mask.astype(bool)) > 0.98
