"""COCO run-length encoding without pycocotools: column-major runs, as a list of counts or as COCO's compressed text.

Runs alternate background, foreground, background … starting with background (so the first count may be 0). The
compressed text writes each count (from the third on: its difference to the count two before) in base 32, low digits
first, one character a digit. Source: the COCO data format, https://cocodataset.org/#format-data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DIGIT, _MORE, _SIGN, _FIRST_CHARACTER = 0x1F, 0x20, 0x10, 48
# A text of unknown origin must not make numbers of a million digits.
_MOST_BITS = 70


@dataclass(frozen=True, slots=True)
class Rle:
    """A mask as COCO writes it: `counts` is the compressed text, `shape_hw` the size of the whole image."""

    shape_hw: tuple[int, int]
    counts: str

    @classmethod
    def from_counts(cls, counts: Sequence[int], shape_hw: tuple[int, int]) -> "Rle":
        """Return the compressed form of COCO's uncompressed list of counts."""
        return cls(shape_hw, compress(counts))

    def area(self) -> int:
        """Return the number of foreground pixels."""
        return sum(decompress(self.counts)[1::2])


def encode(
    mask: NDArray[np.bool_], *, origin_xy: tuple[int, int] = (0, 0), shape_hw: tuple[int, int] | None = None
) -> Rle:
    """Return the run-length encoding of a mask.

    Args:
        mask: foreground, shape `(height, width)`; may be a crop of the image.
        origin_xy: where the crop's top-left pixel lies in the image.
        shape_hw: size of the image; that of the mask when left out.
    Raises:
        ValueError: the mask is not two-dimensional, or the crop does not lie inside the image.
    """
    if mask.ndim != 2:
        raise ValueError(f"a mask has two dimensions, got shape {mask.shape}")
    (rows, columns), (x, y) = mask.shape, origin_xy
    height, width = shape_hw or (rows + y, columns + x)
    if x < 0 or y < 0 or y + rows > height or x + columns > width:
        raise ValueError(
            f"a crop of {columns} x {rows} at {origin_xy} does not lie inside an image of {width} x {height}"
        )
    # Runs down each column of the crop: only the crop is touched, however large the image is.
    steps = np.diff(np.pad(mask.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    start_columns, start_rows = np.nonzero(steps == 1)
    stop_columns, stop_rows = np.nonzero(steps == -1)
    starts = (start_columns + x) * height + start_rows + y
    stops = (stop_columns + x) * height + stop_rows + y
    # A run that reaches the bottom goes on at the top of the next column.
    joined = starts[1:] == stops[:-1]
    starts = starts[np.r_[True, ~joined]] if starts.size else starts
    stops = stops[np.r_[~joined, True]] if stops.size else stops
    edges = np.concatenate([[0], np.stack([starts, stops], axis=1).ravel(), [height * width]])
    counts = np.diff(edges)
    if counts.size > 1 and counts[-1] == 0:
        counts = counts[:-1]
    return Rle((height, width), compress(counts.tolist()))


def decode(rle: Rle) -> NDArray[np.bool_]:
    """Return the mask, shape `(height, width)`.

    Raises:
        ValueError: the counts do not add up to the size of the image.
    """
    counts = decompress(rle.counts)
    height, width = rle.shape_hw
    if any(count < 0 for count in counts) or sum(counts) != height * width:
        raise ValueError(f"RLE counts sum to {sum(counts)}, an image of {width} x {height} has {height * width} pixels")
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(width, height).T


def compress(counts: Sequence[int]) -> str:
    """Return COCO's text for a list of counts."""
    text: list[str] = []
    for index, count in enumerate(counts):
        value = int(count) - (int(counts[index - 2]) if index > 2 else 0)
        more = True
        while more:
            digit = value & _DIGIT
            value >>= 5
            more = value != (-1 if digit & _SIGN else 0)
            text.append(chr((digit | _MORE if more else digit) + _FIRST_CHARACTER))
    return "".join(text)


def decompress(text: str) -> list[int]:
    """Return the counts that COCO's text stands for.

    Raises:
        ValueError: the text ends within a number or has a character outside COCO's alphabet.
    """
    counts: list[int] = []
    value, shift = 0, 0
    for character in text:
        code = ord(character) - _FIRST_CHARACTER
        if not 0 <= code < 64:
            raise ValueError(f"{character!r} is no character of COCO's run-length text")
        value |= (code & _DIGIT) << shift
        shift += 5
        if shift > _MOST_BITS:
            raise ValueError("COCO's run-length text has a number that no image needs")
        if code & _MORE:
            continue
        if code & _SIGN:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value, shift = 0, 0
    if shift:
        raise ValueError("COCO's run-length text ends within a number")
    return counts
