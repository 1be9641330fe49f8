"""Ask a model about annotated images and compare: while it learns for the headline, at the end for everything."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np

from pictograph.inference.model import ClassificationModel, Detection, DetectionModel
from pictograph.metrics.detection import Boxes, Matches, evaluate_detections, match_detections
from pictograph.models.evaluation import ModelEvaluation
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.data import boxes_of, load_rgb

# mAP looks at the whole curve: nearly everything the network says takes part.
_LEAST_CONFIDENCE = 0.01
_DECODING_THREADS = 4

Model = DetectionModel | ClassificationModel


def headline(
    model: Model, samples: Sequence[Sample], *, batch_size: int, before_batch: Callable[[], None]
) -> dict[str, float]:
    """Return the few figures worth knowing while a model learns; the first decides which epoch was best.

    The class indexes of the samples are positions in `model.class_names`.
    """
    full = evaluate(model, samples, batch_size=batch_size, before_batch=before_batch).metrics
    return {name: full[name] for name in ("map_50_95", "map_50")}


def evaluate(
    model: Model, samples: Sequence[Sample], *, batch_size: int, before_batch: Callable[[], None]
) -> ModelEvaluation:
    """Return every figure of the model's task on these images.

    Args:
        samples: their class indexes are positions in `model.class_names`.
        before_batch: called before every batch; raises to stop.
    """
    assert isinstance(model, DetectionModel)
    truth = [boxes_of(sample) for sample in samples]
    found = [
        _boxes(detections) for detections in _detections(model, samples, batch_size=batch_size, before=before_batch)
    ]
    measured = evaluate_detections(truth, found, model.class_names)
    matches = Matches(0, 0, 0)
    for objects, boxes in zip(truth, found, strict=True):
        matches += match_detections(objects, _sure(boxes, model.spec.postprocessing.confidence))
    metrics = {
        "map_50_95": measured.map_50_95,
        "map_50": measured.map_50,
        "precision": matches.precision,
        "recall": matches.recall,
        **{f"ap_50_95/{name}": value for name, value in measured.ap_50_95.items()},
        **{f"ap_50/{name}": value for name, value in measured.ap_50.items()},
    }
    return ModelEvaluation(task=model.spec.task, images=len(samples), metrics=metrics)


def _detections(
    model: DetectionModel, samples: Sequence[Sample], *, batch_size: int, before: Callable[[], None]
) -> Iterator[list[Detection]]:
    remaining = iter(samples)
    with ThreadPoolExecutor(_DECODING_THREADS) as pool:
        while chunk := list(islice(remaining, batch_size)):
            before()
            images = list(pool.map(load_rgb, [sample.path for sample in chunk]))
            yield from model.predict_batch(images, _LEAST_CONFIDENCE)


def _boxes(detections: Sequence[Detection]) -> Boxes:
    return Boxes(
        np.array([each.box_xyxy for each in detections], dtype=np.float32).reshape(-1, 4),
        np.array([each.class_index for each in detections], dtype=np.int64),
        np.array([each.confidence for each in detections], dtype=np.float32),
    )


def _sure(boxes: Boxes, confidence: float) -> Boxes:
    assert boxes.confidences is not None
    kept = boxes.confidences >= confidence
    return Boxes(boxes.xyxy[kept], boxes.class_indexes[kept], boxes.confidences[kept])
