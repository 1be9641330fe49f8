"""Classification of whole images on the networks of timm (Wightman 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pictograph_server.engines.trainers.base import EngineConfig, Prepared, Run, TrainerSpec
from pictograph_server.engines.trainers.classification.config import ClassificationConfig

if TYPE_CHECKING:
    from pictograph_server.engines.trainers.classification.learner import ClassificationLearner


class ClassificationTrainer:
    """Train a network that says what an image shows: from its tags, or from folders named after what they hold.

    Classes that exclude each other give one answer; where an image has several tags, each class is decided by itself.
    Figures: docs/engines/classification.md.
    """

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> ClassificationLearner:
        from pictograph_server.engines.trainers.classification.learner import ClassificationLearner  # loads torch

        return ClassificationLearner(data, ClassificationConfig.model_validate(config.model_dump()), run)


TRAINERS = (
    TrainerSpec(
        name="classification",
        task="classification",
        config=ClassificationConfig,
        trainer=ClassificationTrainer,
        extra="train",
        packages=("torch", "torchvision", "timm", "onnx", "onnxruntime", "safetensors", "cv2"),
        distributions=("timm", "torchvision"),
        license="timm, Apache-2.0",
        learns_from=("tag",),
    ),
)
