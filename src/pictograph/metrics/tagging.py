"""What images were taken for as a whole: the first answers, precision and recall of each class, and confusions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pictograph.metrics.average_precision import Judged


@dataclass(slots=True)
class TagTally:
    """Adds up images. `counts[true, said]` has a last row for tags that are said too much and a last column for those
    that are not said: only where an image may have several tags or none do they hold anything."""

    classes: int
    images: int = 0
    top_1: int = 0
    top_5: int = 0
    counts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros((self.classes + 1, self.classes + 1), dtype=np.int64)

    def add(self, true: Collection[int], ranked: Sequence[int], said: Collection[int]) -> None:
        """Add an image: its tags, all classes from the likeliest on, and those that the model says.

        The first answer is the likeliest of what is said. Saying nothing is right where there is nothing.
        """
        self.images += 1
        first = [index for index in ranked if index in said][:1]
        self.top_1 += bool(set(true).intersection(first)) if true else not said
        self.top_5 += bool(set(true).intersection(ranked[:5])) if true else not said
        missed, extra = sorted(set(true) - set(said)), sorted(set(said) - set(true))
        for both in set(true) & set(said):
            self.counts[both, both] += 1
        # What is missed stands beside what is said instead, as far as it goes.
        for index in range(max(len(missed), len(extra))):
            row = missed[index] if index < len(missed) else self.classes
            column = extra[index] if index < len(extra) else self.classes
            self.counts[row, column] += 1

    def precision(self, class_index: int) -> float:
        """Return the share of the images said to show it that do; 0 when none is said to."""
        return float(self._hits(class_index) / max(self.counts[:, class_index].sum(), 1))

    def recall(self, class_index: int) -> float:
        """Return the share of the images that show it that are said to; 0 when none shows it."""
        return float(self._hits(class_index) / max(self.counts[class_index].sum(), 1))

    def f1(self, class_index: int) -> float:
        """Return the harmonic mean of precision and recall."""
        both = self.counts[:, class_index].sum() + self.counts[class_index].sum()
        return float(2 * self._hits(class_index) / max(both, 1))

    def _hits(self, class_index: int) -> int:
        return int(self.counts[class_index, class_index])


class TagAnswers:
    """Adds up answers of every confidence, which are judged at any threshold afterwards."""

    def __init__(self, classes: int) -> None:
        self._confidences: list[list[float]] = [[] for _ in range(classes)]
        self._is_hit: list[list[bool]] = [[] for _ in range(classes)]
        self._images = [0] * classes

    def add(self, true: Collection[int], answers: Iterable[tuple[int, float]]) -> None:
        """Add an image: its tags, and the classes it could be said to show, each with the confidence."""
        for class_index in set(true):
            self._images[class_index] += 1
        for class_index, confidence in answers:
            self._confidences[class_index].append(confidence)
            self._is_hit[class_index].append(class_index in true)

    def judged(self) -> list[Judged]:
        """Return the answers of each class, the surest first; its objects are the images that have it."""
        found: list[Judged] = []
        for confidences, is_hit, images in zip(self._confidences, self._is_hit, self._images, strict=True):
            sure = np.array(confidences, dtype=np.float64)
            order = np.argsort(-sure, kind="stable")
            found.append(Judged(sure[order], np.array(is_hit, dtype=bool)[order], images))
        return found
