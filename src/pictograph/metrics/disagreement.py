"""How far two sources of labels are apart on one image, as one number: to look at the worst first."""

from collections.abc import Collection, Mapping

from pictograph.metrics.matching import match_shapes
from pictograph.metrics.shapes import ImagePair

DEFAULT_IOU = 0.5


def disagreement(pair: ImagePair, *, iou: float = DEFAULT_IOU, class_names: Collection[str] | None = None) -> float:
    """Return 0 when both sources say the same, 1 when nothing that they say agrees.

    It is 1 − F1 of the labels: shapes agree when they match (see `matching`), tags when both have them. Where neither
    says anything there is nothing to disagree about: 0. The same whichever of the two is the reference, but for
    shapes that could be matched in several ways.

    Args:
        class_names: look at labels of these classes only; None looks at all.
    Raises:
        ValueError: `iou` is not above 0 and at most 1.
    """
    if not 0 < iou <= 1:
        raise ValueError(f"iou is {iou}; a match needs an overlap above 0 and of at most 1, for example 0.5")

    def is_wanted(name: str) -> bool:
        return class_names is None or name in class_names

    there = [shape for shape in pair.reference if is_wanted(shape.class_name)]
    said = [shape for shape in pair.other if is_wanted(shape.class_name)]
    tags_there = {name for name in pair.reference_tags if is_wanted(name)}
    tags_said = {name for name in pair.other_tags if is_wanted(name)}
    total = len(there) + len(said) + len(tags_there) + len(tags_said)
    if not total:
        return 0.0
    matches = match_shapes(there, said, iou=iou, size_wh=pair.size_wh).matches
    # Parts of one object count each: an object in three parts is three labels.
    agreed = sum(len(match.reference) + len(match.other) for match in matches) + 2 * len(tags_there & tags_said)
    return 1.0 - agreed / total


def doubt(class_names: Collection[str], confidences: Mapping[str, float]) -> float:
    """Return how little a classifier believes in what an image is called: 1 − its confidence in the best of the names.

    Of an image that nobody has called anything it is how sure the classifier is that there is something: its best
    confidence.
    """
    if not class_names:
        return max(confidences.values(), default=0.0)
    return 1.0 - max(confidences.get(name, 0.0) for name in class_names)
