"""Exemplars of another image, pasted into the plainest corner."""

import numpy as np
import pytest

from pictograph_server.engines.annotators.base import Box, Detection, Exemplars
from pictograph_server.engines.annotators.sam3.pasted import scene_of

BOX: Box = (40, 50, 80, 70)


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)


def red(width: int = 200, height: int = 100) -> np.ndarray:
    image = np.full((height, width, 3), 90, np.uint8)
    image[50:70, 40:80] = (255, 0, 0)
    return image


def test_scene_of__its_own_image_stays_as_it_is():
    image = red()
    scene = scene_of(image.copy(), Exemplars(image, [BOX], [True]))
    assert np.array_equal(scene.image, image) and scene.boxes_xyxy == [BOX]
    assert not scene.is_hidden(Detection("x", 0.9, BOX))


@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_scene_of__the_exemplar_lies_where_its_box_says_in_the_plainest_corner(corner: tuple[int, int]):
    target = noise(400, 300)
    left, top = 200 * corner[0], 150 * corner[1]
    target[top : top + 150, left : left + 200] = 128
    before = target.copy()
    scene = scene_of(target, Exemplars(red(), [BOX], [True]))
    [(x_min, y_min, x_max, y_max)] = scene.boxes_xyxy
    assert left <= x_min < x_max <= left + 200 and top <= y_min < y_max <= top + 150
    inside = scene.image[round(y_min) + 2 : round(y_max) - 2, round(x_min) + 2 : round(x_max) - 2]
    assert (inside == (255, 0, 0)).all() and inside.size
    assert scene.is_hidden(Detection("x", 0.9, (x_min, y_min, x_max, y_max)))
    assert not scene.is_hidden(Detection("x", 0.9, (190, 140, 210, 160)))
    assert np.array_equal(target, before)


def test_scene_of__several_share_the_square():
    target = noise(400, 300)
    scene = scene_of(target, Exemplars(red(), [BOX, (0, 0, 30, 30), (100, 0, 200, 100)], [True, False, True]))
    assert scene.hidden_xyxy is not None and len(scene.boxes_xyxy) == 3
    left, top, right, bottom = scene.hidden_xyxy
    assert right - left <= 90 and bottom - top <= 90
    assert all(left <= x0 < x1 <= right and top <= y0 < y1 <= bottom for x0, y0, x1, y1 in scene.boxes_xyxy)


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 90), (5000, 4)], ids=str)
def test_scene_of__any_size_of_image(size_wh: tuple[int, int]):
    scene = scene_of(noise(*size_wh), Exemplars(red(), [BOX], [True]))
    assert scene.image.shape == (size_wh[1], size_wh[0], 3)
