"""Pixels and their classes move together."""

import numpy as np
import pytest

from pictograph_server.engines.trainers.class_maps import IGNORE
from pictograph_server.engines.trainers.loop.pictures import Outline, Picture
from pictograph_server.engines.trainers.sm_pytorch.data import class_map_of_picture, draw


def square(left: float, top: float, right: float, bottom: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float32)


def picture(box: tuple[int, int, int, int], *, outline: Outline | None = None, class_index: int = 0) -> Picture:
    """White on black, 64 by 48 pixels; the object is its box where no outline is given."""
    left, top, right, bottom = box
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[top:bottom, left:right] = 255
    outlines = (outline if outline is not None else (square(*box),),)
    return Picture(pixels, np.array([box], np.float32), np.array([class_index]), outlines)


def test_class_map_of_picture__hole_is_background() -> None:
    painted = class_map_of_picture(picture((10, 10, 30, 30), outline=(square(10, 10, 30, 30), square(15, 15, 20, 20))))
    assert ((painted == 1).sum(), (painted == 0).sum()) == (400 - 25, 48 * 64 - 400 + 25)


def test_draw__classes_lie_where_the_pixels_are() -> None:
    """Scaled, shifted, mirrored: white stays the class, but for the blur of a pixel around it."""
    for seed in range(20):
        example = draw(picture((10, 10, 40, 30)), (48, 64), np.random.default_rng(seed), flip=True)
        is_white, is_class = example.pixels[..., 0] > 170, example.class_map == 1
        assert (is_white & is_class).sum() / (is_white | is_class).sum() > 0.9


def test_draw__mirrors_only_when_told() -> None:
    one_sided = picture((0, 0, 20, 48))
    drawn = [draw(one_sided, (48, 64), np.random.default_rng(seed), flip=False).class_map for seed in range(20)]
    flipped = [draw(one_sided, (48, 64), np.random.default_rng(seed), flip=True).class_map for seed in range(20)]
    assert all((each[:, -1] != 1).all() for each in drawn)
    assert any((each[:, -1] == 1).any() for each in flipped)


def test_draw__outside_the_picture_is_ignored() -> None:
    """A wide picture in a square input: what is neither the picture nor its object is nothing to learn from."""
    example = draw(picture((0, 0, 64, 48)), (128, 64), np.random.default_rng(1), flip=False)
    assert set(np.unique(example.class_map)) == {1, IGNORE}
    assert example.pixels[example.class_map == IGNORE].max() < 200 < example.pixels[example.class_map == 1].min()


@pytest.mark.parametrize("seed", range(5))
def test_draw__little_that_is_left_of_an_object_is_no_background(seed: int) -> None:
    example = draw(picture((0, 0, 64, 48)), (32, 32), np.random.default_rng(seed), flip=False)
    assert not (example.class_map == 0).any()


def test_draw__box_without_outline_is_ignored() -> None:
    example = draw(picture((10, 10, 40, 30), outline=()), (48, 64), np.random.default_rng(0), flip=False)
    assert (example.class_map == IGNORE).any() and not (example.class_map == 1).any()
