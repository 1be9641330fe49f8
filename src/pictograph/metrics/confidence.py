"""What confidences are worth: their histogram, the threshold that pays best, and whom to look at first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pictograph.models.comparison import HISTOGRAM_STEPS, ConfidenceHistogram, ReviewEntry


@dataclass(frozen=True, slots=True)
class Threshold:
    """The confidence from which on labels are kept, and the F1 of those."""

    confidence: float
    f1: float


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """An image that nobody has looked at, and how sure the machine is of each label on it."""

    image_id: str
    path: str
    confidences: Sequence[float]


def histogram(confidences: Sequence[float], is_matched: Sequence[bool]) -> ConfidenceHistogram:
    """Return how many labels fall into each tenth of confidence, right ones and wrong ones apart."""
    # Not «times ten, rounded down»: 0.3 is a little less than three tenths, and 0.7 a little more than seven.
    edges = np.arange(1, HISTOGRAM_STEPS) / HISTOGRAM_STEPS
    step = np.searchsorted(edges, np.asarray(confidences, dtype=np.float64), side="right")
    matched = np.asarray(is_matched, dtype=bool)
    return ConfidenceHistogram(
        matched=np.bincount(step[matched], minlength=HISTOGRAM_STEPS).tolist(),
        unmatched=np.bincount(step[~matched], minlength=HISTOGRAM_STEPS).tolist(),
    )


def best_threshold(
    confidences: Sequence[float], is_matched: Sequence[bool], *, reference_count: int
) -> Threshold | None:
    """Return the confidence that keeps the best F1, the lowest of equally good ones; None when all are equal.

    Labels that were never made count against no threshold: below the least confidence there is nothing to see.
    """
    values = np.asarray(confidences, dtype=np.float64)
    if not reference_count or len(np.unique(values)) < 2:
        return None
    order = np.argsort(-values, kind="stable")
    values = values[order]
    hits = np.cumsum(np.asarray(is_matched, dtype=bool)[order])
    kept = np.arange(1, len(values) + 1)
    f1 = 2 * hits / (kept + reference_count)
    # Only where the next label is less confident can a threshold cut.
    cuts = np.flatnonzero(np.append(values[1:] < values[:-1], True))
    best = cuts[len(cuts) - 1 - int(np.argmax(f1[cuts][::-1]))]
    return Threshold(float(values[best]), float(f1[best])) if hits[best] else None


def review_order(
    images: Iterable[Unreviewed], *, empty_images: int = 0, wrong_empty_images: int = 0
) -> list[ReviewEntry]:
    """Return the images with the most doubtful first: by their least confident label.

    An image without a label says no confidence. It stands where the chance puts it that something was missed there:
    of `empty_images` without a label that were checked, `wrong_empty_images` had one missing; with none checked, that
    chance is a half. Equal doubts are in the order of the path.
    """
    missed = (wrong_empty_images + 1) / (empty_images + 2)
    entries = [
        ReviewEntry(
            image_id=image.image_id,
            path=image.path,
            label_count=len(image.confidences),
            least_confidence=min(image.confidences, default=None),
            doubt=1 - min(image.confidences) if image.confidences else missed,
        )
        for image in images
    ]
    return sorted(entries, key=lambda entry: (-entry.doubt, entry.path))
