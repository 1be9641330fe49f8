"""What every trainer takes and gives: a materialised dataset in, a model folder out, and a run to report to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

Split = Literal["train", "val", "test"]
Task = Literal["object_detection", "instance_segmentation", "semantic_segmentation", "classification"]
# The contract's floor: fewer annotated images than this teach nothing.
MIN_ANNOTATED_IMAGES = 5


class EngineConfig(BaseModel):
    """Base of a trainer's settings: unknown keys are refused; the JSON schema draws the web form."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Shape:
    """One annotation as a trainer sees it. Pixels of the display-oriented image (R10)."""

    class_index: int
    box_xyxy: tuple[float, float, float, float]
    # Rings of (x, y): first outer, others holes. Empty when the annotation is a box.
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of the training data."""

    image_id: str
    # A file in any format `pictograph_server.engines.trainers.data.load_rgb` opens.
    path: Path
    width: int
    height: int
    sha256: str
    # 64-bit difference hash as 16 hex digits, when known: near copies go into the same split.
    dhash: str | None = None
    shapes: tuple[Shape, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What one run learns from, frozen: classes in order and every sample."""

    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Progress of a run. `epoch` counts finished passes; `metrics` holds losses and, when evaluated, `map_50_95` …"""

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    eta_seconds: float | None = None


class Run(Protocol):
    """The trainer's line to the platform. An engine reports here and asks here whether to go on."""

    # Scratch space that survives a crash of the process: checkpoints to resume from live here.
    workdir: Path

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` when somebody asked the run to stop. Cheap: call it every iteration."""
        ...

    def report(self, report: EpochReport) -> None: ...

    def say(self, message: str) -> None:
        """Tell the person watching something worth knowing (the device used, a batch halved on out-of-memory)."""
        ...

    def device_used(self, device: str) -> None:
        """Record what the run really uses, in words: "cpu (2 threads)", "NVIDIA A10G"."""
        ...


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a run leaves behind: a folder of files (R14) and the facts that go into the model's row."""

    # Holds `model.onnx`, `model.safetensors` and `card.json`.
    folder: Path
    architecture: str
    class_names: tuple[str, ...]
    # `map_50_95`, `map_50`, per class `ap_50/<class name>` …
    metrics: Mapping[str, float]
    card: Mapping[str, object] = field(default_factory=dict)


class Trainer(Protocol):
    def train(self, data: TrainingData, config: EngineConfig, run: Run) -> TrainedModel:
        """Train, evaluate, export and return the model; resume from `run.workdir` when it holds a checkpoint.

        Raises:
            BadTrainingData: there is nothing to learn from.
            Cancelled: `run.raise_if_cancelled` said so.
            EngineUnavailable: a package or pretrained weights are missing.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrainerSpec:
    """An entry of the registry (`TRAINERS` of each module in this folder)."""

    name: str  # the wire's `pipeline_type`
    task: Task
    config: type[EngineConfig]
    trainer: type[Trainer]
    extra: str
    # Modules it imports when it trains: looked up, not imported, to say early what is missing.
    packages: tuple[str, ...] = ()
    # Shapes it learns from; others are turned into these or left out, and counted in the run's record.
    learns_from: Sequence[Literal["bbox", "polygon", "tag"]] = ("bbox", "polygon")
