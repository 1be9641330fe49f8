"""How good the labels and the model are against scenes whose truth is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from examples.scenes.folder import TrueObject

from pictograph import Client
from pictograph.inference import Detection, DetectionModel, Detections
from pictograph.metrics.agreement import compare
from pictograph.metrics.detection import Boxes, DetectionMetrics, evaluate_detections
from pictograph.metrics.shapes import ImagePair, Shape, shapes_of
from pictograph.models.annotation import Annotation
from pictograph.models.comparison import Comparison

IOU = 0.5
LOWEST_CONFIDENCE = 0.01  # mAP looks at the whole curve, so hardly anything is left out


def fetch_labels(client: Client, dataset_name: str) -> dict[str, list[Annotation]]:
    """Return the annotations by path inside the folder that was uploaded."""
    labels: dict[str, list[Annotation]] = {}
    offset, page = 0, 500
    while True:
        listed = client.datasets.get(dataset_name, include_images=True, images_limit=page, images_offset=offset)
        images = listed.images or []
        for image in images:
            path = f"{(image.virtual_folder_path or '/').strip('/')}/{image.filename}".lstrip("/")
            labels[path] = client.annotations.get(image.id) if image.annotation_count else []
        if len(images) < page:
            return labels
        offset += page


def measure_labels(
    labels: Mapping[str, Sequence[Annotation]], truth: Mapping[str, Sequence[TrueObject]], class_names: Sequence[str]
) -> Comparison:
    """Compare the boxes with the truth at IoU 0.5; an image without labels misses all it shows."""
    pairs = [
        ImagePair(path, path, None, [_true_shape(each) for each in objects], shapes_of(labels.get(path, ()))[0])
        for path, objects in truth.items()
    ]
    return compare(pairs, reference="truth", other="labels", class_names=class_names, iou=IOU)


def predict_folder(model: DetectionModel, folder: Path, paths: Sequence[str]) -> dict[str, Detections]:
    """Return everything the model finds in the files, by path, unsure findings included."""
    found = model.predict([folder / path for path in paths], confidence=LOWEST_CONFIDENCE)
    return dict(zip(paths, found, strict=True))


def measure_model(
    found: Mapping[str, Sequence[Detection]], truth: Mapping[str, Sequence[TrueObject]], class_names: Sequence[str]
) -> DetectionMetrics:
    """Return mAP of the model's findings against the truth of the same files."""
    paths = sorted(truth)
    index = {name: number for number, name in enumerate(class_names)}
    there = [_boxes([o.box_xywh for o in truth[path]], [index[o.class_name] for o in truth[path]]) for path in paths]
    answers = [
        Boxes(
            np.array([d.box_xyxy for d in found[path]], np.float32).reshape(-1, 4),
            np.array([index[d.class_name] for d in found[path]], np.int64),
            np.array([d.confidence for d in found[path]], np.float32),
        )
        for path in paths
    ]
    return evaluate_detections(there, answers, class_names)


def _true_shape(truth: TrueObject) -> Shape:
    x, y, w, h = truth.box_xywh
    return Shape("", truth.class_name, 1.0, (x, y, x + w, y + h))


def _boxes(boxes_xywh: Sequence[tuple[float, float, float, float]], classes: Sequence[int] | None = None) -> Boxes:
    xywh = np.array(boxes_xywh, np.float32).reshape(-1, 4)
    indexes = np.zeros(len(xywh), np.int64) if classes is None else np.array(classes, np.int64)
    return Boxes(np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1), indexes)
