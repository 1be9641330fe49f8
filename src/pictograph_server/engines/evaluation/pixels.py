"""Semantic segmentation: every pixel's class, counted over all images; pixels to ignore are left out."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pictograph.inference.model import DetectionModel
from pictograph.metrics.confusion import WORST_IMAGES
from pictograph.metrics.pixels import PixelCounts, count_pixels, mean
from pictograph.models.evaluation import ClassEvaluation, ConfusionMatrix, ModelEvaluation, WorstImage
from pictograph_server.engines.evaluation.asking import detections_of
from pictograph_server.engines.evaluation.class_list import ClassList
from pictograph_server.engines.evaluation.objects import BACKGROUND, mistake_in_words
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.class_maps import class_map_of


def evaluate_pixels(
    model: DetectionModel,
    samples: Sequence[Sample],
    classes: ClassList,
    *,
    batch_size: int,
    before_batch: Callable[[], None],
) -> ModelEvaluation:
    """Return IoU and Dice over all pixels, what was taken for what, and the worst images.

    The means are over the classes that the images have, without the background: it would be most of every figure.
    """
    known = len(classes.there)
    total = PixelCounts(np.zeros((known + 1, known + 1), dtype=np.int64))
    objects, images = (np.zeros(known + 1, dtype=np.int64) for _ in range(2))
    worst: list[WorstImage] = []
    # A class of the model, from -1 for none, becomes one of the images; those not looked for are background.
    places = np.concatenate([[0], classes.of_model + 1]).astype(np.uint16)
    for sample, found in detections_of(model, samples, batch_size=batch_size, before_batch=before_batch):
        said = found.class_map
        assert said is not None
        counts = count_pixels(class_map_of(sample), places[said + 1], known)
        total += counts
        of_shapes = _shape_counts(sample, known + 1)
        objects += of_shapes
        images += of_shapes > 0
        worst = sorted([*worst, *_mistakes(sample.image_id, counts, classes)], key=_badness)[:WORST_IMAGES]
    iou, dice = total.iou(), total.dice()
    precision, recall = total.precision(), total.recall()
    return ModelEvaluation(
        task=model.spec.task,
        images=len(samples),
        metrics={
            "miou": mean(iou[1:]),
            "dice": mean(dice[1:]),
            "pixel_accuracy": total.accuracy,
            **_known({"background_iou": iou[0]}),
            **_known({f"iou/{name}": iou[index] for index, name in enumerate(classes.there, start=1)}),
            **_known({f"dice/{name}": dice[index] for index, name in enumerate(classes.there, start=1)}),
        },
        classes=[
            ClassEvaluation(
                class_name=name,
                images=int(images[index]),
                objects=int(objects[index]),
                iou=_number(iou[index]),
                dice=_number(dice[index]),
                precision=_number(precision[index]),
                recall=_number(recall[index]),
                f1=_number(dice[index]),
            )
            for index, name in enumerate(classes.there, start=1)
        ],
        confusion=ConfusionMatrix(
            unit="pixels", names=[*classes.there, BACKGROUND], counts=_background_last(total.counts).tolist()
        ),
        worst_images=worst,
    )


def _mistakes(image_id: str, counts: PixelCounts, classes: ClassList) -> list[WorstImage]:
    """Return what is wrong with an image, or nothing."""
    wrong = _background_last(counts.counts)
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return []
    nothing = len(classes.there)
    missed, false_alarms = int(wrong[:, nothing].sum()), int(wrong[nothing].sum())
    true, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
    share = wrong.max() / max(int(counts.counts.sum()), 1)
    words = mistake_in_words([*classes.there, BACKGROUND], int(true), int(said), nothing)
    # Where there is nothing to find, what is said there decides.
    of_classes = counts.iou()[1:]
    return [
        WorstImage(
            image_id=image_id,
            score=counts.accuracy if np.isnan(of_classes).all() else mean(of_classes),
            missed=missed,
            false_alarms=false_alarms,
            wrong_class=int(wrong.sum()) - missed - false_alarms,
            why=f"{words} ({share:.1%} of the pixels)",
        )
    ]


def _shape_counts(sample: Sample, size: int) -> NDArray[np.int64]:
    numbers = np.array([shape.class_index + 1 for shape in sample.shapes], dtype=np.int64)
    return np.bincount(numbers, minlength=size)


def _badness(image: WorstImage) -> tuple[float, str]:
    return image.score, image.image_id


def _background_last(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the counts in the order of the names: classes, then background."""
    return np.roll(counts, -1, axis=(0, 1))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _known(values: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if not np.isnan(value)}
