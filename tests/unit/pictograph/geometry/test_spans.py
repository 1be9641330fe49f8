"""Runs of pixels: the same pixels as masks have, counted without making the masks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pictograph.geometry.masks import rings_to_mask
from pictograph.geometry.rings import Polygon
from pictograph.geometry.spans import Spans, iou, polygons_to_spans

SIZE_WH = (24, 17)
COORDINATE = st.floats(-5, 30) | st.integers(-5, 30).map(float)
RING = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=0, max_size=8)
POLYGONS = st.lists(st.lists(RING, min_size=1, max_size=3), min_size=2, max_size=4)


def mask_of(spans: Spans) -> np.ndarray:
    """Return the runs as a mask; no run may leave its row."""
    width, height = SIZE_WH
    flat = np.zeros(height * (width + 1), dtype=bool)
    for start, stop in zip(spans.starts, spans.stops, strict=True):
        flat[start:stop] = True
    table = flat.reshape(height, width + 1)
    assert not table[:, width].any()
    return table[:, :width]


@given(POLYGONS)
@settings(max_examples=200, deadline=None)
def test_polygons_to_spans__the_pixels_of_the_mask(polygons: list[Polygon]) -> None:
    for polygon, spans in zip(polygons, polygons_to_spans(polygons, SIZE_WH), strict=True):
        mask = rings_to_mask(polygon, (SIZE_WH[1], SIZE_WH[0]))
        assert np.array_equal(mask_of(spans), mask)
        assert spans.area == mask.sum()


@given(POLYGONS)
@settings(max_examples=200, deadline=None)
def test_spans__overlap_and_union_as_masks(polygons: list[Polygon]) -> None:
    a, b, *_ = polygons_to_spans(polygons, SIZE_WH)
    first, second = mask_of(a), mask_of(b)
    assert a.overlap(b) == b.overlap(a) == (first & second).sum()
    assert np.array_equal(mask_of(a.union(b)), first | second)
    assert iou(a, b) == (first & second).sum() / max(1, (first | second).sum())


def test_polygons_to_spans__hand_counted() -> None:
    # rows 1 and 2, columns 2, 3, 4; the hole is column 3 of row 2
    square, hole = [(2.0, 1.0), (5.0, 1.0), (5.0, 3.0), (2.0, 3.0)], [(3.0, 2.0), (4.0, 2.0), (4.0, 3.0), (3.0, 3.0)]
    [spans] = polygons_to_spans([[square, hole]], (9, 4))
    assert (spans.starts.tolist(), spans.stops.tolist()) == ([12, 22, 24], [15, 23, 25])


def test_polygons_to_spans__none() -> None:
    assert polygons_to_spans([], (4, 4)) == []
