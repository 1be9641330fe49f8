"""How far two answers of one network are apart, looked at as a reader of them would."""

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.network import Outputs
from pictograph.inference.spec import (
    CandidateDecoding,
    ClassificationDecoding,
    ClassMapDecoding,
    ListDecoding,
    QueryDecoding,
)

# Candidates less likely than this pass no threshold: their sizes are exponentials of noise, and nobody reads them.
_LEAST_CONFIDENCE = 1e-3
# Two detections further apart than this (boxes relative, scores absolute) are not the same one.
_SAME = 0.01
# Detections that overlap so much may have suppressed each other: which of them stays, rounding decides.
_DOUBLES_IOU = 0.3

Decoding = CandidateDecoding | QueryDecoding | ListDecoding | ClassMapDecoding | ClassificationDecoding


def differences(
    expected: Outputs, answered: Outputs, decoding: Decoding, input_shape: tuple[int, ...]
) -> dict[str, float]:
    """Return the largest difference of each output, absolute up to one, relative beyond.

    Args:
        input_shape: `(n, 3, height, width)`; boxes beyond a few times the input are all the same.
    """
    if isinstance(decoding, CandidateDecoding):
        expected = {name: _readable(values, input_shape[-1]) for name, values in expected.items()}
        answered = {name: _readable(values, input_shape[-1]) for name, values in answered.items()}
        is_read = {name: _likely(values) for name, values in expected.items()}
        return {
            name: max(
                _largest(expected[name][is_read[name]], answered[name][is_read[name]]),
                _largest(expected[name][..., 4:], answered[name][..., 4:]),
            )
            for name in expected
        }
    if isinstance(decoding, ListDecoding):
        there, back = _of_lists(expected, answered, decoding), _of_lists(answered, expected, decoding)
        return {name: max(there[name], back[name]) for name in expected}
    return {name: _largest(expected[name], answered[name]) for name in expected}


def _of_lists(one: Outputs, other: Outputs, decoding: ListDecoding) -> dict[str, float]:
    """Return the largest difference of detections from their counterparts in another list, whatever the order.

    Infinite where counterparts are missing that rounding does not explain. It explains some: of two doubles the other
    was kept, or of many alike at the end of a full list others were.
    """
    distances = _distances(one, other, decoding)
    scores = one[decoding.scores]
    has_counterpart = distances.min(axis=1, initial=np.inf) <= _SAME
    is_missing = ~has_counterpart
    if len(scores) >= decoding.max_detections:
        is_missing &= scores > scores.min() + _LEAST_CONFIDENCE
    is_explained = (scores < decoding.confidence) | _has_double(one, other, decoding)
    if (is_missing & ~is_explained).any() or is_missing.sum() > 1 + len(scores) // 10:
        return dict.fromkeys(one, float("inf"))
    rows = np.flatnonzero(has_counterpart)
    counterparts = distances[rows].argmin(axis=1) if len(rows) else rows
    return {name: _largest(one[name][rows], other[name][counterparts]) for name in one}


def _distances(one: Outputs, other: Outputs, decoding: ListDecoding) -> NDArray[np.float64]:
    """Return how far each detection is from each of another list, in box and score; infinite between classes."""
    mine, theirs = one[decoding.boxes][:, None], other[decoding.boxes][None]
    of_boxes = (np.abs(mine - theirs) / np.maximum(np.abs(mine), 1.0)).max(axis=-1)
    of_scores = np.abs(one[decoding.scores][:, None] - other[decoding.scores][None])
    is_same_class = one[decoding.labels][:, None] == other[decoding.labels][None]
    return np.where(is_same_class, np.maximum(of_boxes, of_scores), np.inf).astype(np.float64)


def _has_double(one: Outputs, other: Outputs, decoding: ListDecoding) -> NDArray[np.bool_]:
    """Return which detections overlap one of their class in another list."""
    mine, theirs = one[decoding.boxes][:, None], other[decoding.boxes][None]
    sides = np.minimum(mine[..., 2:], theirs[..., 2:]) - np.maximum(mine[..., :2], theirs[..., :2])
    shared = np.maximum(sides, 0).prod(axis=-1)
    union = _areas(mine) + _areas(theirs) - shared
    is_same_class = one[decoding.labels][:, None] == other[decoding.labels][None]
    return (is_same_class & (shared > _DOUBLES_IOU * union)).any(axis=1)


def _areas(boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).prod(axis=-1)


def _largest(expected: NDArray[np.float32], answered: NDArray[np.float32]) -> float:
    if expected.shape != answered.shape:  # another number of detections
        return float("inf")
    difference = np.abs(answered - expected) / np.maximum(np.abs(expected), 1.0)
    return float(difference.max(initial=0.0))


def _likely(candidates: NDArray[np.float32]) -> NDArray[np.bool_]:
    return (candidates[..., 4] * candidates[..., 5:].max(-1)) >= _LEAST_CONFIDENCE


def _readable(candidates: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    # A size is an exponential and may be infinite. Boxes are cut at the image, so beyond this all are the same.
    return np.clip(candidates, -4.0 * side, 4.0 * side)
