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
    return {name: _largest(expected[name], answered[name]) for name in expected}


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
