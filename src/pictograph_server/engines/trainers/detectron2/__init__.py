"""Mask R-CNN (He et al. 2017, https://arxiv.org/abs/1703.06870): detectron2's where it is found, else torchvision's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pictograph_server.engines.trainers.base import EngineConfig, Prepared, Run, TrainerSpec
from pictograph_server.engines.trainers.detectron2.config import MaskRcnnConfig

if TYPE_CHECKING:
    from pictograph_server.engines.trainers.detectron2.learner import MaskRcnnLearner


class MaskRcnnTrainer:
    """Train a Mask R-CNN on polygons; boxes without an outline count as filled rectangles.

    Which library's network it is stands in the run, in the card and in the architecture's name. Figures, and how
    detectron2 is installed so that it is found: docs/engines/detectron2.md.
    """

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> MaskRcnnLearner:
        from pictograph_server.engines.trainers.detectron2.learner import MaskRcnnLearner  # loads torch

        return MaskRcnnLearner(data, MaskRcnnConfig.model_validate(config.model_dump()), run)


TRAINERS = (
    TrainerSpec(
        name="detectron2",
        task="instance_segmentation",
        config=MaskRcnnConfig,
        trainer=MaskRcnnTrainer,
        extra="train",
        # detectron2 itself is on no package index: it is looked for when a run starts.
        packages=("torch", "torchvision", "onnx", "onnxruntime", "safetensors", "cv2"),
        distributions=("detectron2", "torchvision"),
        license="detectron2, Apache-2.0, or torchvision, BSD-3-Clause",
    ),
)
