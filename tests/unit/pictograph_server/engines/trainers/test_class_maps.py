"""Pixels counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Sample, Shape
from pictograph_server.engines.trainers.class_maps import class_map_of

Ring = tuple[tuple[float, float], ...]


def square(left: float, top: float, right: float, bottom: float) -> Ring:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def polygon(class_index: int, *rings: Ring) -> Shape:
    xs, ys = zip(*rings[0], strict=True)
    return Shape(class_index, (min(xs), min(ys), max(xs), max(ys)), rings)


def sample(*shapes: Shape, width: int = 8, height: int = 6) -> Sample:
    return Sample("a", Path("a.png"), width, height, "0" * 64, shapes=shapes)


def test_class_map_of__nothing_is_background() -> None:
    painted = class_map_of(sample())
    assert (painted.shape, painted.dtype, painted.any()) == ((6, 8), np.uint8, False)


def test_class_map_of__a_hole_is_background() -> None:
    painted = class_map_of(sample(polygon(1, square(0, 0, 6, 6), square(2, 2, 4, 5))))
    assert np.bincount(painted.ravel(), minlength=3).tolist() == [8 * 6 - 36 + 6, 0, 36 - 6]
    assert not painted[2:5, 2:4].any()


def test_class_map_of__what_reaches_over_the_image_is_cut() -> None:
    painted = class_map_of(sample(polygon(0, square(-5, -5, 3, 2)), polygon(1, square(7, 4, 90, 90))))
    assert np.bincount(painted.ravel(), minlength=3).tolist() == [48 - 6 - 2, 6, 2]


@pytest.mark.parametrize("large_first", [True, False])
def test_class_map_of__the_smaller_lies_on_top(large_first: bool) -> None:
    large, small = polygon(0, square(0, 0, 8, 6)), polygon(1, square(1, 1, 3, 3))
    painted = class_map_of(sample(large, small) if large_first else sample(small, large))
    assert np.bincount(painted.ravel(), minlength=3).tolist() == [0, 44, 4]


def test_class_map_of__a_box_without_outline_is_ignored() -> None:
    painted = class_map_of(sample(polygon(0, square(0, 0, 8, 6)), Shape(1, (1, 1, 3, 4))))
    assert (painted[1:4, 1:3] == 255).all()
    assert (painted == 1).sum() == 48 - 6


def test_class_map_of__a_polygon_in_its_own_box_has_its_class() -> None:
    shapes = polygon(2, square(1, 1, 4, 4)), Shape(2, (1, 1, 4, 4))
    assert np.unique(class_map_of(sample(*shapes))).tolist() == [0, 3]


def test_class_map_of__too_many_classes() -> None:
    assert class_map_of(sample(polygon(253, square(0, 0, 8, 6)))).max() == 254
    with pytest.raises(BadTrainingData, match="at most 254 classes"):
        class_map_of(sample(polygon(254, square(0, 0, 8, 6))))
