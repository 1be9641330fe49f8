"""Images in, tensors out: orientation, depth, fit, channel order."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pictograph.inference.images import letterbox, open_rgb, to_tensor
from pictograph.inference.spec import Preprocessing


def settings(height: int = 32, width: int = 64, *, order: str = "RGB", scale: float = 1.0) -> Preprocessing:
    return Preprocessing.model_validate(
        {"input_size_hw": (height, width), "channel_order": order, "scale": scale, "pad_value": 114}
    )


def test_open_rgb__camera_held_sideways(tmp_path: Path) -> None:
    image = Image.new("RGB", (30, 10), "red")
    exif = image.getexif()
    exif[0x0112] = 6  # turn a quarter to the right to see it upright
    image.save(tmp_path / "photo.jpg", exif=exif)
    assert open_rgb(tmp_path / "photo.jpg").shape == (30, 10, 3)


def test_open_rgb__sixteen_bits_keep_their_brightness() -> None:
    deep = Image.fromarray(np.full((4, 4), 0x8080, dtype=np.uint16))
    assert open_rgb(deep).tolist() == np.full((4, 4, 3), 128).tolist()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_open_rgb__every_mode_becomes_rgb(mode: str) -> None:
    image = open_rgb(Image.new("RGB", (5, 4)).convert(mode))
    assert (image.shape, image.dtype) == ((4, 5, 3), np.uint8)


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)], ids=["grey", "float"])
def test_open_rgb__array_of_another_kind_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected an RGB array"):
        open_rgb(array)


def test_open_rgb__not_an_image() -> None:
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(b"text"))


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
