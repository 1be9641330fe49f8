"""Lists of detections compared: the order is nobody's, rounding is forgiven, a lost detection is not."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from pictograph.inference.spec import ListDecoding
from pictograph_server.engines.trainers.product.parity import differences

DECODING = ListDecoding(confidence=0.5, max_detections=6)
Detection = tuple[float, float, int]  # left edge of a box of 10 x 10 pixels, score, label


def answer(*detections: Detection) -> dict[str, NDArray[np.float32]]:
    boxes = np.array([(left, 0, left + 10, 10) for left, _, _ in detections], np.float32).reshape(-1, 4)
    return {
        "boxes": boxes,
        "scores": np.array([score for _, score, _ in detections], np.float32),
        "labels": np.array([label for _, _, label in detections], np.float32),
        "masks": np.tile(boxes[:, None, :1, None] / 100, (1, 1, 2, 2)).astype(np.float32),
    }


def largest(one: dict[str, NDArray[np.float32]], other: dict[str, NDArray[np.float32]]) -> float:
    return max(differences(one, other, DECODING, (1, 3, 64, 64)).values())


def test_differences__other_order() -> None:
    one, other = answer((0, 0.9, 1), (30, 0.9, 2)), answer((30, 0.9, 2), (0, 0.9, 1))
    assert largest(one, other) == 0


def test_differences__of_the_output_that_differs() -> None:
    one, other = answer((10, 0.9, 1), (30, 0.8, 1)), answer((10, 0.9, 1), (30, 0.795, 1))
    found = differences(one, other, DECODING, (1, 3, 64, 64))
    assert found == {"boxes": 0, "scores": pytest.approx(0.005, abs=1e-6), "labels": 0, "masks": 0}


def test_differences__mask_of_the_counterpart() -> None:
    one, other = answer((10, 0.9, 1), (30, 0.8, 1)), answer((30, 0.8, 1), (10, 0.9, 1))
    other["masks"][1] += 0.25  # that of the box at 10
    assert differences(one, other, DECODING, (1, 3, 64, 64))["masks"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (answer((0, 0.9, 1)), answer()),
        (answer((0, 0.9, 1)), answer((0, 0.9, 2))),
        (answer((0, 0.9, 1), (30, 0.9, 1)), answer((0, 0.9, 1), (45, 0.9, 1))),
        (answer((0, 0.2, 1), (30, 0.2, 1)), answer()),
    ],
    ids=["lost", "another class", "elsewhere", "two unsure ones lost"],
)
def test_differences__what_rounding_does_not_explain(
    one: dict[str, NDArray[np.float32]], other: dict[str, NDArray[np.float32]]
) -> None:
    assert math.isinf(largest(one, other))
    assert math.isinf(largest(other, one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (answer((0, 0.9, 1), (30, 0.06, 1)), answer((0, 0.9, 1))),
        (answer((0, 0.9, 1), (30, 0.7, 1)), answer((0, 0.9, 1), (33, 0.7, 1))),
        (
            answer(*((15 * place, 0.3, 1) for place in range(6))),
            answer(*((15 * place, 0.3, 1) for place in range(3, 9))),
        ),
        (answer(), answer()),
    ],
    ids=["one at the threshold", "the other of two doubles", "many alike in a full list", "nothing found"],
)
def test_differences__what_rounding_explains(
    one: dict[str, NDArray[np.float32]], other: dict[str, NDArray[np.float32]]
) -> None:
    assert largest(one, other) == 0
    assert largest(other, one) == 0
