"""What a comparison adds up over the images: labels, matches and confidences of each class."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pictograph.metrics.confidence import best_threshold, histogram
from pictograph.metrics.matching import ImageMatches
from pictograph.metrics.shapes import Shape
from pictograph.models.comparison import ClassAgreement, Confusion, LabelKind, Problem

ALL_CLASSES = "all"


class Tally:
    """Counts of shapes and of tags, for each class and for all together."""

    def __init__(self, *, class_names: Collection[str] | None, tag_classes: Collection[str]) -> None:
        self._class_names = None if class_names is None else frozenset(class_names)
        self._tag_classes = [name for name in dict.fromkeys(tag_classes) if self._is_wanted(name)]
        self._shapes: dict[str, _ClassTally] = {}
        self._all_shapes = _ClassTally()
        self._tags = {name: _ClassTally() for name in self._tag_classes}
        self._all_tags = _ClassTally()
        self._confusions: Counter[tuple[str, str]] = Counter()
        self.images = 0
        # Images on which the other source has nothing, and those of them on which the reference has something.
        self.empty_images = 0
        self.wrong_empty_images = 0
        self.not_measured: Counter[str] = Counter()

    def wanted(self, shapes: Sequence[Shape]) -> Sequence[Shape]:
        """Return the shapes of the classes that are measured."""
        return shapes if self._class_names is None else [shape for shape in shapes if self._is_wanted(shape.class_name)]

    def add_image(self, *, is_empty: bool, has_objects: bool, left_out: Mapping[str, int]) -> None:
        self.images += 1
        self.empty_images += is_empty
        self.wrong_empty_images += is_empty and has_objects
        self.not_measured.update(left_out)

    def add_shapes(self, there: Sequence[Shape], said: Sequence[Shape], found: ImageMatches) -> None:
        """Count one image. Parts that answer together are one label, on either side."""
        for shape in there:
            self._count_there(shape.class_name, 1)
        matched: set[int] = set()
        for match in found.matches:
            shape = said[match.other[0]]
            self._count_there(shape.class_name, 1 - len(match.reference))
            matched.update(match.other)
            for tally in (self._of(shape.class_name), self._all_shapes):
                tally.said(shape.confidence, is_matched=True)
                tally.box_ious.append(match.box_iou)
                if match.mask_iou is not None:
                    tally.mask_ious.append(match.mask_iou)
        for index, shape in enumerate(said):
            if index not in matched:
                for tally in (self._of(shape.class_name), self._all_shapes):
                    tally.said(shape.confidence, is_matched=False)
        for near in found.wrong_class:
            self._confusions[there[near.reference].class_name, said[near.other].class_name] += 1

    def add_tags(self, present: Collection[str], said: Mapping[str, float]) -> list[Problem]:
        """Count the tags of one image and return what is wrong with them."""
        problems: list[Problem] = []
        for name in self._tag_classes:
            is_there, confidence = name in present, said.get(name)
            for tally in (self._tags[name], self._all_tags):
                tally.reference_count += is_there
                if confidence is not None:
                    tally.said(confidence, is_matched=is_there)
            if is_there != (confidence is not None):
                problems.append(Problem(kind="missed" if is_there else "extra", class_name=name, confidence=confidence))
        return problems

    def total(self) -> ClassAgreement:
        """Return the figures of all shapes, or of all tags where there are no shapes."""
        if self._tags and not self._shapes:
            return self._all_tags.agreement(ALL_CLASSES, "tag")
        return self._all_shapes.agreement(ALL_CLASSES, "shape")

    def classes(self) -> list[ClassAgreement]:
        """Return the figures of each class, the most frequent first."""
        found = [tally.agreement(name, "shape") for name, tally in self._shapes.items()]
        found += [tally.agreement(name, "tag") for name, tally in self._tags.items()]
        return sorted(found, key=lambda each: (-each.reference_count - each.other_count, each.class_name, each.kind))

    def confusions(self) -> list[Confusion]:
        """Return which class was taken for which, the most frequent first."""
        ordered = sorted(self._confusions.items(), key=lambda item: (-item[1], item[0]))
        return [Confusion(reference_class=a, other_class=b, count=count) for (a, b), count in ordered]

    def _count_there(self, class_name: str, count: int) -> None:
        self._of(class_name).reference_count += count
        self._all_shapes.reference_count += count

    def _of(self, class_name: str) -> "_ClassTally":
        return self._shapes.setdefault(class_name, _ClassTally())

    def _is_wanted(self, class_name: str) -> bool:
        return self._class_names is None or class_name in self._class_names


@dataclass(slots=True)
class _ClassTally:
    reference_count: int = 0
    confidences: list[float] = field(default_factory=list[float])
    is_matched: list[bool] = field(default_factory=list[bool])
    box_ious: list[float] = field(default_factory=list[float])
    mask_ious: list[float] = field(default_factory=list[float])

    def said(self, confidence: float, *, is_matched: bool) -> None:
        self.confidences.append(confidence)
        self.is_matched.append(is_matched)

    def agreement(self, class_name: str, kind: LabelKind) -> ClassAgreement:
        threshold = best_threshold(self.confidences, self.is_matched, reference_count=self.reference_count)
        return ClassAgreement(
            class_name=class_name,
            kind=kind,
            reference_count=self.reference_count,
            other_count=len(self.confidences),
            matched=sum(self.is_matched),
            mean_box_iou=_mean(self.box_ious),
            mean_mask_iou=_mean(self.mask_ious),
            mask_matches=len(self.mask_ious),
            best_threshold=None if threshold is None else threshold.confidence,
            best_f1=None if threshold is None else threshold.f1,
            histogram=histogram(self.confidences, self.is_matched),
        )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
