"""From a class for every pixel to detections: each connected part of a class, at the image's resolution."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.activations import sigmoid
from pictograph.inference.boxes import Selection
from pictograph.inference.images import Placement
from pictograph.inference.masks import middles, sample
from pictograph.inference.spec import ClassMapDecoding

# Values computed at once: fifty megapixels of twenty classes would take gigabytes.
VALUES_AT_ONCE = 4_000_000

# A class, its pixels, and its probability at them; both of the image's shape.
Foreground = tuple[int, NDArray[np.bool_], NDArray[np.float32]]

# Where a pixel has none of the classes.
NO_CLASS = -1


@dataclass(frozen=True, slots=True)
class ClassMap:
    """A class index for every pixel of an image, `NO_CLASS` where there is none; kept as runs, row by row."""

    values: bytes
    lengths: bytes
    shape_hw: tuple[int, int]

    @classmethod
    def from_array(cls, classes: NDArray[np.int16]) -> Self:
        flat = classes.ravel()
        starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
        lengths = np.diff(starts, append=flat.size).astype(np.int64)
        return cls(flat[starts].tobytes(), lengths.tobytes(), (classes.shape[0], classes.shape[1]))

    def to_array(self) -> NDArray[np.int16]:
        """Return the class indexes, shape `(height, width)`."""
        values, lengths = np.frombuffer(self.values, np.int16), np.frombuffer(self.lengths, np.int64)
        return np.repeat(values, lengths).reshape(self.shape_hw)


@dataclass(frozen=True, slots=True)
class Part:
    """A connected part of a class. `box_xyxy` is tight, in pixels of the image."""

    class_index: int
    confidence: float
    box_xyxy: tuple[float, float, float, float]
    mask: CroppedMask


@dataclass(frozen=True, slots=True)
class _Upsampler:
    """Brings outputs to the image's resolution, some rows at a time."""

    placement: Placement
    values_at_once: int

    @property
    def shape_hw(self) -> tuple[int, int]:
        width, height = self.placement.image_size_wh
        return height, width

    def strips(self, output: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield rows of the image and the output there, shape `(channels, rows, width)`."""
        height, width = self.shape_hw
        channels, high, wide = output.shape
        across = self.placement.columns_to_input(middles(0, width)) / self.placement.input_size_wh[0] * wide
        down = self.placement.rows_to_input(middles(0, height)) / self.placement.input_size_wh[1] * high
        rows_each = max(1, self.values_at_once // (channels * width))
        for start in range(0, height, rows_each):
            rows = slice(start, start + rows_each)
            yield rows, sample(output, down[rows], across)


def decode_class_map(
    output: NDArray[np.float32],
    decoding: ClassMapDecoding,
    selection: Selection,
    placement: Placement,
    *,
    values_at_once: int = VALUES_AT_ONCE,
) -> tuple[list[Part], ClassMap]:
    """Return the parts in one image's output, shape `(channels, h, w)`, best first, and the class of every pixel.

    Parts are 8-connected; those with fewer than `least_pixels` pixels are left out. The map has them, and what is less
    sure than the selection wants; of classes that overlap it has the surer one.
    """
    channels = [channel for channel in range(len(output)) if channel != decoding.background_channel]
    flags = [True] * len(channels) if selection.classes is None else selection.classes.tolist()
    wanted = {channel: index for index, channel in enumerate(channels) if flags[index]}
    upsampler = _Upsampler(placement, values_at_once)
    found = _each_by_itself if decoding.activation == "sigmoid" else _one_a_pixel
    classes = np.full(upsampler.shape_hw, NO_CLASS, np.int16)
    parts = [
        part
        for class_index, foreground, probabilities in found(output, wanted, upsampler, classes)
        for part in _parts(class_index, foreground, probabilities, decoding.least_pixels)
        if part.confidence >= selection.confidence
    ]
    parts.sort(key=lambda part: -part.confidence)
    return parts[: selection.max_detections], ClassMap.from_array(classes)


def _each_by_itself(
    output: NDArray[np.float32], wanted: Mapping[int, int], upsampler: _Upsampler, classes: NDArray[np.int16]
) -> Iterator[Foreground]:
    """Yield the classes, and write the surest of each pixel into `classes`."""
    surest = np.full(upsampler.shape_hw, 0.5, np.float32)
    for channel, class_index in wanted.items():
        probabilities = np.empty(upsampler.shape_hw, np.float32)
        for rows, strip in upsampler.strips(output[[channel]]):
            probabilities[rows] = sigmoid(strip[0])
        classes[probabilities > surest] = class_index
        np.maximum(surest, probabilities, out=surest)
        yield class_index, probabilities > 0.5, probabilities


def _one_a_pixel(
    output: NDArray[np.float32], wanted: Mapping[int, int], upsampler: _Upsampler, classes: NDArray[np.int16]
) -> Iterator[Foreground]:
    """Yield the classes, and write that of each pixel into `classes`."""
    class_of = np.full(len(output), NO_CLASS, np.int16)
    class_of[list(wanted)] = list(wanted.values())
    probabilities = np.empty(upsampler.shape_hw, np.float32)
    for rows, strip in upsampler.strips(output):
        winners, probabilities[rows] = _winners(strip)
        classes[rows] = class_of[winners]
    for class_index in wanted.values():
        yield class_index, classes == class_index, probabilities


def _winners(logits: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the channel of the greatest logit and its probability (softmax), both of shape `(rows, width)`."""
    best = logits.max(axis=0)
    return logits.argmax(axis=0), 1 / np.exp(logits - best).sum(axis=0)


def _parts(
    class_index: int, foreground: NDArray[np.bool_], probabilities: NDArray[np.float32], least_pixels: int
) -> Iterator[Part]:
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(foreground.view(np.uint8), connectivity=8)
    for label, row in enumerate(stats.tolist()):
        x, y, width, height, pixels = cast("list[int]", row)
        if label == 0 or pixels < least_pixels:
            continue
        crop = np.s_[y : y + height, x : x + width]
        mask = labels[crop] == label
        confidence = float(probabilities[crop][mask].mean(dtype=np.float64))
        box = (float(x), float(y), float(x + width), float(y + height))
        yield Part(class_index, confidence, box, CroppedMask.from_array(mask, origin_xy=(x, y)))
