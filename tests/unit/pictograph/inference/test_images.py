"""Images in, tensors out: fit, padding, channel order."""

import numpy as np
import pytest

from pictograph.inference.images import letterbox, to_tensor
from pictograph.inference.spec import Preprocessing


def settings(height: int = 32, width: int = 64, *, order: str = "RGB", scale: float = 1.0) -> Preprocessing:
    return Preprocessing.model_validate(
        {"input_size_hw": (height, width), "channel_order": order, "scale": scale, "pad_value": 114}
    )


def test_letterbox__fits_at_the_top_left_and_pads_the_rest() -> None:
    image, scale = letterbox(np.full((64, 64, 3), 200, dtype=np.uint8), settings(32, 64))
    assert (image.shape, scale) == ((32, 64, 3), 0.5)
    assert (image[:, :32] == 200).all()
    assert (image[:, 32:] == 114).all()


def test_letterbox__small_images_are_enlarged() -> None:
    _, scale = letterbox(np.zeros((8, 16, 3), dtype=np.uint8), settings(32, 64))
    assert scale == 4


def test_letterbox__channel_order() -> None:
    red = np.zeros((32, 64, 3), dtype=np.uint8)
    red[..., 0] = 255
    assert letterbox(red, settings(order="RGB"))[0][0, 0].tolist() == [255, 0, 0]
    assert letterbox(red, settings(order="BGR"))[0][0, 0].tolist() == [0, 0, 255]


def test_letterbox__one_pixel_wide() -> None:
    assert letterbox(np.zeros((1000, 1, 3), dtype=np.uint8), settings())[0].shape == (32, 64, 3)


def test_to_tensor__scale_and_layout() -> None:
    image = np.zeros((32, 64, 3), dtype=np.uint8)
    image[..., 1] = 255
    tensor = to_tensor(image, settings(scale=1 / 255))
    assert (tensor.shape, tensor.dtype) == ((1, 3, 32, 64), np.float32)
    assert tensor[0, :, 5, 5].tolist() == [0, pytest.approx(1), 0]
