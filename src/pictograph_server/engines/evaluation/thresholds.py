"""What keeping only answers of so much confidence gives, as the wire has it."""

import numpy as np

from pictograph.metrics.average_precision import Judged
from pictograph.metrics.operating_point import best_point, curve
from pictograph.models.evaluation import ThresholdCurve, ThresholdFigures

# Enough for a curve on a screen.
_CONFIDENCES = np.arange(51) / 50
_DIGITS = 3


def best_threshold(judged: Judged) -> ThresholdFigures | None:
    """Return the threshold with the best F1; None when nothing was found at any."""
    point = best_point(judged)
    if point is None:
        return None
    return ThresholdFigures(confidence=point.confidence, precision=point.precision, recall=point.recall, f1=point.f1)


def threshold_curve(judged: Judged) -> ThresholdCurve | None:
    """Return what every threshold gives; None where there is nothing to find."""
    if not judged.objects:
        return None
    precision, recall = (np.round(values, _DIGITS).tolist() for values in curve(judged, _CONFIDENCES))
    return ThresholdCurve(precision=precision, recall=recall)
