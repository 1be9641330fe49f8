"""Object detection and instance segmentation: what is found where, judged by boxes and, where there are, by masks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import boxes
from pictograph.inference.detections import Detections
from pictograph.inference.model import DetectionModel
from pictograph.metrics.average_precision import (
    AREAS,
    AveragePrecision,
    AveragePrecisionTally,
    ImageAnswers,
    Judged,
)
from pictograph.metrics.confusion import WORST_IMAGES, Confusion, ConfusionTally, ImageMistakes
from pictograph.metrics.operating_point import best_point, point_at, together
from pictograph.models.evaluation import (
    ClassEvaluation,
    ConfusionMatrix,
    FoundFigures,
    ModelEvaluation,
    WorstImage,
)
from pictograph_server.engines.evaluation.asking import detections_of
from pictograph_server.engines.evaluation.class_list import NOT_LOOKED_FOR, ClassList
from pictograph_server.engines.evaluation.masks import mask_ious, spans_of_mask, spans_of_shapes
from pictograph_server.engines.evaluation.thresholds import best_threshold, threshold_curve
from pictograph_server.engines.trainers.base import Sample, Shape
from pictograph_server.engines.trainers.data import shapes_inside

BACKGROUND = "background"
_NO_OUTLINES = "No object has an outline: masks are compared with filled boxes."
# Enough for a curve on a screen.
_CURVE_DIGITS = 4


def evaluate_objects(
    model: DetectionModel,
    samples: Sequence[Sample],
    classes: ClassList,
    *,
    batch_size: int,
    before_batch: Callable[[], None],
) -> ModelEvaluation:
    """Return COCO's figures, thresholds, confusions and the worst images."""
    has_masks = model.spec.task == "instance_segmentation"
    # An object without an outline has a mask that nobody knows; where none has one, the box is all there is.
    are_outlined = any(shape.rings for sample in samples for shape in sample.shapes)
    by_boxes = _Judge(len(classes.there))
    by_masks = _Judge(len(classes.there)) if has_masks else None
    images = np.zeros(len(classes.there), dtype=np.int64)
    for sample, found in detections_of(model, samples, batch_size=batch_size, before_batch=before_batch):
        there = shapes_inside(sample)
        of_boxes = _box_answers(there, found, classes)
        images[np.unique(of_boxes.object_classes)] += 1
        by_boxes.add(sample.image_id, of_boxes)
        if by_masks is not None:
            shapes = [shape for _, shape in there]
            of_masks = _mask_answers(of_boxes, shapes, found, classes)
            if are_outlined:
                of_masks = replace(of_masks, is_counted=np.array([bool(s.rings) for s in shapes], dtype=bool))
            by_masks.add(sample.image_id, of_masks)
    told = _told(model, classes, by_boxes, by_masks)
    remarks = [] if are_outlined or by_masks is None else [_NO_OUTLINES]
    in_images = zip(told.classes, images.tolist(), strict=True)
    with_images = [each.model_copy(update={"images": count}) for each, count in in_images]
    return told.model_copy(update={"images": len(samples), "classes": with_images, "remarks": remarks})


class _Judge:
    """Everything about one kind of shape, added up over the images."""

    def __init__(self, classes: int) -> None:
        self._precision = AveragePrecisionTally(classes)
        self._confusion = ConfusionTally(classes)

    def add(self, image_id: str, answers: ImageAnswers) -> None:
        self._precision.add(answers)
        self._confusion.add(image_id, answers)

    def judged(self) -> list[Judged]:
        return self._precision.judged()

    def average_precision(self) -> AveragePrecision:
        return self._precision.result()

    def confusion(self, suggested: float) -> Confusion:
        """Return what is confused at each class's best threshold, or the suggested one where none is best."""
        best = [best_point(each) for each in self.judged()]
        return self._confusion.result(np.array([suggested if each is None else each.confidence for each in best]))


def _box_answers(
    there: Sequence[tuple[tuple[float, float, float, float], Shape]], found: Detections, classes: ClassList
) -> ImageAnswers:
    corners = np.array([box for box, _ in there], dtype=np.float64).reshape(-1, 4)
    is_looked_for = _is_looked_for(found, classes)
    said = found.xyxy[is_looked_for]
    return ImageAnswers(
        object_classes=np.array([shape.class_index for _, shape in there], dtype=np.int64),
        object_areas=boxes.areas(corners),
        is_counted=np.ones(len(there), dtype=bool),
        classes=classes.of_model[found.class_indexes][is_looked_for],
        confidences=found.confidences[is_looked_for].astype(np.float64),
        areas=boxes.areas(said),
        overlaps=boxes.iou(said, corners),
    )


def _mask_answers(
    of_boxes: ImageAnswers, shapes: Sequence[Shape], found: Detections, classes: ClassList
) -> ImageAnswers:
    """Return the same objects and detections, judged by their pixels."""
    size_wh = found.image_size_wh
    masks = [each.mask for each, is_wanted in zip(found, _is_looked_for(found, classes), strict=True) if is_wanted]
    said = [spans_of_mask(mask, size_wh) for mask in masks if mask is not None]
    there = spans_of_shapes(shapes, size_wh)
    return replace(
        of_boxes,
        object_areas=np.array([each.area for each in there], dtype=np.float64),
        areas=np.array([each.area for each in said], dtype=np.float64),
        overlaps=mask_ious(said, there, size_wh),
    )


def _is_looked_for(found: Detections, classes: ClassList) -> NDArray[np.bool_]:
    return classes.of_model[found.class_indexes] != NOT_LOOKED_FOR


def _told(model: DetectionModel, classes: ClassList, by_boxes: _Judge, by_masks: _Judge | None) -> ModelEvaluation:
    """Return the figures of what was added up; images are counted elsewhere."""
    suggested = model.spec.postprocessing.confidence
    of_boxes, of_masks = by_boxes.judged(), None if by_masks is None else by_masks.judged()
    metrics: dict[str, float] = {}
    mask_figures: list[FoundFigures] | None = None
    if by_masks is not None and of_masks is not None:
        precision = by_masks.average_precision()
        metrics |= _metrics(precision, of_masks, classes.there, suggested, prefix="mask_")
        mask_figures = _figures(precision, of_masks)
    precision = by_boxes.average_precision()
    metrics |= _metrics(precision, of_boxes, classes.there, suggested)
    box_figures = _figures(precision, of_boxes)
    confusion = (by_masks or by_boxes).confusion(suggested)
    names = [*classes.there, BACKGROUND]
    return ModelEvaluation(
        task=model.spec.task,
        images=0,
        metrics=metrics,
        classes=[
            ClassEvaluation(
                class_name=name,
                objects=of_boxes[index].objects,
                boxes=box_figures[index],
                masks=None if mask_figures is None else mask_figures[index],
            )
            for index, name in enumerate(classes.there)
        ],
        best_of_boxes=best_threshold(together(of_boxes)),
        best_of_masks=None if of_masks is None else best_threshold(together(of_masks)),
        boxes_at_confidences=threshold_curve(together(of_boxes)),
        masks_at_confidences=None if of_masks is None else threshold_curve(together(of_masks)),
        confusion=ConfusionMatrix(unit="objects", names=names, counts=confusion.counts.tolist()),
        worst_images=[_worst(each, names) for each in confusion.images[:WORST_IMAGES]],
    )


def _metrics(
    precision: AveragePrecision, judged: Sequence[Judged], names: Sequence[str], suggested: float, *, prefix: str = ""
) -> dict[str, float]:
    at_suggestion = point_at(together(judged), suggested)
    figures = {
        "map_50_95": precision.mean() or 0.0,
        "map_50": precision.mean(iou=0.5) or 0.0,
        "map_75": precision.mean(iou=0.75) or 0.0,
        **{f"map_{area}": precision.mean(area=area) for area in AREAS if area != "all"},
        "precision": at_suggestion.precision,
        "recall": at_suggestion.recall,
        **{f"ap_50_95/{name}": precision.mean(class_index=index) for index, name in enumerate(names)},
        **{f"ap_50/{name}": precision.mean(iou=0.5, class_index=index) for index, name in enumerate(names)},
    }
    # Of sizes and classes without objects nothing can be said.
    return {f"{prefix}{name}": value for name, value in figures.items() if value is not None}


def _figures(precision: AveragePrecision, judged: Sequence[Judged]) -> list[FoundFigures]:
    curves = [precision.curve(index) for index in range(len(judged))]
    return [
        FoundFigures(
            ap_50_95=precision.mean(class_index=index),
            ap_50=precision.mean(iou=0.5, class_index=index),
            best=best_threshold(each),
            precision_at_recalls=[] if at_recalls is None else np.round(at_recalls, _CURVE_DIGITS).tolist(),
            at_confidences=threshold_curve(each),
        )
        for index, (each, at_recalls) in enumerate(zip(judged, curves, strict=True))
    ]


def _worst(image: ImageMistakes, names: Sequence[str]) -> WorstImage:
    nothing = len(names) - 1
    missed = sum(count for (_, said), count in image.mistakes.items() if said == nothing)
    false_alarms = sum(count for (true, _), count in image.mistakes.items() if true == nothing)
    wrong = image.count - missed - false_alarms
    (true, said), count = max(image.mistakes.items(), key=lambda item: (item[1], item[0]))
    return WorstImage(
        image_id=image.image_id,
        # F1: an object of the wrong class is one missed and one false alarm.
        score=2 * image.hits / (2 * image.hits + missed + false_alarms + 2 * wrong),
        missed=missed,
        false_alarms=false_alarms,
        wrong_class=wrong,
        why=mistake_in_words(names, true, said, nothing) + (f" ({count} times)" if count > 1 else ""),
    )


def mistake_in_words(names: Sequence[str], true: int, said: int, nothing: int) -> str:
    """Return "missed stop_sign", "extra stop_sign" or "yield called stop_sign"."""
    if said == nothing:
        return f"missed {names[true]}"
    return f"extra {names[said]}" if true == nothing else f"{names[true]} called {names[said]}"
