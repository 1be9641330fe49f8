"""Pictures for RF-DETR: stretched as the finished model is fed them, boxes and outlines with them."""

from pathlib import Path

import numpy as np
from PIL import Image

from pictograph.inference.spec import Preprocessing
from pictograph_server.engines.trainers.base import Sample, Shape
from pictograph_server.engines.trainers.loop.pictures import Picture
from pictograph_server.engines.trainers.rfdetr.data import draw, open_stretched

SQUARE = Preprocessing(
    input_size_hw=(64, 64), channel_order="RGB", resize="stretch", interpolation="antialiased_linear"
)
RING = ((40.0, 20.0), (80.0, 20.0), (80.0, 60.0), (40.0, 60.0))


def red_square(folder: Path) -> Picture:
    """A red square, x 40-80 and y 20-60 of 160 x 80, in a picture stretched to 64 x 64."""
    pixels = np.zeros((80, 160, 3), dtype=np.uint8)
    pixels[20:60, 40:80, 0] = 250
    path = folder / "square.png"
    Image.fromarray(pixels).save(path)
    return open_stretched(Sample("i", path, 160, 80, "0", shapes=(Shape(2, (40, 20, 80, 60), (RING,)),)), SQUARE)


def test_open_stretched__each_axis_by_itself(tmp_path: Path) -> None:
    picture = red_square(tmp_path)
    assert picture.size_wh == (64, 64)
    np.testing.assert_allclose(picture.boxes_xyxy, [[16, 16, 32, 48]])
    assert picture.pixels[18:46, 18:30, 0].min() == 250
    assert picture.class_indexes.tolist() == [2]
    assert picture.masks()[0].sum() == 16 * 32


def test_draw__boxes_and_masks_stay_on_their_object(tmp_path: Path) -> None:
    picture = red_square(tmp_path)
    seen = 0
    for seed in range(40):
        drawn = draw(picture, np.random.default_rng(seed), flip=True)
        assert drawn.pixels.shape == (64, 64, 3)
        red = drawn.pixels[..., 0].astype(int) - drawn.pixels[..., 1] > 100
        for box, mask in zip(drawn.boxes_xyxy, drawn.masks(), strict=True):
            ys, xs = np.nonzero(red)
            np.testing.assert_allclose(box, (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1), atol=1.5)
            assert (mask & red).sum() / (mask | red).sum() > 0.85
            seen += 1
    assert seen > 30


def test_draw__same_seed_same_example(tmp_path: Path) -> None:
    picture = red_square(tmp_path)
    first, again = (draw(picture, np.random.default_rng(3), flip=True) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.boxes_xyxy, again.boxes_xyxy)
