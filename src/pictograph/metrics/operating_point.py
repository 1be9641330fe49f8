"""What a threshold on the confidence costs and gives: precision, recall, F1, and where F1 is best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictograph.metrics.average_precision import Judged


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Detections of this confidence or more, kept; the share of them that is right, the share of objects found."""

    confidence: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def best_point(judged: Judged) -> OperatingPoint | None:
    """Return the threshold with the best F1, the highest of equally good ones; None when nothing was found."""
    if not judged.is_hit.any():
        return None
    hits = np.cumsum(judged.is_hit)
    kept = np.arange(1, len(hits) + 1)
    f1 = 2 * hits / (kept + judged.objects)
    # Equally sure detections stay or go together.
    f1[:-1][judged.confidences[1:] == judged.confidences[:-1]] = -1
    return point_at(judged, float(judged.confidences[int(f1.argmax())]))


def point_at(judged: Judged, confidence: float) -> OperatingPoint:
    """Return precision and recall at a threshold; precision is 0 where nothing is said, recall where nothing is."""
    kept = judged.is_hit[judged.confidences >= confidence]
    hits = int(kept.sum())
    return OperatingPoint(confidence, hits / max(len(kept), 1), hits / max(judged.objects, 1))


def curve(judged: Judged, confidences: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision and recall at each of several thresholds, as `point_at` tells them."""
    # The surest come first: how many are at least this sure.
    kept = np.searchsorted(-judged.confidences, -confidences, side="right")
    hits = np.concatenate([[0], np.cumsum(judged.is_hit)])[kept]
    return hits / np.maximum(kept, 1), hits / max(judged.objects, 1)


def together(judged: Sequence[Judged]) -> Judged:
    """Return the detections of several classes as if they were of one: each object counts the same."""
    confidences = np.concatenate([np.zeros(0), *(each.confidences for each in judged)])
    is_hit = np.concatenate([np.zeros(0, dtype=bool), *(each.is_hit for each in judged)])
    order = np.argsort(-confidences, kind="stable")
    return Judged(confidences[order], is_hit[order], sum(each.objects for each in judged))
