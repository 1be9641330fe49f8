"""RF-DETR detection and instance segmentation (Robinson et al. 2025, https://arxiv.org/abs/2511.09554)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pictograph_server.engines.trainers.base import EngineConfig, Prepared, Run, TrainerSpec
from pictograph_server.engines.trainers.rfdetr.config import RfdetrDetectionConfig, RfdetrSegmentationConfig

if TYPE_CHECKING:
    from pictograph_server.engines.trainers.rfdetr.learner import RfdetrLearner


class RfdetrDetectionTrainer:
    """Train an RF-DETR detector on boxes; polygons count by their bounds. Figures: docs/engines/rfdetr.md."""

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> RfdetrLearner:
        from pictograph_server.engines.trainers.rfdetr.learner import RfdetrLearner  # loads torch

        return RfdetrLearner(data, RfdetrDetectionConfig.model_validate(config.model_dump()), run)


class RfdetrSegmentationTrainer:
    """Train an RF-DETR with masks on polygons; a box without an outline counts as filled."""

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> RfdetrLearner:
        from pictograph_server.engines.trainers.rfdetr.learner import RfdetrLearner  # loads torch

        return RfdetrLearner(data, RfdetrSegmentationConfig.model_validate(config.model_dump()), run)


_PACKAGES = ("torch", "torchvision", "rfdetr", "scipy", "onnx", "onnxruntime", "safetensors", "cv2")
_DISTRIBUTIONS = ("rfdetr", "transformers")

TRAINERS = (
    TrainerSpec(
        name="rfdetr_detection",
        task="object_detection",
        config=RfdetrDetectionConfig,
        trainer=RfdetrDetectionTrainer,
        extra="train",
        packages=_PACKAGES,
        distributions=_DISTRIBUTIONS,
        license="RF-DETR, Apache-2.0",
    ),
    TrainerSpec(
        name="rfdetr_segmentation",
        task="instance_segmentation",
        config=RfdetrSegmentationConfig,
        trainer=RfdetrSegmentationTrainer,
        extra="train",
        packages=_PACKAGES,
        distributions=_DISTRIBUTIONS,
        license="RF-DETR, Apache-2.0",
    ),
)
