"""What every trainer takes and gives: a materialised dataset in, a model folder out, and a run to report to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pictograph_server.engines.trainers.loop.learner import Learner

Split = Literal["train", "val", "test"]
Task = Literal["object_detection", "instance_segmentation", "semantic_segmentation", "classification"]
# The contract's floor: fewer annotated images than this teach nothing.
MIN_ANNOTATED_IMAGES = 5


class EngineConfig(BaseModel):
    """Base of a trainer's settings: unknown keys are refused; the JSON schema draws the web form."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingConfig(EngineConfig):
    """What every pipeline can be told; each adds its own."""

    epochs: int | None = Field(
        default=None, ge=1, le=2000, description="Passes over the train split. Default: enough steps to learn from it."
    )
    batch_size: int | None = Field(
        default=None, ge=1, le=512, description="Images a step. Default: what fits the GPU; a small one on a CPU."
    )
    learning_rate: float | None = Field(
        default=None, gt=0, le=1, description="Peak of the schedule, for the whole batch. Default: the pipeline's."
    )
    max_minutes: float | None = Field(
        default=None,
        gt=0,
        description="Learn no longer than this: the schedule ends by time, and the best model so far is the result. "
        "A run that time ends is not repeated to the last bit by the same seed. Default: as long as the epochs take.",
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Stop after so many measurements in a row (ten a run) without a better one. Default: never.",
    )
    val_fraction: float = Field(
        default=0.2, gt=0, le=0.5, description="Share of the images that decide which epoch was best."
    )
    test_fraction: float | None = Field(
        default=None,
        ge=0,
        le=0.5,
        description="Share of the images that only the final figures are measured on. "
        "Default: 0.1 from 100 images on, else none: the figures are then those of the val split.",
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="The same seed and data give the same model.")
    flip: bool = Field(
        default=True, description="Mirror half of the training pictures. Off when left and right are different classes."
    )
    weights: Literal["auto", "pretrained", "scratch"] | Path = Field(
        default="auto",
        description="What to start from. `pretrained`: the library's published weights. `scratch`: random ones. "
        "`auto`: pretrained on a GPU where they can be had, else scratch, and the run says which.",
    )


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
    # Indexes of the classes that the image as a whole is tagged with.
    tags: tuple[int, ...] = ()
    # Where the image lies in its dataset: `/`, `/stop signs/night`.
    folder: str = "/"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What one run learns from, frozen: classes in order and every sample."""

    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run's data when it has been checked and split: only classes that have an example, only shapes with an area."""

    class_names: tuple[str, ...]
    train: tuple[Sample, ...]
    # Decides which epoch was best. The same images as `train` when there are too few to hold any back.
    val: tuple[Sample, ...]
    # What the final figures are measured on. The same images as `val` when none are held back for it.
    test: tuple[Sample, ...]
    data_hash: str
    # What a person should know: classes dropped, shapes left out, nothing held back.
    remarks: tuple[str, ...] = ()

    @property
    def splits(self) -> dict[str, Split]:
        """Return the split of every image by its id. What is measured on the images it learned from is `train`."""
        of: dict[str, Split] = {sample.image_id: "test" for sample in self.test}
        of.update({sample.image_id: "val" for sample in self.val})
        of.update({sample.image_id: "train" for sample in self.train})
        return of


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Progress of a run. `epoch` counts finished passes; `metrics` holds losses and, when evaluated, `map_50_95` …"""

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    eta_seconds: float | None = None
    # Spent on these epochs, over all attempts of the run: what it is charged for.
    seconds: float = 0.0


class Run(Protocol):
    """The trainer's line to the platform. An engine reports here and asks here whether to go on."""

    # Scratch space that survives a crash of the process: checkpoints to resume from live here.
    workdir: Path

    @property
    def weights_folders(self) -> Sequence[Path]:
        """Where published weights may lie; what is missing is fetched into the last. Empty: the run's own folder."""
        ...

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` when somebody asked the run to stop. Cheap: call it every iteration."""
        ...

    def begins(self, data: Prepared, *, started_from: str | None) -> None:
        """Record what is learned from, the split of every image, and the weights at the start (None: random ones)."""
        ...

    def report(self, report: EpochReport) -> None: ...

    def goes_on(self, reports: Sequence[EpochReport]) -> None:
        """Hear what earlier attempts reported up to the checkpoint that this one goes on from.

        A process that was killed may have had some of it in hand still.
        """
        ...

    def say(self, message: str) -> None:
        """Tell the person watching something worth knowing (the device used, a batch halved on out-of-memory)."""
        ...

    def device_used(self, device: str) -> None:
        """Record what the run really uses, in words: "cpu (2 threads)", "NVIDIA A10G"."""
        ...


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a run leaves behind: a folder of files (R14) and the facts that go into the model's row."""

    # Holds `model.onnx`, `model.safetensors`, `card.json`, `card.md` and `evaluation.json`.
    folder: Path
    architecture: str
    class_names: tuple[str, ...]
    # `map_50_95`, `map_50`, per class `ap_50/<class name>` …
    metrics: Mapping[str, float]
    # Finished ones: fewer than planned when nothing got better. And the seconds they took, over all attempts.
    epochs: int
    seconds: float
    card: Mapping[str, object] = field(default_factory=dict)


class Trainer(Protocol):
    """A pipeline: turns data and settings into a `Learner`; `train.train` does the rest, the same for all."""

    def prepare(self, data: Prepared, config: EngineConfig, run: Run) -> Learner:
        """Return the network, the way to draw examples and the plan, every default filled in for this machine.

        Raises:
            BadTrainingData: this pipeline cannot learn from it.
            EngineUnavailable: a package or weights are missing.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrainerSpec:
    """An entry of the registry (`TRAINERS` of each package in this folder)."""

    name: str  # the wire's `pipeline_type`
    task: Task
    config: type[TrainingConfig]
    trainer: type[Trainer]
    # The extra of the distribution that brings its packages.
    extra: str
    # Modules it imports when it trains: looked up, not imported, to say early what is missing.
    packages: tuple[str, ...] = ()
    # Distributions whose versions the card names.
    distributions: tuple[str, ...] = ()
    # Of the network and its code, for the card: "YOLOX, Apache-2.0".
    license: str = ""
    # Annotations it learns from; others are turned into these or left out, and counted in the run's record.
    learns_from: Sequence[Literal["bbox", "polygon", "tag"]] = ("bbox", "polygon")


# A whole run, `pictograph_server.engines.trainers.train.train`: a name for those who must not load torch.
TrainModel: TypeAlias = Callable[[TrainerSpec, TrainingData, TrainingConfig, Run], TrainedModel]
