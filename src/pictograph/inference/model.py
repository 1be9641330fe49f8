"""A trained model, and what it says about images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.asking import answers, batch_size_of
from pictograph.inference.boxes import FoundBoxes, Selection, decode_candidates, decode_lists, decode_queries
from pictograph.inference.class_map import decode_class_map
from pictograph.inference.detections import Detection, Detections
from pictograph.inference.images import Placement
from pictograph.inference.masks import instance_masks
from pictograph.inference.network import Network, OnnxNetwork, Outputs, open_network
from pictograph.inference.sources import ImageSource, Input, is_one_image, to_input, to_inputs
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
from pictograph.inference.tags import Tags, decode_tags

# Called with an image that cannot be read, and why.
OnUnreadable = Callable[[ImageSource, OSError], None]


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

    @overload
    def predict(  # pyright: ignore[reportOverlappingOverload]  # a str is a path, and an iterable of texts
        self,
        images: ImageSource,
        confidence: float | None = None,
        iou: float | None = None,
        *,
        max_detections: int | None = None,
        class_names: Collection[str] | None = None,
        batch_size: int | None = None,
    ) -> Detections: ...
    @overload
    def predict(
        self,
        images: Iterable[ImageSource],
        confidence: float | None = None,
        iou: float | None = None,
        *,
        max_detections: int | None = None,
        class_names: Collection[str] | None = None,
        batch_size: int | None = None,
    ) -> list[Detections]: ...
    def predict(
        self,
        images: ImageSource | Iterable[ImageSource],
        confidence: float | None = None,
        iou: float | None = None,
        *,
        max_detections: int | None = None,
        class_names: Collection[str] | None = None,
        batch_size: int | None = None,
    ) -> Detections | list[Detections]:
        """Return what the model finds in an image, best first; of several images a list.

        Of several, some are read while the network looks at others; no more than those are in memory.

        Args:
            images: paths, the bytes of files, Pillow's images, or RGB arrays of shape `(height, width, 3)`, uint8.
            confidence: least confidence to report; the model's suggestion when None.
            iou: boxes of one class that overlap more than this are one object; the model's (0.65) when None. Only
                YOLO's kind of model looks at it: the others name an object once.
            max_detections: how many to report of an image at most; the model's suggestion (100) when None.
            class_names: which classes to look for; all when None.
            batch_size: how many images go through the network at once, where it takes several; when None, 16 on a GPU
                and one on a CPU, which is no faster for more.
        Raises:
            OSError: a file is missing, cannot be decoded, or has more than `MAX_PIXELS` pixels.
            ValueError: no image, an array of another shape or type, or a class that the model does not have.
        """
        selection = self._selection(confidence, iou, max_detections, class_names)
        if is_one_image(images):
            (found,) = self._found([to_input(images, self.spec.preprocessing)], selection, batch_size=1)
            return found
        return list(self._each(images, selection, batch_size, None))

    def predict_each(
        self,
        images: Iterable[ImageSource],
        confidence: float | None = None,
        iou: float | None = None,
        *,
        max_detections: int | None = None,
        class_names: Collection[str] | None = None,
        batch_size: int | None = None,
        on_unreadable: OnUnreadable | None = None,
    ) -> Iterator[Detections]:
        """Yield what `predict` returns for each image as soon as it is known: for more of them than memory holds.

        Args:
            on_unreadable: called with each image that cannot be read, which is then left out; raised when None.
        """
        selection = self._selection(confidence, iou, max_detections, class_names)
        return self._each(images, selection, batch_size, on_unreadable)

    def _each(
        self,
        images: Iterable[ImageSource],
        selection: Selection,
        batch_size: int | None,
        on_unreadable: OnUnreadable | None,
    ) -> Iterator[Detections]:
        size = batch_size_of(self._network, self.spec, batch_size)
        inputs = to_inputs(images, self.spec.preprocessing, at_once=size, on_unreadable=on_unreadable)
        return self._found(inputs, selection, batch_size=size)

    def _found(self, inputs: Iterable[Input], selection: Selection, *, batch_size: int) -> Iterator[Detections]:
        for outputs, image in answers(self._network, inputs, self.spec, batch_size=batch_size):
            yield self._read(outputs, image, selection)

    def _selection(
        self,
        confidence: float | None,
        iou: float | None,
        max_detections: int | None,
        class_names: Collection[str] | None,
    ) -> Selection:
        post = self.spec.postprocessing
        return Selection(
            confidence=post.confidence if confidence is None else confidence,
            max_detections=post.max_detections if max_detections is None else max_detections,
            classes=None if class_names is None else self._flags(class_names),
            nms_iou=iou if iou is not None else post.nms_iou if isinstance(post, CandidateDecoding) else 0.0,
        )

    def _read(self, outputs: Outputs, image: Input, selection: Selection) -> Detections:
        size_wh, path = image.placement.image_size_wh, image.path
        if isinstance(self.spec, SemanticSegmenterSpec):
            parts, class_map = decode_class_map(_first(outputs), self.spec.postprocessing, selection, image.placement)
            found = [self._detection(part.class_index, part.confidence, part.box_xyxy, part.mask) for part in parts]
            return Detections(found, image_size_wh=size_wh, path=path, class_map=class_map)
        boxes = self._boxes(outputs, self.spec.postprocessing, selection, image.placement)
        rows = zip(boxes.class_indexes.tolist(), boxes.confidences.tolist(), boxes.xyxy.tolist(), strict=True)
        if isinstance(self.spec, DetectorSpec):
            found = [self._detection(index, score, box) for index, score, box in rows]
        else:
            masks = instance_masks(outputs[self.spec.masks.masks], self.spec.masks, boxes, image.placement)
            # Where the mask has no foreground, the two halves of the network disagree: there is nothing.
            pairs = [(row, mask) for row, mask in zip(rows, masks, strict=True) if mask is not None]
            found = [self._detection(index, score, box, mask) for (index, score, box), mask in pairs]
        return Detections(found, image_size_wh=size_wh, path=path)

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

    @overload
    def predict(  # pyright: ignore[reportOverlappingOverload]  # a str is a path, and an iterable of texts
        self,
        images: ImageSource,
        confidence: float | None = None,
        *,
        top_k: int | None = None,
        batch_size: int | None = None,
    ) -> Tags: ...
    @overload
    def predict(
        self,
        images: Iterable[ImageSource],
        confidence: float | None = None,
        *,
        top_k: int | None = None,
        batch_size: int | None = None,
    ) -> list[Tags]: ...
    def predict(
        self,
        images: ImageSource | Iterable[ImageSource],
        confidence: float | None = None,
        *,
        top_k: int | None = None,
        batch_size: int | None = None,
    ) -> Tags | list[Tags]:
        """Return the model's answers for an image, best first; of several images a list.

        Args:
            images: as in `DetectionModel.predict`.
            confidence: least confidence to report; the model's suggestion when None.
            top_k: how many of its first answers count, before the threshold; the model's suggestion when None.
            batch_size: as in `DetectionModel.predict`.
        Raises:
            OSError: a file is missing, cannot be decoded, or has more than `MAX_PIXELS` pixels.
            ValueError: an array of another shape or type.
        """
        if is_one_image(images):
            (tags,) = self._said([to_input(images, self.spec.preprocessing)], confidence, top_k, batch_size=1)
            return tags
        return list(self.predict_each(images, confidence, top_k=top_k, batch_size=batch_size))

    def predict_each(
        self,
        images: Iterable[ImageSource],
        confidence: float | None = None,
        *,
        top_k: int | None = None,
        batch_size: int | None = None,
        on_unreadable: OnUnreadable | None = None,
    ) -> Iterator[Tags]:
        """Yield what `predict` returns for each image as soon as it is known; see `DetectionModel.predict_each`."""
        size = batch_size_of(self._network, self.spec, batch_size)
        inputs = to_inputs(images, self.spec.preprocessing, at_once=size, on_unreadable=on_unreadable)
        return self._said(inputs, confidence, top_k, batch_size=size)

    def _said(
        self, inputs: Iterable[Input], confidence: float | None, top_k: int | None, *, batch_size: int
    ) -> Iterator[Tags]:
        post = self.spec.postprocessing
        for outputs, image in answers(self._network, inputs, self.spec, batch_size=batch_size):
            tags = decode_tags(
                _first(outputs),
                post,
                self.class_names,
                confidence=post.confidence if confidence is None else confidence,
                top_k=post.top_k if top_k is None else top_k,
            )
            yield Tags(tags, image_size_wh=image.placement.image_size_wh, path=image.path)


def _first(outputs: Outputs) -> NDArray[np.float32]:
    return next(iter(outputs.values()))


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
