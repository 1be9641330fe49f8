"""Two sources of labels of the same images, measured against each other: class by class, and the worst images."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import nsmallest

from pictograph.metrics.confidence import Unreviewed, review_order
from pictograph.metrics.matching import ImageMatches, Near, match_shapes
from pictograph.metrics.shapes import ImagePair, Shape
from pictograph.metrics.tally import Tally
from pictograph.models.comparison import Comparison, ImageProblems, Problem, ProblemKind

DEFAULT_IOU = 0.5
WORST_IMAGES = 20
# As many as a person reads; the others of the image are counted.
_PROBLEMS_SHOWN = 20


def compare(
    pairs: Iterable[ImagePair],
    *,
    reference: str,
    other: str,
    iou: float = DEFAULT_IOU,
    class_names: Collection[str] | None = None,
    tag_classes: Collection[str] = (),
    unreviewed: Iterable[Unreviewed] = (),
    worst: int = WORST_IMAGES,
) -> Comparison:
    """Return how far the other source agrees with the reference on these images.

    A label is right when it has the class of a label of the reference and overlaps it by `iou` or more (see
    `matching`). A tag is right when the reference has the tag, or any shape of that class, on the image. `pairs` is
    read once, so it may come from a query.

    Args:
        class_names: measure these only; None measures all.
        tag_classes: what the other source was asked for as tags; tags of other classes are not measured.
        unreviewed: images that the reference has not looked at, for the review order.
        worst: how many of the worst images to list, those with the most problems first.
    Raises:
        ValueError: `iou` is not above 0 and at most 1.
    """
    if not 0 < iou <= 1:
        raise ValueError(f"iou is {iou}; a match needs an overlap above 0 and of at most 1, for example 0.5")
    tally = Tally(class_names=class_names, tag_classes=tag_classes)
    differing = _differing(pairs, iou, tally)
    worst_images = nsmallest(worst, differing, key=lambda found: (-found.problem_count, found.path))
    for _ in differing:
        # With `worst` 0 nothing has been read, and so nothing counted.
        pass
    review = review_order(unreviewed, empty_images=tally.empty_images, wrong_empty_images=tally.wrong_empty_images)
    return Comparison(
        reference=reference,
        other=other,
        iou=iou,
        image_count=tally.images,
        total=tally.total(),
        classes=tally.classes(),
        confusions=tally.confusions(),
        worst_images=worst_images,
        review=review,
        not_measured=dict(tally.not_measured),
    )


def _differing(pairs: Iterable[ImagePair], iou: float, tally: Tally) -> Iterator[ImageProblems]:
    """Count every image, and yield those on which the sources differ."""
    for pair in pairs:
        there, said = tally.wanted(pair.reference), tally.wanted(pair.other)
        found = match_shapes(there, said, iou=iou, size_wh=pair.size_wh)
        tally.add_shapes(there, said, found)
        tags = tally.add_tags({*pair.reference_tags, *(shape.class_name for shape in there)}, pair.other_tags)
        tally.add_image(is_empty=not said and not pair.other_tags, has_objects=bool(there), left_out=pair.not_measured)
        problems = [*_shape_problems(there, said, found), *tags]
        if problems:
            yield ImageProblems(
                image_id=pair.id,
                path=pair.path,
                problem_count=len(problems),
                problems=problems[:_PROBLEMS_SHOWN],
            )


def _shape_problems(there: Sequence[Shape], said: Sequence[Shape], found: ImageMatches) -> Iterator[Problem]:
    left_there = set(range(len(there))) - {index for match in found.matches for index in match.reference}
    left_said = set(range(len(said))) - {index for match in found.matches for index in match.other}
    nears: tuple[tuple[ProblemKind, Sequence[Near]], ...] = (
        ("wrong_class", found.wrong_class),
        ("badly_outlined", found.badly_outlined),
    )
    for kind, pairs in nears:
        for near in pairs:
            left_there.discard(near.reference)
            left_said.discard(near.other)
            a, b = there[near.reference], said[near.other]
            yield Problem(
                kind=kind,
                class_name=a.class_name,
                other_class_name=b.class_name,
                iou=near.iou,
                confidence=b.confidence,
                reference_id=a.id,
                other_id=b.id,
            )
    for index in sorted(left_there):
        yield Problem(kind="missed", class_name=there[index].class_name, reference_id=there[index].id)
    for index in sorted(left_said, key=lambda index: -said[index].confidence):
        shape = said[index]
        yield Problem(kind="extra", class_name=shape.class_name, confidence=shape.confidence, other_id=shape.id)
