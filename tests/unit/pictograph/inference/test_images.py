"""Images in, tensors out: fit, padding, channel order, and the way back."""

import numpy as np
import pytest

from pictograph.inference.images import fit, to_tensor
from pictograph.inference.spec import Preprocessing


def settings(height: int = 32, width: int = 64, **more: object) -> Preprocessing:
    return Preprocessing.model_validate({"input_size_hw": (height, width), "channel_order": "RGB", **more})


def test_letterbox__fits_at_the_top_left_and_pads_the_rest() -> None:
    image, placement = fit(np.full((64, 64, 3), 200, dtype=np.uint8), settings(32, 64))
    assert (image.shape, placement.scale_xy, placement.offset_xy) == ((32, 64, 3), (0.5, 0.5), (0, 0))
    assert (image[:, :32] == 200).all()
    assert (image[:, 32:] == 114).all()


def test_letterbox__small_images_are_enlarged() -> None:
    _, placement = fit(np.zeros((8, 16, 3), dtype=np.uint8), settings(32, 64))
    assert placement.scale_xy == (4, 4)


def test_letterbox__one_pixel_wide() -> None:
    assert fit(np.zeros((1000, 1, 3), dtype=np.uint8), settings())[0].shape == (32, 64, 3)


@pytest.mark.parametrize(("order", "first"), [("RGB", 255), ("BGR", 0)])
def test_fit__channel_order(order: str, first: int) -> None:
    red = np.zeros((32, 64, 3), dtype=np.uint8)
    red[..., 0] = 255
    assert fit(red, settings(channel_order=order))[0][0, 0].tolist() == [first, 0, 255 - first]


def test_stretch__each_axis_by_itself() -> None:
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[:, 32:] = 255
    fitted, placement = fit(image, settings(32, 128, resize="stretch"))
    assert (fitted.shape, placement.scale_xy) == ((32, 128, 3), (2, 0.5))
    assert fitted[16, 60, 0] == 0 and fitted[16, 68, 0] == 255
    assert placement.boxes_to_image(np.array([[64, 16, 128, 32]], np.float32)).tolist() == [[32, 32, 64, 64]]


def test_center_crop__the_middle_of_the_enlarged_image() -> None:
    image = np.zeros((40, 80, 3), dtype=np.uint8)
    image[10:30, 30:50] = 255
    # 20 / 0.5 = 40: the image stays as it is, and its middle 20 x 20 is the white square.
    fitted, placement = fit(image, settings(20, 20, resize="center_crop", crop_fraction=0.5))
    assert (fitted == 255).all() and placement.offset_xy == (-30, -10)
    assert placement.boxes_to_image(np.array([[0, 0, 20, 20]], np.float32)).tolist() == [[30, 10, 50, 30]]


def test_center_crop__covers_the_input_whatever_the_shape() -> None:
    assert fit(np.zeros((7, 500, 3), np.uint8), settings(33, 21, resize="center_crop"))[0].shape == (33, 21, 3)


@pytest.mark.parametrize("interpolation", ["antialiased_linear", "antialiased_cubic"])
def test_interpolation__antialiased_averages_fine_stripes(interpolation: str) -> None:
    stripes = np.zeros((64, 256, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    fitted, _ = fit(stripes, settings(16, 64, resize="stretch", interpolation=interpolation))
    assert np.abs(fitted[:, 4:-4].astype(int) - 100).max() <= 2


def test_to_tensor__scale_mean_and_layout() -> None:
    image = np.zeros((32, 64, 3), dtype=np.uint8)
    image[..., 1] = 255
    tensor = to_tensor(image, settings(scale=1 / 255, mean=(0.5, 0.5, 0.0), std=(0.5, 0.25, 1.0)))
    assert (tensor.shape, tensor.dtype) == ((1, 3, 32, 64), np.float32)
    # (0 - 0.5) / 0.5, (1 - 0.5) / 0.25, 0.
    assert tensor[0, :, 5, 5].tolist() == [-1, pytest.approx(2), 0]
