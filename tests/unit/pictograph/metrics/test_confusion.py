"""What was taken for what, counted by hand. Two classes; the third row and column are for nothing."""

from collections.abc import Sequence

import numpy as np

from pictograph.metrics.average_precision import ImageAnswers
from pictograph.metrics.confusion import Confusion, ConfusionTally


def image(
    objects: Sequence[int],
    said: Sequence[tuple[int, float]],
    overlaps: Sequence[Sequence[float]],
    *,
    counted: Sequence[bool] | None = None,
) -> ImageAnswers:
    return ImageAnswers(
        np.array(objects, dtype=np.int64),
        np.full(len(objects), 2500.0),
        np.array(counted or [True] * len(objects), dtype=bool),
        np.array([each[0] for each in said], dtype=np.int64),
        np.array([each[1] for each in said]),
        np.full(len(said), 2500.0),
        np.array(overlaps, dtype=np.float64).reshape(len(said), len(objects)),
    )


def confusion(*images: ImageAnswers, thresholds: tuple[float, float] = (0.5, 0.5)) -> Confusion:
    tally = ConfusionTally(2)
    for number, each in enumerate(images):
        tally.add(f"image-{number}", each)
    return tally.result(np.array(thresholds))


def test_confusion__by_hand() -> None:
    found = confusion(
        # Right; the second object taken for the other class; a false alarm.
        image([0, 0], [(0, 0.9), (1, 0.8), (1, 0.7)], [[0.8, 0], [0, 0.6], [0.4, 0]]),
        # Missed.
        image([1], [], []),
    )
    assert found.counts.tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_confusion__the_surer_answer_takes_the_object() -> None:
    found = confusion(image([0], [(0, 0.7), (1, 0.9)], [[0.9], [0.6]]))
    assert found.counts.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_confusion__a_class_has_its_own_threshold() -> None:
    said = image([0, 1], [(0, 0.6), (1, 0.6)], [[1, 0], [0, 1]])
    assert confusion(said, thresholds=(0.7, 0.6)).counts.tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_confusion__objects_that_do_not_count_are_neither_missed_nor_false_alarms() -> None:
    found = confusion(image([0, 1], [(0, 0.9)], [[0.9, 0.0]], counted=[False, False]))
    assert not found.counts.any()
    assert not found.images


def test_confusion__the_images_with_most_mistakes_first() -> None:
    one, right = image([0], [], []), image([0], [(0, 0.9)], [[1]])
    two = image([0], [(1, 0.9)], [[0]])
    found = confusion(one, right, two)
    assert [(each.image_id, each.count) for each in found.images] == [("image-2", 2), ("image-0", 1)]
