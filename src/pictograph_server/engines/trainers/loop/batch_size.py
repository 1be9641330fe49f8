"""How many images a step the card has room for, tried out before the first step."""

from collections.abc import Callable

import torch

# A step of twice the images is not tried when this one already took more than half of this share of the memory:
# what the steps of a whole run need varies (objects in the picture), and the measurements need room too.
_USABLE = 0.8


def largest_batch(start: int, most: int, attempt: Callable[[int], float]) -> int:
    """Return the largest of `start`, `2 * start` … up to `most` that fits; smaller ones when `start` does not.

    Args:
        attempt: does one step with so many images, returns the share of the memory it took (0-1) and raises
            `torch.cuda.OutOfMemoryError` when there is not enough.
    """
    size = max(min(start, most), 1)
    while not _fits(size, attempt):
        if size == 1:
            # The run itself will say so, with the right words.
            return 1
        size //= 2
    if size < start:
        return size
    while size * 2 <= most:
        if attempt(size) * 2 > _USABLE or not _fits(size * 2, attempt):
            break
        size *= 2
    return size


def _fits(size: int, attempt: Callable[[int], float]) -> bool:
    try:
        attempt(size)
    except torch.cuda.OutOfMemoryError:
        torch.cuda.empty_cache()
        return False
    return True
