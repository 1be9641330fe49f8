"""How good a network is on images it did not learn from, through the arithmetic that the exported model will use."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pictograph.inference.boxes import Selection, decode_candidates
from pictograph.inference.images import Placement, fit, to_tensor
from pictograph.inference.spec import CandidateDecoding, DetectorSpec, Preprocessing
from pictograph.metrics.detection import Boxes, DetectionMetrics, Matches, evaluate_detections, match_detections
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.engines.trainers.data import boxes_of, load_rgb
from pictograph_server.engines.trainers.yolox.config import Plan

# mAP looks at the whole curve: nearly everything the network says takes part.
_LEAST_CONFIDENCE = 0.01


def model_spec(plan: Plan, class_names: Sequence[str]) -> DetectorSpec:
    """Return how the network is fed and read."""
    return DetectorSpec(
        architecture=plan.model_type,
        class_names=tuple(class_names),
        preprocessing=Preprocessing(input_size_hw=(plan.image_size, plan.image_size), channel_order="BGR"),
        postprocessing=CandidateDecoding(),
    )


def evaluate(
    network: nn.Module,
    samples: Sequence[Sample],
    spec: DetectorSpec,
    *,
    batch_size: int,
    before_batch: Callable[[], None],
) -> tuple[DetectionMetrics, Matches]:
    """Return COCO's figures, and the hits and misses at IoU 0.5 and the suggested confidence."""
    truth = [boxes_of(sample) for sample in samples]
    found = list(predict(network, samples, spec, batch_size=batch_size, before_batch=before_batch))
    matches = Matches(0, 0, 0)
    for objects, boxes in zip(truth, found, strict=True):
        matches += match_detections(objects, _sure(boxes, spec.postprocessing.confidence))
    return evaluate_detections(truth, found, spec.class_names), matches


def predict(
    network: nn.Module,
    samples: Sequence[Sample],
    spec: DetectorSpec,
    *,
    batch_size: int,
    before_batch: Callable[[], None],
) -> Iterator[Boxes]:
    """Yield what the network finds in each image, in pixels of that image."""
    device = next(network.parameters()).device
    suppression = spec.postprocessing
    assert isinstance(suppression, CandidateDecoding), "a YOLOX answers with candidates"
    selection = Selection(_LEAST_CONFIDENCE, suppression.max_detections, nms_iou=suppression.nms_iou)
    remaining = iter(samples)
    with ThreadPoolExecutor(4) as pool:
        while chunk := list(islice(remaining, batch_size)):
            before_batch()
            inputs = list(pool.map(partial(input_of, spec=spec), chunk))
            batch = torch.from_numpy(np.concatenate([tensor for tensor, _ in inputs])).to(device)
            with torch.inference_mode():
                outputs: NDArray[np.float32] = network(batch).float().cpu().numpy()
            for output, (_, placement) in zip(outputs, inputs, strict=True):
                boxes = decode_candidates(output, selection, placement)
                yield Boxes(boxes.xyxy, boxes.class_indexes, boxes.confidences)


def input_of(sample: Sample, spec: DetectorSpec) -> tuple[NDArray[np.float32], Placement]:
    """Return the network's input for a sample, shape `(1, 3, side, side)`, and where the image is in it."""
    fitted, placement = fit(load_rgb(sample.path), spec.preprocessing)
    return to_tensor(fitted, spec.preprocessing), placement


def _sure(boxes: Boxes, confidence: float) -> Boxes:
    assert boxes.confidences is not None
    kept = boxes.confidences >= confidence
    return Boxes(boxes.xyxy[kept], boxes.class_indexes[kept], boxes.confidences[kept])
