"""How well two sources of labels agree: what a comparison of them answers, class by class and image by image."""

import math
from typing import Literal

from pydantic import Field, computed_field

from pictograph.models.common import WireModel

LabelKind = Literal["shape", "tag"]
ProblemKind = Literal["missed", "extra", "badly_outlined", "wrong_class"]
HISTOGRAM_STEPS = 10


class ConfidenceHistogram(WireModel):
    """How many labels have which confidence, in ten equal steps: 0-0.1 first, and 1.0 in the last."""

    matched: list[int] = Field(default_factory=lambda: [0] * HISTOGRAM_STEPS)
    unmatched: list[int] = Field(default_factory=lambda: [0] * HISTOGRAM_STEPS)


class ClassAgreement(WireModel):
    """One class, or all of them: `matched` labels of the other source answer a label of the reference.

    Shapes and tags of one class are told apart by `kind`. Figures that nothing can be said about are None.
    """

    class_name: str
    kind: LabelKind = "shape"
    reference_count: int = 0
    other_count: int = 0
    matched: int = 0
    # Means over the matches; of masks, over those in which both sides are outlines.
    mean_box_iou: float | None = None
    mean_mask_iou: float | None = None
    mask_matches: int = 0
    # Keeping the other source's labels from this confidence on gives the best F1.
    best_threshold: float | None = None
    best_f1: float | None = None
    histogram: ConfidenceHistogram = Field(default_factory=ConfidenceHistogram)

    @computed_field
    @property
    def missed(self) -> int:
        """Labels of the reference that nothing answers."""
        return self.reference_count - self.matched

    @computed_field
    @property
    def extra(self) -> int:
        """Labels of the other source that answer nothing."""
        return self.other_count - self.matched

    @computed_field
    @property
    def precision(self) -> float | None:
        """Share of the other source's labels that are right."""
        return self.matched / self.other_count if self.other_count else None

    @computed_field
    @property
    def recall(self) -> float | None:
        """Share of the reference's labels that were found."""
        return self.matched / self.reference_count if self.reference_count else None

    @computed_field
    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        both = self.reference_count + self.other_count
        return 2 * self.matched / both if both else None

    @computed_field
    @property
    def precision_interval(self) -> tuple[float, float] | None:
        """What the precision may be on more images like these, 95 times in 100."""
        return _wilson_interval(self.matched, self.other_count)

    @computed_field
    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """What the recall may be on more images like these, 95 times in 100."""
        return _wilson_interval(self.matched, self.reference_count)


class Problem(WireModel):
    """One thing that differs on an image. Ids are those of the annotations, where there is one."""

    kind: ProblemKind
    class_name: str
    # What the other source calls it, for `wrong_class`.
    other_class_name: str | None = None
    iou: float | None = None
    confidence: float | None = None
    reference_id: str | None = None
    other_id: str | None = None

    def __str__(self) -> str:
        confidence = "" if self.confidence is None else f" (confidence {self.confidence:.2f})"
        if self.kind == "missed":
            return f"missed {self.class_name}"
        if self.kind == "extra":
            return f"extra {self.class_name}{confidence}"
        if self.kind == "badly_outlined":
            return f"badly outlined {self.class_name}, IoU {self.iou or 0:.2f}{confidence}"
        return f"{self.class_name} called {self.other_class_name}{confidence}"


class ImageProblems(WireModel):
    """An image on which the sources differ, with the first of its problems and the number of all."""

    image_id: str
    path: str
    problem_count: int
    problems: list[Problem] = Field(default_factory=list[Problem])


class ReviewEntry(WireModel):
    """An image that nobody has looked at yet. `doubt` (0-1) is what the order goes by, the most doubtful first."""

    image_id: str
    path: str
    label_count: int
    # None when the other source found nothing there.
    least_confidence: float | None = None
    doubt: float


class Confusion(WireModel):
    """How many objects the other source found and gave another class than the reference."""

    reference_class: str
    other_class: str
    count: int


class Comparison(WireModel):
    """One source of labels measured against another, over the images that both have looked at.

    `classes` are in the order of their number of labels; `total` counts all shapes together, or all tags where there
    are no shapes. `review` lists images that the reference has not looked at, the most doubtful first.
    """

    reference: str
    other: str
    dataset: str | None = None
    # Least overlap of a match.
    iou: float
    image_count: int
    # The reference has not looked at them; the other source has not.
    images_not_covered: int = 0
    images_not_searched: int = 0
    total: ClassAgreement
    classes: list[ClassAgreement] = Field(default_factory=list[ClassAgreement])
    confusions: list[Confusion] = Field(default_factory=list[Confusion])
    worst_images: list[ImageProblems] = Field(default_factory=list[ImageProblems])
    review: list[ReviewEntry] = Field(default_factory=list[ReviewEntry])
    # What has no area to compare -> how many, both sources together: polylines, keypoints.
    not_measured: dict[str, int] = Field(default_factory=dict[str, int])
    # What a reader of the figures should know.
    notes: list[str] = Field(default_factory=list[str])

    @property
    def thresholds(self) -> dict[str, float]:
        """Class name -> the confidence that gives the best F1, for the classes of which one can be told."""
        return {each.class_name: each.best_threshold for each in self.classes if each.best_threshold is not None}

    def __str__(self) -> str:
        from pictograph.models.comparison_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from pictograph.models.comparison_text import as_html

        return as_html(self)


def _wilson_interval(hits: int, count: int) -> tuple[float, float] | None:
    """Return the 95 % score interval of a share. Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209-212."""
    if not count:
        return None
    z = 1.959964
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - reach), min(1.0, middle + reach)
