"""YOLOX object detection (Ge et al. 2021, https://arxiv.org/abs/2107.08430), on the parts of pixeltable-yolox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pictograph_server.engines.trainers.base import EngineConfig, Prepared, Run, TrainerSpec
from pictograph_server.engines.trainers.yolox.config import YoloxConfig

if TYPE_CHECKING:
    from pictograph_server.engines.trainers.yolox.learner import YoloxLearner


class YoloxTrainer:
    """Train a YOLOX detector on boxes; polygons count by their bounds.

    Pixels go in as BGR 0-255 (so published YOLOX weights fit too), letterboxed at the top left; what a model expects
    is written into its file. Figures: docs/engines/yolox.md.
    """

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> YoloxLearner:
        from pictograph_server.engines.trainers.yolox.learner import YoloxLearner  # loads torch

        return YoloxLearner(data, YoloxConfig.model_validate(config.model_dump()), run)


TRAINERS = (
    TrainerSpec(
        name="yolox",
        task="object_detection",
        config=YoloxConfig,
        trainer=YoloxTrainer,
        extra="train",
        packages=("torch", "torchvision", "yolox", "onnx", "onnxruntime", "safetensors", "cv2"),
        distributions=("pixeltable-yolox", "torchvision"),
        license="YOLOX, Apache-2.0",
    ),
)
