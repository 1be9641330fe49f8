"""Images as the models see them: fitted into the network's input."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.spec import Preprocessing
from pictograph.pixels import RgbArray


def letterbox(image: RgbArray, preprocessing: Preprocessing) -> tuple[RgbArray, float]:
    """Return the image fitted into the input at the top left, channels in the model's order, and the scale.

    The scale is input pixels for each image pixel: divide the model's coordinates by it.
    """
    resized, scale = shrink_to_fit(image, preprocessing.input_size_hw)
    canvas = np.full((*preprocessing.input_size_hw, 3), preprocessing.pad_value, dtype=np.uint8)
    canvas[: resized.shape[0], : resized.shape[1]] = (
        resized[:, :, ::-1] if preprocessing.channel_order == "BGR" else resized
    )
    return canvas, scale


def shrink_to_fit(image: RgbArray, size_hw: tuple[int, int]) -> tuple[RgbArray, float]:
    """Return the image resized, keeping its shape, to the largest that fits, and the scale."""
    # Imported here: the server lists its trainers at start, and OpenCV is slow to load.
    import cv2

    height, width = image.shape[:2]
    scale = min(size_hw[0] / height, size_hw[1] / width)
    new_wh = (max(min(round(width * scale), size_hw[1]), 1), max(min(round(height * scale), size_hw[0]), 1))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cast("RgbArray", cv2.resize(image, new_wh, interpolation=interpolation)), scale


def to_tensor(letterboxed: RgbArray, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """Return the network's input for one letterboxed image, shape `(1, 3, height, width)`."""
    values = letterboxed.astype(np.float32) * np.float32(preprocessing.scale)
    values = (values - np.array(preprocessing.mean, np.float32)) / np.array(preprocessing.std, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])
