"""Ask a model about annotated images and compare: while it learns for the headline, at the end for everything."""

from collections.abc import Callable, Sequence

from pictograph.inference.model import ClassificationModel, DetectionModel
from pictograph.models.evaluation import ModelEvaluation
from pictograph_server.engines.evaluation.class_list import ClassList
from pictograph_server.engines.evaluation.images import evaluate_tags
from pictograph_server.engines.evaluation.objects import evaluate_objects
from pictograph_server.engines.evaluation.pixels import evaluate_pixels
from pictograph_server.engines.trainers.base import Sample, Task

Model = DetectionModel | ClassificationModel

# The first of them decides which epoch was best.
_HEADLINES: dict[Task, tuple[str, ...]] = {
    "object_detection": ("map_50_95", "map_50"),
    "instance_segmentation": ("mask_map_50_95", "mask_map_50", "map_50_95"),
    "semantic_segmentation": ("miou", "pixel_accuracy"),
    "classification": ("top_1", "macro_f1"),
}


def headline(
    model: Model, samples: Sequence[Sample], *, batch_size: int, before_batch: Callable[[], None]
) -> dict[str, float]:
    """Return the few figures worth knowing while a model learns; the first decides which epoch was best.

    The class indexes of the samples are positions in `model.class_names`.
    """
    full = evaluate(model, samples, batch_size=batch_size, before_batch=before_batch).metrics
    return {name: full[name] for name in _HEADLINES[model.spec.task]}


def evaluate(
    model: Model,
    samples: Sequence[Sample],
    *,
    batch_size: int,
    before_batch: Callable[[], None],
    class_names: Sequence[str] | None = None,
    measured_on: str = "",
) -> ModelEvaluation:
    """Return every figure of the model's task on these images. No image and no mask stays in memory.

    A class that the model does not know counts as missed wherever it is. What the model says of a class that was never
    looked for in these images (it is not in `class_names`) can be neither right nor wrong, and is not counted; but a
    tag excludes the others, so there it is wrong.

    Args:
        samples: their class indexes are positions in `class_names`.
        before_batch: called every `batch_size` images; raises to stop.
        class_names: what was looked for in the images; `model.class_names` when None.
        measured_on: the name of the images, for the answer: a split or a dataset.
    Raises:
        UnreadableSample: a file cannot be decoded.
    """
    classes = ClassList.of(samples, tuple(class_names or model.class_names), model.class_names)
    if isinstance(model, ClassificationModel):
        found = evaluate_tags(model, samples, classes, batch_size=batch_size, before_batch=before_batch)
    elif model.spec.task == "semantic_segmentation":
        found = evaluate_pixels(model, samples, classes, batch_size=batch_size, before_batch=before_batch)
    else:
        found = evaluate_objects(model, samples, classes, batch_size=batch_size, before_batch=before_batch)
    return found.model_copy(
        update={
            "measured_on": measured_on,
            "unknown_classes": list(classes.unknown),
            "remarks": [*classes.remarks(model.spec.task), *found.remarks],
        }
    )
