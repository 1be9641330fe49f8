"""The images a model is asked about: files, Pillow's images, arrays; many of them read while the network computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pictograph.inference.images import Placement, fit, to_tensor
from pictograph.inference.spec import Preprocessing
from pictograph.pixels import RgbArray, read_rgb

if TYPE_CHECKING:
    from typing_extensions import TypeIs

# Of an image file: one that would unpack to more is refused before it fills the memory. Larger ones go in as arrays.
MAX_PIXELS = 200_000_000

# As many photos are unpacked at once. Each is shrunk to the network's input at once, so no more are in memory.
_READING_THREADS = 4

# A path, a file's bytes, an image of Pillow's (turned by its EXIF orientation), or RGB `(height, width, 3)`, uint8.
ImageSource: TypeAlias = "str | Path | bytes | Image.Image | RgbArray"


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """An image as the network is to see it: `tensor` has the shape `(1, 3, height, width)`."""

    tensor: NDArray[np.float32]
    placement: Placement
    # Where the image is, when it came from a file.
    path: Path | None = None


def is_one_image(images: ImageSource | Iterable[ImageSource]) -> TypeIs[ImageSource]:
    """Return whether something is an image, and not several."""
    return isinstance(images, str | Path | bytes | Image.Image | np.ndarray)


def to_input(image: ImageSource, preprocessing: Preprocessing) -> Input:
    """Return an image ready for the network.

    Raises:
        OSError: the file is missing, cannot be decoded, or has more than `MAX_PIXELS` pixels.
        ValueError: an array of another shape or type.
    """
    fitted, placement = fit(to_rgb(image), preprocessing)
    return Input(to_tensor(fitted, preprocessing), placement, Path(image) if isinstance(image, str | Path) else None)


def to_inputs(
    images: Iterable[ImageSource],
    preprocessing: Preprocessing,
    *,
    at_once: int,
    on_unreadable: Callable[[ImageSource, OSError], None] | None = None,
) -> Iterator[Input]:
    """Yield images ready for the network, in order; those that come next are read while the network looks at others.

    Args:
        at_once: how many the caller takes before it is busy.
        on_unreadable: called with each image that cannot be read, which is then left out; raised when None.
    """
    waiting: deque[tuple[ImageSource, Future[Input]]] = deque()

    def first() -> Iterator[Input]:
        image, future = waiting.popleft()
        error = future.exception()
        if isinstance(error, OSError) and on_unreadable is not None:
            on_unreadable(image, error)
            return
        yield future.result()

    pool = ThreadPoolExecutor(_READING_THREADS, thread_name_prefix="pictograph-read")
    try:
        for image in images:
            waiting.append((image, pool.submit(to_input, image, preprocessing)))
            if len(waiting) >= at_once + _READING_THREADS:
                yield from first()
        while waiting:
            yield from first()
    finally:
        pool.shutdown(cancel_futures=True)


def to_rgb(image: ImageSource) -> RgbArray:
    """Return an image's pixels as shown, shape `(height, width, 3)`; raises as `to_input`."""
    # Of a tensor, or of a list in a list, what is asked about are its parts.
    if not is_one_image(image):
        raise ValueError(
            f"expected a path, the bytes of a file, an image of Pillow's or an RGB array, got {type(image).__name__}"
        )
    if not isinstance(image, np.ndarray):
        return read_rgb(image, max_pixels=MAX_PIXELS)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f"expected an RGB array of shape (height, width, 3) and type uint8, got {image.shape} {image.dtype}"
        )
    return image
