"""A model file opened with ONNX Runtime, and what it finds in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image
from pydantic import ValidationError

from pictograph.inference.boxes import FoundBoxes, decode_boxes
from pictograph.inference.images import letterbox, to_tensor
from pictograph.inference.spec import METADATA_KEY, ModelSpec
from pictograph.models.common import BoundingBox
from pictograph.pixels import RgbArray, read_rgb

if TYPE_CHECKING:
    import onnxruntime

# Of an image file: one that would unpack to more is refused before it fills the memory. Larger ones go in as arrays.
MAX_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class Detection:
    """One object a model found. Coordinates are pixels of the upright image (R10)."""

    class_name: str
    class_index: int
    confidence: float
    box_xyxy: tuple[float, float, float, float]

    @property
    def box(self) -> BoundingBox:
        left, top, right, bottom = self.box_xyxy
        return BoundingBox(x=left, y=top, w=right - left, h=bottom - top)


def load_model(path: str | Path, *, threads: int | None = None) -> DetectionModel:
    """Open a trained model: the `.onnx` file that was downloaded, or the folder it lies in.

    Args:
        threads: CPU threads to predict with; all of them when None.
    Raises:
        FileNotFoundError: no such file, or no `model.onnx` in the folder.
        ValueError: the file does not say how to use it, or says it in a way this version does not know.
    """
    import onnxruntime  # half of this package's import time; the training engine uses the rest without it

    path = Path(path)
    file = path / "model.onnx" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"No model at {file}: give the .onnx file, or the folder that holds model.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or 0
    available = onnxruntime.get_available_providers()
    wanted = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in available]
    session = onnxruntime.InferenceSession(str(file), options, providers=wanted)
    return DetectionModel(session, _read_spec(session, file))


class DetectionModel:
    """Find objects in images. Opened with `load_model`; safe to share between threads."""

    def __init__(self, session: onnxruntime.InferenceSession, spec: ModelSpec) -> None:
        self.spec = spec
        self._session = session
        self._input_name: str = session.get_inputs()[0].name

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.spec.class_names

    def predict(
        self,
        image: str | Path | Image.Image | RgbArray,
        confidence: float | None = None,
        iou: float | None = None,
    ) -> list[Detection]:
        """Return what the model finds in an image (a path, a PIL image or an RGB array), best first.

        Args:
            confidence: least confidence to report; the model's suggestion (0.25) when None.
            iou: boxes of one class that overlap more than this are one object; the model's (0.65) when None.
        Raises:
            OSError: the file is missing, cannot be decoded, or has more than `MAX_PIXELS` pixels.
            ValueError: an array of another shape or type.
        """
        found = self.predict_arrays(_rgb(image), confidence=confidence, iou=iou)
        return [
            Detection(self.class_names[index], int(index), float(score), cast("tuple[float, float, float, float]", box))
            for index, score, box in zip(
                found.class_indexes, found.confidences, map(tuple, found.xyxy.tolist()), strict=True
            )
        ]

    def predict_arrays(
        self, image: RgbArray, *, confidence: float | None = None, iou: float | None = None
    ) -> FoundBoxes:
        """Return the same as arrays, for programs that go on computing. `image` is RGB and upright."""
        fitted, scale = letterbox(image, self.spec.preprocessing)
        tensor = to_tensor(fitted, self.spec.preprocessing)
        output = cast("np.ndarray", self._session.run(None, {self._input_name: tensor})[0])
        post = self.spec.postprocessing
        return decode_boxes(
            output[0],
            post,
            scale=scale,
            image_size_wh=(image.shape[1], image.shape[0]),
            confidence=post.confidence if confidence is None else confidence,
            nms_iou=post.nms_iou if iou is None else iou,
        )


def _rgb(image: str | Path | Image.Image | RgbArray) -> RgbArray:
    if not isinstance(image, np.ndarray):
        return read_rgb(image, max_pixels=MAX_PIXELS)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f"expected an RGB array of shape (height, width, 3) and type uint8, got {image.shape} {image.dtype}"
        )
    return image


def _read_spec(session: onnxruntime.InferenceSession, file: Path) -> ModelSpec:
    text = cast("dict[str, str]", session.get_modelmeta().custom_metadata_map).get(METADATA_KEY)
    if text is None:
        raise ValueError(f"{file} is not an ONNX file of Pictograph: there is no {METADATA_KEY!r} in its metadata")
    try:
        return ModelSpec.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{file} says how to use it in words this version does not know; update pictograph") from error
