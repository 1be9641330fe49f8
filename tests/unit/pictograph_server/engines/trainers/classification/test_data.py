"""What a classifier is shown."""

from pathlib import Path

import numpy as np
from PIL import Image

from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.classification.data import draw, open_stretched


def written(folder: Path) -> Sample:
    """Red on the left, blue on the right, twice as wide as high."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40, 0] = pixels[:, 40:, 2] = 255
    Image.fromarray(pixels).save(folder / "a.png")
    return Sample("a", folder / "a.png", 80, 40, "0" * 64)


def test_open_stretched__all_of_the_image_in_a_square(tmp_path: Path) -> None:
    pixels = open_stretched(written(tmp_path), 32).pixels
    assert pixels.shape == (32, 32, 3)
    assert (pixels[0, 0].tolist(), pixels[-1, -1].tolist()) == ([255, 0, 0], [0, 0, 255])


def test_draw__whole_picture_at_the_end_of_a_run(tmp_path: Path) -> None:
    picture = open_stretched(written(tmp_path), 40)
    for seed in range(5):
        shown = draw(picture, 32, np.random.default_rng(seed), flip=False, whole=True)
        is_red = shown[..., 0] > shown[..., 2]
        assert (shown.shape, is_red[:, :15].all(), is_red[:, 17:].any()) == ((32, 32, 3), True, False)


def test_draw__a_part_before_that(tmp_path: Path) -> None:
    picture = open_stretched(written(tmp_path), 40)
    shown = [draw(picture, 32, np.random.default_rng(seed), flip=False, whole=False) for seed in range(20)]
    widths_of_red = {int((each[0, :, 0] > each[0, :, 2]).sum()) for each in shown}
    assert {each.shape for each in shown} == {(32, 32, 3)}
    assert len(widths_of_red) > 5


def test_draw__mirrors_half_of_them(tmp_path: Path) -> None:
    picture = open_stretched(written(tmp_path), 40)
    shown = [draw(picture, 32, np.random.default_rng(seed), flip=True, whole=True) for seed in range(40)]
    mirrored = sum(bool(each[0, 0, 2] > each[0, 0, 0]) for each in shown)
    assert 10 < mirrored < 30
