"""A model that was trained here, as an annotator: its prompts are its classes (ONNX Runtime, no torch)."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from pictograph_server.engines.annotators.base import Annotator, Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.card import plain_phrase
from pictograph_server.engines.errors import EngineUnavailable, UnknownClasses

if TYPE_CHECKING:
    from pictograph.geometry.cropped_mask import CroppedMask
    from pictograph.inference import ClassificationModel, DetectionModel

# Class, confidence, box, mask.
_Answer: TypeAlias = "tuple[str, float, Box, CroppedMask | None]"

# A network of fewer bytes gets one thread of a CPU: its threads would wait for each other more than they compute, and
# whoever decodes and saves the images has the other cores.
_LARGE_BYTES = 32 << 20
_MAX_THREADS = 8


class TrainedAnnotator:
    """A model of the platform, ready to be asked for its classes.

    `Stop_Sign`, `stop sign` and `stop-sign` are one class, unless the model has several of them. The network runs once
    for each image, however many classes are asked for. A model for segmentation gives masks; one for classification
    says what the image is as a whole: its detections' box is the image.
    """

    def __init__(self, model: "DetectionModel | ClassificationModel", *, name: str, device: str) -> None:
        self.name = name
        self.device = device
        self.class_names = model.class_names
        is_classifier = model.spec.task == "classification"
        self.capabilities = frozenset({Capability.TAG if is_classifier else Capability.TEXT})
        self._model = model

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Raise `UnknownClasses` when some of the prompts are no classes of the model."""
        unknown = [prompt for prompt in dict.fromkeys(prompts) if not self._classes_of(prompt)]
        if unknown:
            raise UnknownClasses(
                f"The model {self.name.removeprefix('model:')} does not know {', '.join(map(repr, unknown))}",
                why=f"its classes are {', '.join(self.class_names)}",
                fix="Ask for its classes, or leave `model_id` out: SAM 3 looks for any phrase",
            )

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first."""
        self.check_prompts(prompts)
        prompts_of: dict[str, list[str]] = {}
        for prompt in dict.fromkeys(prompts):
            for class_name in self._classes_of(prompt):
                prompts_of.setdefault(class_name, []).append(prompt)
        return [self._on_image(image, prompts_of, threshold, max_detections) for image in images]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Raise `EngineUnavailable`: it is asked for its classes only, as `box` and `points` do."""
        self._refuse("look for what is like an example")

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        self._refuse("cut out what is in a box")

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        self._refuse("answer clicks")

    def _on_image(
        self, image: RgbImage, prompts_of: dict[str, list[str]], threshold: float, max_detections: int
    ) -> list[Detection]:
        if not prompts_of:
            return []
        answers = self._answers(image, list(prompts_of), threshold, max_detections)
        found = [
            Detection(prompt, confidence, box_xyxy, mask)
            for class_name, confidence, box_xyxy, mask in answers
            if confidence > threshold
            for prompt in prompts_of.get(class_name, ())
        ]
        return sorted(found, key=lambda each: -each.confidence)[:max_detections]

    def _answers(self, image: RgbImage, class_names: Sequence[str], threshold: float, most: int) -> list[_Answer]:
        from pictograph.inference import ClassificationModel

        if isinstance(self._model, ClassificationModel):
            tags = self._model.predict(image, threshold, top_k=len(self.class_names))
            whole: Box = (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
            return [(tag.class_name, tag.confidence, whole, None) for tag in tags]
        found = self._model.predict(image, threshold, max_detections=most, class_names=class_names)
        return [(each.class_name, each.confidence, each.box_xyxy, each.mask) for each in found]

    def _classes_of(self, prompt: str) -> list[str]:
        if prompt in self.class_names:
            return [prompt]
        return [name for name in self.class_names if folded(name) == folded(prompt)]

    def _refuse(self, what: str) -> NoReturn:
        raise EngineUnavailable(
            f"{self.name} cannot {what}",
            why="a trained model is asked for its classes only",
            fix=f"Ask for {', '.join(self.class_names)}, or use SAM 3",
        )


def load(folder: Path, device: str | None) -> Annotator:
    """Open a model's folder (`model.onnx`); its name becomes `model:<folder.name>`.

    Args:
        device: `cpu`, `cuda`, `cuda:1`; the best there is when None. Where ONNX Runtime cannot compute there it is the
            CPU, and the annotator's `device` says so.
    Raises:
        EngineUnavailable: no such file, another tool's, no such device, or a package is missing.
    """
    try:
        from pictograph.inference import load_model
        from pictograph.inference.network import NoSuchDevice
    except ModuleNotFoundError as error:
        fix = "Install it: pip install 'pictograph[inference]'"
        raise EngineUnavailable(f"The model in {folder} cannot run here", why=str(error), fix=fix) from error
    threads, remark = _threads(folder / "model.onnx"), ""
    try:
        try:
            model = load_model(folder, threads=threads, device=device)
        except NoSuchDevice as missing:
            remark = f" ({missing})"
            model = load_model(folder, threads=threads, device="cpu")
    except (OSError, ValueError) as error:
        fix = "Download the model again, or train it again with this version"
        raise EngineUnavailable(f"The model in {folder} cannot be used", why=str(error), fix=fix) from error
    return TrainedAnnotator(model, name=f"model:{folder.resolve().name}", device=model.device + remark)


def folded(name: str) -> str:
    """Return what spellings of one class have in common: `Stop_Sign` and `stop-sign` are both `stop sign`."""
    return plain_phrase(name).casefold()


def _threads(file: Path) -> int:
    is_large = file.is_file() and file.stat().st_size >= _LARGE_BYTES
    return min(_MAX_THREADS, len(os.sched_getaffinity(0))) if is_large else 1
