"""The drawn scenes: the same seed gives the same picture, and what is told is what is drawn."""

import numpy as np
import pytest
from tools.tiny_sam3.generators import Generator, generators
from tools.tiny_sam3.scenes import MASK_SIDE, draw_scene, draw_scenes
from tools.tiny_sam3.unfamiliar import draw_unfamiliar_scene
from tools.tiny_sam3.unfamiliar_signs import STRANGERS
from tools.tiny_sam3.vocabulary import CLASS_NAMES


def test_draw_scenes__same_seed_same_bytes():
    first, again = draw_scenes(3, 6), draw_scenes(3, 6)
    for one, other in ((first.images, again.images), (first.masks, again.masks), (first.boxes, again.boxes)):
        assert np.array_equal(one, other)


def test_draw_scenes__first_scenes_do_not_depend_on_the_count():
    assert np.array_equal(draw_scenes(3, 2).images, draw_scenes(3, 5).images[:2])


def test_draw_scenes__other_seed_other_scenes():
    assert not np.array_equal(draw_scenes(3, 2).images, draw_scenes(4, 2).images)


def test_draw_scenes__box_bounds_the_mask():
    scenes = draw_scenes(5, 12)
    told = scenes.classes >= 0
    assert told.any()
    for picture, row in zip(*np.nonzero(told), strict=True):
        ys, xs = np.nonzero(scenes.masks[picture, row])
        x_min, y_min, x_max, y_max = scenes.boxes[picture, row] * MASK_SIDE
        assert xs.min() == pytest.approx(x_min, abs=1.01) and xs.max() + 1 == pytest.approx(x_max, abs=1.01)
        assert ys.min() == pytest.approx(y_min, abs=1.01) and ys.max() + 1 == pytest.approx(y_max, abs=1.01)


@pytest.mark.parametrize("generator", generators(), ids=lambda generator: generator.name)
def test_generator__same_number_same_scene_with_true_masks(generator: Generator):
    scene, again = generator.draw(4), generator.draw(4)
    assert np.array_equal(scene.image, again.image)
    assert scene.image.shape == (480, 640, 3) and scene.image.dtype == np.uint8
    assert scene.objects and all(each.class_name in CLASS_NAMES for each in scene.objects)
    assert all(each.mask.shape == (480, 640) and each.mask.any() for each in scene.objects)


def test_objects__do_not_overlap():
    for seed in range(4):
        for scene in (draw_scene(np.random.default_rng(seed)), draw_unfamiliar_scene(np.random.default_rng(seed))):
            assert sum((each.mask.astype(int) for each in scene.objects), np.zeros((480, 640), int)).max() <= 1


def test_unfamiliar_scene__signs_of_no_class_are_not_told():
    told = {each.class_name for seed in range(6) for each in draw_unfamiliar_scene(np.random.default_rng(seed)).objects}
    assert told and not told & set(STRANGERS)


def test_small_scenes__signs_are_small():
    small = generators()[2].draw_small
    assert small is not None
    heights = [box[3] - box[1] for number in range(4) for box in (o.box_xyxy() for o in small(number).objects)]
    assert heights and max(heights) < 60
