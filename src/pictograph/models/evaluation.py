"""How good a model is on images it did not learn from: the same figures for every pipeline of a task."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel
from pictograph.models.model import ModelType

ConfusionUnit = Literal["objects", "pixels", "images"]


class ThresholdFigures(WireModel):
    """What keeping the answers of at least this confidence gives, at IoU 0.5 where things have a place."""

    confidence: float
    precision: float
    recall: float
    f1: float


class ThresholdCurve(WireModel):
    """What each threshold gives: precision and recall of the answers of at least 0, 0.02 … 1 confidence, 51 values.

    Precision is 0 where nothing is that sure.
    """

    precision: list[float]
    recall: list[float]


class FoundFigures(WireModel):
    """How well a class is found, judged by boxes, by masks or by tags, which have no AP and no curve over recalls."""

    # None for a class of which the images have no object.
    ap_50_95: float | None = None
    ap_50: float | None = None
    # The threshold with the best F1; None when no object was found at any.
    best: ThresholdFigures | None = None
    # Precision at IoU 0.5 where recall is 0, 0.01 … 1; empty without objects.
    precision_at_recalls: list[float] = Field(default_factory=list[float])
    # None for a class without objects, and of evaluations before there was one.
    at_confidences: ThresholdCurve | None = None


class ClassEvaluation(WireModel):
    """One class. Only the figures of the model's task are there; None is what nothing can be said about."""

    class_name: str
    images: int = Field(default=0, description="Images that have it.")
    objects: int = Field(default=0, description="Annotations of it: shapes, or tagged images.")
    boxes: FoundFigures | None = None
    masks: FoundFigures | None = None
    # Classification: as `precision`, `recall` and `f1` are, and at other thresholds.
    tags: FoundFigures | None = None
    # Semantic segmentation, over all pixels of all images.
    iou: float | None = None
    dice: float | None = None
    # Semantic segmentation (pixels) and classification (images).
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class ConfusionMatrix(WireModel):
    """`counts[true][said]`, both in the order of `names`. Where there is one, the last name is no class.

    Objects: the row of the last holds false alarms, its column what was missed.
    """

    unit: ConfusionUnit
    names: list[str]
    counts: list[list[int]]


class WorstImage(WireModel):
    """An image on which the model did badly, and how.

    Counted are objects, pixels or images, as in the confusion matrix. `score` is 0-1: F1 of the image's objects, the
    mean IoU of its classes, or the confidence in its true tag.
    """

    image_id: str
    # Folder and name; empty where the images were those of a training run.
    path: str = ""
    score: float
    missed: int = 0
    false_alarms: int = 0
    wrong_class: int = 0
    # The most frequent mistake in words: "missed stop_sign", "yield called stop_sign".
    why: str = ""


class ModelEvaluation(WireModel):
    """A model measured against the annotations of some images."""

    task: ModelType
    images: int = Field(description="How many images it was measured on.")
    measured_on: str = Field(default="", description="A split, `train`, `val` or `test`, or the name of a dataset.")
    # For the model's row; the first decides which epoch is best. Object detection: `map_50_95`, `map_50`, `map_75`,
    # `map_small` …, `precision` and `recall` at the suggested confidence, `ap_50_95/<class>`, `ap_50/<class>`. Instance
    # segmentation: the same of masks first, each with `mask_` before it. Semantic segmentation: `miou`, `dice`,
    # `pixel_accuracy`, `iou/<class>`, `dice/<class>`. Classification: `top_1`, `top_5`, `macro_f1`,
    # `precision/<class>`, `recall/<class>`.
    metrics: dict[str, float] = Field(default_factory=dict[str, float])
    classes: list[ClassEvaluation] = Field(default_factory=list[ClassEvaluation])
    # One threshold for all classes together: the one with the best F1.
    best_of_boxes: ThresholdFigures | None = None
    best_of_masks: ThresholdFigures | None = None
    best_of_tags: ThresholdFigures | None = None
    # The same for every threshold; None where no object or tag is, and of evaluations before there was one.
    boxes_at_confidences: ThresholdCurve | None = None
    masks_at_confidences: ThresholdCurve | None = None
    tags_at_confidences: ThresholdCurve | None = None
    confusion: ConfusionMatrix | None = None
    # At most ten, the worst first.
    worst_images: list[WorstImage] = Field(default_factory=list[WorstImage])
    # Classes of the images that the model does not know: all their objects count as missed.
    unknown_classes: list[str] = Field(default_factory=list[str])
    # Of the images, how many the model has learned from; None when nobody looked.
    seen_in_training: int | None = None
    # What a reader of the figures should know.
    remarks: list[str] = Field(default_factory=list[str])

    def __str__(self) -> str:
        from pictograph.models.evaluation_text import as_text

        return as_text(self)


EvaluationStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
# `None` elsewhere stands for the images that the model has not learned from.
EvaluationSplit = Literal["train", "val", "test", "all"]


class EvaluationRun(WireModel):
    """A model being measured on a dataset, and the figures once it is `completed`."""

    id: str
    model_id: str
    dataset_name: str
    split: EvaluationSplit | None = None
    status_filter: str = "complete"
    status: EvaluationStatus
    progress: int = Field(default=0, description="Percent.")
    error_message: str | None = None
    evaluation: ModelEvaluation | None = None
    created_at: datetime
    completed_at: datetime | None = None
