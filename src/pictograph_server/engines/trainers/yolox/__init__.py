"""YOLOX object detection (Ge et al. 2021, https://arxiv.org/abs/2107.08430), on the parts of pixeltable-yolox."""

from pictograph_server.engines.trainers.base import EngineConfig, Run, TrainedModel, TrainerSpec, TrainingData
from pictograph_server.engines.trainers.yolox.config import YoloxConfig


class YoloxTrainer:
    """Train a YOLOX detector on boxes; polygons count by their bounds.

    Pixels go in as BGR 0-255 (so published YOLOX weights fit too), letterboxed at the top left; what a model expects
    is written into its file. Figures: docs/engines/yolox.md.
    """

    def train(self, data: TrainingData, config: EngineConfig, run: Run) -> TrainedModel:
        """Train, evaluate, export and return the model; resume from `run.workdir` when it holds a checkpoint."""
        from pictograph_server.engines.trainers.yolox.train import train  # loads torch

        return train(data, YoloxConfig.model_validate(config.model_dump()), run)


TRAINERS = (
    TrainerSpec(
        name="yolox",
        task="object_detection",
        config=YoloxConfig,
        trainer=YoloxTrainer,
        extra="train",
        packages=("torch", "torchvision", "yolox", "faster_coco_eval", "onnx", "onnxruntime", "safetensors", "cv2"),
    ),
)
