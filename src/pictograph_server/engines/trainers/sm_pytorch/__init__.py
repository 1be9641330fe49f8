"""Semantic segmentation on the networks of segmentation-models-pytorch (Iakubovskii 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pictograph_server.engines.trainers.base import EngineConfig, Prepared, Run, TrainerSpec
from pictograph_server.engines.trainers.sm_pytorch.config import SmPytorchConfig

if TYPE_CHECKING:
    from pictograph_server.engines.trainers.sm_pytorch.learner import SmPytorchLearner


class SmPytorchTrainer:
    """Train a network that gives every pixel a class, on polygons with their holes.

    A box without an outline does not say which pixels are the object: those inside teach nothing and count nowhere.
    Figures: docs/engines/sm_pytorch.md.
    """

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> SmPytorchLearner:
        from pictograph_server.engines.trainers.sm_pytorch.learner import SmPytorchLearner  # loads torch

        return SmPytorchLearner(data, SmPytorchConfig.model_validate(config.model_dump()), run)


TRAINERS = (
    TrainerSpec(
        name="sm_pytorch",
        task="semantic_segmentation",
        config=SmPytorchConfig,
        trainer=SmPytorchTrainer,
        extra="train",
        packages=("torch", "torchvision", "segmentation_models_pytorch", "onnx", "onnxruntime", "safetensors", "cv2"),
        distributions=("segmentation-models-pytorch", "torchvision"),
        license=(
            "segmentation-models-pytorch, MIT, with encoders of torchvision, BSD-3-Clause, "
            "and of EfficientNet-PyTorch, Apache-2.0"
        ),
    ),
)
