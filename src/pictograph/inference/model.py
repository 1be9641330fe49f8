"""A trained model, and what it says about an image."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.asking import answers
from pictograph.inference.boxes import FoundBoxes, Selection, decode_candidates, decode_lists, decode_queries
from pictograph.inference.class_map import decode_class_map
from pictograph.inference.images import Placement
from pictograph.inference.masks import instance_masks
from pictograph.inference.network import Network, OnnxNetwork, Outputs, open_network
from pictograph.inference.spec import (
    METADATA_KEY,
    MODEL_SPEC,
    CandidateDecoding,
    ClassifierSpec,
    DetectorSpec,
    FinderSpec,
    InstanceSegmenterSpec,
    ListDecoding,
    ModelSpec,
    QueryDecoding,
    SemanticSegmenterSpec,
)
from pictograph.inference.tags import Tag, decode_tags
from pictograph.models.common import BoundingBox
from pictograph.pixels import RgbArray, read_rgb

# Of an image file: one that would unpack to more is refused before it fills the memory. Larger ones go in as arrays.
MAX_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class Detection:
    """One object a model found. Coordinates are pixels of the upright image (R10).

    Models for segmentation give its mask; `mask.to_array()` is the crop whose top-left pixel is `mask.origin_xy`.
    """

    class_name: str
    class_index: int
    confidence: float
    box_xyxy: tuple[float, float, float, float]
    mask: CroppedMask | None = None

    @property
    def box(self) -> BoundingBox:
        left, top, right, bottom = self.box_xyxy
        return BoundingBox(x=left, y=top, w=right - left, h=bottom - top)


def load_model(
    path: str | Path, *, threads: int | None = None, device: str | None = None
) -> DetectionModel | ClassificationModel:
    """Open a trained model: the `.onnx` file that was downloaded, or the folder it lies in.

    Args:
        threads: CPU threads to predict with; all of them when None.
        device: "cpu", "cuda" or "cuda:1"; the best that ONNX Runtime has here when None.
    Raises:
        FileNotFoundError: no such file, or no `model.onnx` in the folder.
        ValueError: the file does not say how to use it, or says it in a way this version does not know; or there is
            no such device.
    """
    path = Path(path)
    file = path / "model.onnx" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"No model at {file}: give the .onnx file, or the folder that holds model.onnx")
    network = open_network(file, threads=threads, device=device)
    spec = _read_spec(network, file)
    return ClassificationModel(network, spec) if isinstance(spec, ClassifierSpec) else DetectionModel(network, spec)


class DetectionModel:
    """Find objects in images, with their masks where the model is for segmentation.

    Opened with `load_model`; safe to share between threads.
    """

    def __init__(self, network: Network, spec: FinderSpec) -> None:
        self.spec = spec
        self._network = network

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.spec.class_names

    @property
    def device(self) -> str:
        return self._network.device

    def predict(
        self,
        image: str | Path | Image.Image | RgbArray,
        confidence: float | None = None,
        iou: float | None = None,
        *,
        max_detections: int | None = None,
        class_names: Collection[str] | None = None,
    ) -> list[Detection]:
        """Return what the model finds in an image (a path, a PIL image or an RGB array), best first.

        Args:
            confidence: least confidence to report; the model's suggestion when None.
            iou: boxes of one class that overlap more than this are one object; the model's (0.65) when None. Only
                YOLO's kind of model looks at it: the others name an object once.
            max_detections: how many to report at most; the model's suggestion (100) when None.
            class_names: which classes to look for; all when None.
        Raises:
            OSError: the file is missing, cannot be decoded, or has more than `MAX_PIXELS` pixels.
            ValueError: an array of another shape or type, or a class that the model does not have.
        """
        (found,) = self.predict_batch(
            [_rgb(image)], confidence, iou, max_detections=max_detections, class_names=class_names
        )
        return found

    def predict_batch(
        self,
        images: Sequence[RgbArray],
        confidence: float | None = None,
        iou: float | None = None,
        *,
        max_detections: int | None = None,
        class_names: Collection[str] | None = None,
    ) -> list[list[Detection]]:
        """Return what the model finds in each RGB array; they go through the network together where it can."""
        post = self.spec.postprocessing
        selection = Selection(
            confidence=post.confidence if confidence is None else confidence,
            max_detections=post.max_detections if max_detections is None else max_detections,
            classes=None if class_names is None else self._flags(class_names),
            nms_iou=iou if iou is not None else post.nms_iou if isinstance(post, CandidateDecoding) else 0.0,
        )
        return [
            self._read(outputs, placement, selection)
            for outputs, placement in answers(self._network, images, self.spec)
        ]

    def _read(self, outputs: Outputs, placement: Placement, selection: Selection) -> list[Detection]:
        if isinstance(self.spec, SemanticSegmenterSpec):
            parts = decode_class_map(_first(outputs), self.spec.postprocessing, selection, placement)
            return [self._detection(part.class_index, part.confidence, part.box_xyxy, part.mask) for part in parts]
        found = self._boxes(outputs, self.spec.postprocessing, selection, placement)
        answers = zip(found.class_indexes.tolist(), found.confidences.tolist(), found.xyxy.tolist(), strict=True)
        if isinstance(self.spec, DetectorSpec):
            return [self._detection(index, score, box) for index, score, box in answers]
        masks = instance_masks(outputs[self.spec.masks.masks], self.spec.masks, found, placement)
        # Where the mask has no foreground, the two halves of the network disagree: there is nothing.
        pairs = [(answer, mask) for answer, mask in zip(answers, masks, strict=True) if mask is not None]
        return [self._detection(index, score, box, mask) for (index, score, box), mask in pairs]

    def _boxes(
        self,
        outputs: Outputs,
        decoding: CandidateDecoding | QueryDecoding | ListDecoding,
        selection: Selection,
        placement: Placement,
    ) -> FoundBoxes:
        classes = len(self.class_names)
        match decoding:
            case CandidateDecoding():
                return decode_candidates(_first(outputs), selection, placement)
            case QueryDecoding():
                return decode_queries(outputs, decoding, selection, placement, classes=classes)
            case ListDecoding():
                return decode_lists(outputs, decoding, selection, placement, classes=classes)

    def _detection(
        self, index: int, confidence: float, box: Sequence[float], mask: CroppedMask | None = None
    ) -> Detection:
        x_min, y_min, x_max, y_max = box
        return Detection(self.class_names[index], index, confidence, (x_min, y_min, x_max, y_max), mask)

    def _flags(self, wanted: Collection[str]) -> NDArray[np.bool_]:
        if unknown := sorted(set(wanted) - set(self.class_names)):
            raise ValueError(f"the model has no class {', '.join(unknown)}; it has {', '.join(self.class_names)}")
        return np.array([name in wanted for name in self.class_names])


class ClassificationModel:
    """Say what an image shows as a whole. Opened with `load_model`; safe to share between threads."""

    def __init__(self, network: Network, spec: ClassifierSpec) -> None:
        self.spec = spec
        self._network = network

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.spec.class_names

    @property
    def device(self) -> str:
        return self._network.device

    def predict(
        self,
        image: str | Path | Image.Image | RgbArray,
        confidence: float | None = None,
        *,
        top_k: int | None = None,
    ) -> list[Tag]:
        """Return the model's answers for an image (a path, a PIL image or an RGB array), best first.

        Args:
            confidence: least confidence to report; the model's suggestion when None.
            top_k: how many of its first answers count, before the threshold; the model's suggestion when None.
        Raises:
            OSError: the file is missing, cannot be decoded, or has more than `MAX_PIXELS` pixels.
            ValueError: an array of another shape or type.
        """
        (tags,) = self.predict_batch([_rgb(image)], confidence, top_k=top_k)
        return tags

    def predict_batch(
        self, images: Sequence[RgbArray], confidence: float | None = None, *, top_k: int | None = None
    ) -> list[list[Tag]]:
        """Return the model's answers for each RGB array; they go through the network together where it can."""
        post = self.spec.postprocessing
        return [
            decode_tags(
                _first(outputs),
                post,
                self.class_names,
                confidence=post.confidence if confidence is None else confidence,
                top_k=post.top_k if top_k is None else top_k,
            )
            for outputs, _ in answers(self._network, images, self.spec)
        ]


def _first(outputs: Outputs) -> NDArray[np.float32]:
    return next(iter(outputs.values()))


def _rgb(image: str | Path | Image.Image | RgbArray) -> RgbArray:
    if not isinstance(image, np.ndarray):
        return read_rgb(image, max_pixels=MAX_PIXELS)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f"expected an RGB array of shape (height, width, 3) and type uint8, got {image.shape} {image.dtype}"
        )
    return image


def _read_spec(network: OnnxNetwork, file: Path) -> ModelSpec:
    text = network.metadata.get(METADATA_KEY)
    if text is None:
        raise ValueError(f"{file} is not an ONNX file of Pictograph: there is no {METADATA_KEY!r} in its metadata")
    try:
        spec = MODEL_SPEC.validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{file} says how to use it in words this version does not know; update pictograph") from error
    if missing := sorted(_outputs_of(spec) - set(network.output_names)):
        raise ValueError(f"{file} says that it answers {', '.join(missing)}, but has {', '.join(network.output_names)}")
    return spec


def _outputs_of(spec: ModelSpec) -> set[str]:
    """Return the names of the outputs that the specification names."""
    post = spec.postprocessing
    names = {spec.masks.masks} if isinstance(spec, InstanceSegmenterSpec) else set[str]()
    if isinstance(post, QueryDecoding):
        return names | {post.boxes, post.logits}
    if isinstance(post, ListDecoding):
        return names | {post.boxes, post.scores, post.labels}
    return names
