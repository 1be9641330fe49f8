"""What an image looks like: near copies are near, other pictures are not. Photographs are scikit-image's own."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from skimage import data
from tests.factories import encoded

from pictograph.pixels import decode_rgb
from pictograph_server.services.images.descriptor import LENGTH, descriptor, similarities

NAMES = ("astronaut", "coffee", "chelsea", "coins", "page", "moon", "brick", "grass", "clock")


def _same(image: Image.Image) -> Image.Image:
    return image


def _as_jpeg(image: Image.Image) -> Image.Image:
    return decode_rgb(encoded(image, "JPEG", quality=30))


def _half_as_large(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2))


def _with_less_contrast(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(0.8)


@pytest.mark.parametrize(
    ("change", "least"),
    [
        (_same, 0.999),
        (_as_jpeg, 0.9),
        (_half_as_large, 0.9),
        (_with_less_contrast, 0.9),
    ],
)
def test_similarities__near_copies(change: Callable[[Image.Image], Image.Image], least: float) -> None:
    found = [
        float(similarities(descriptor(image), [descriptor(change(image))])[0]) for image in map(_photograph, NAMES)
    ]
    assert min(found) >= least


def test_similarities__other_pictures() -> None:
    known = [descriptor(_photograph(name)) for name in NAMES]
    found = np.stack([similarities(each, known) for each in known])
    others = found[~np.eye(len(NAMES), dtype=bool)]
    # Two of these pairs have much in common; the client's threshold is 0.6.
    assert np.quantile(others, 0.9) < 0.6
    assert 0 <= others.min() <= others.max() < 0.9


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (3000, 2)])
def test_descriptor__of_any_shape(size: tuple[int, int]) -> None:
    one = descriptor(Image.new("RGB", size, (10, 200, 30)))
    assert len(one) == LENGTH
    assert similarities(one, [one])[0] == pytest.approx(1)


def _photograph(name: str) -> Image.Image:
    return Image.fromarray(getattr(data, name)()).convert("RGB")
