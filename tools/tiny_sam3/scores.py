"""Right, wrong and missing masks, counted: a hit is a mask with an IoU of at least 0.5, each object hit once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tools.tiny_sam3.scenes import Mask, SceneObject

from pictograph.metrics.detection import Matches
from pictograph_server.engines.annotators.base import Detection

HIT_IOU = 0.5


@dataclass(frozen=True)
class Score:
    """Counts, and the IoU of every hit."""

    matches: Matches
    overlaps: tuple[float, ...]

    def __add__(self, other: "Score") -> "Score":
        return Score(self.matches + other.matches, self.overlaps + other.overlaps)

    @property
    def f1(self) -> float:
        right, wrong, missing = self.matches.hits, self.matches.false_alarms, self.matches.misses
        return 2 * right / max(1, 2 * right + wrong + missing)

    @property
    def mean_iou(self) -> float:
        return float(np.mean(self.overlaps)) if self.overlaps else 0.0


NOTHING = Score(Matches(0, 0, 0), ())


def score(found: Sequence[Detection], objects: Sequence[SceneObject]) -> Score:
    """Return how well detections answer objects; the surest detection chooses first, the best object left."""
    left = list(objects)
    overlaps: list[float] = []
    for detection in sorted(found, key=lambda each: -each.confidence):
        reached = [mask_iou(detection, each.mask) for each in left]
        if reached and max(reached) >= HIT_IOU:
            best = reached.index(max(reached))
            overlaps.append(reached[best])
            left.pop(best)
    hits = len(overlaps)
    return Score(Matches(hits, len(found) - hits, len(left)), tuple(overlaps))


def mask_iou(detection: Detection | None, mask: Mask) -> float:
    """Return the IoU of a detection's mask with a mask of the whole picture; 0 for none."""
    if detection is None or detection.mask is None:
        return 0.0
    crop = detection.mask.to_array()
    left, top = detection.mask.origin_xy
    both = int((crop & mask[top : top + crop.shape[0], left : left + crop.shape[1]]).sum())
    return both / max(1, int(crop.sum()) + int(mask.sum()) - both)
