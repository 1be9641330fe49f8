"""From logits to probabilities, without overflow."""

import numpy as np
from numpy.typing import NDArray


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32, copy=False)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities along the first axis."""
    powers = np.exp(logits - logits.max(axis=0))
    return (powers / powers.sum(axis=0)).astype(np.float32, copy=False)
