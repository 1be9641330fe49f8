"""The model card (R14): what a person or a program must know about a model, beside its weights."""

from datetime import datetime

from pydantic import Field

from pictograph.models.common import JsonObject, WireModel
from pictograph.models.model import ModelType


class CardData(WireModel):
    """What it learned from and was measured on."""

    # Of the images' contents and annotations: the same data have the same.
    sha256: str
    images: int
    # Split -> images.
    splits: dict[str, int]
    measured_on: str = Field(description="The split the metrics are of.")
    measured_images: int = 0
    # Class name -> how many examples.
    objects: dict[str, int]


class CardTraining(WireModel):
    """How it was trained: enough to do it again."""

    config: JsonObject = Field(description="What was asked for.")
    plan: JsonObject = Field(description="What was done where nothing was asked for.")
    started_from: str | None = Field(default=None, description="In words; None for random weights.")
    best_epoch: int
    epochs: int
    seed: int
    device: str
    seconds: float
    finished_at: datetime
    remarks: list[str] = Field(default_factory=list[str])


class OnnxFile(WireModel):
    sha256: str
    size_bytes: int
    opset: int
    # Output -> difference on real images, absolute up to one, relative beyond.
    largest_difference_from_torch: dict[str, float]


class WeightsFile(WireModel):
    holds: str


class CardFiles(WireModel):
    onnx: OnnxFile = Field(validation_alias="model.onnx", serialization_alias="model.onnx")
    safetensors: WeightsFile = Field(validation_alias="model.safetensors", serialization_alias="model.safetensors")


class ModelCard(WireModel):
    """A trained model. `inference` is the `ModelSpec` that is also inside the ONNX file."""

    pipeline: str
    task: ModelType
    architecture: str
    class_names: list[str] = Field(description="In the order of the network's output.")
    inference: JsonObject
    # As in `ModelEvaluation`: `map_50`, `ap_50/<class name>` …
    metrics: dict[str, float]
    # Class name -> the threshold with the best F1, where it could be measured.
    best_confidences: dict[str, float] = Field(default_factory=dict[str, float])
    data: CardData
    training: CardTraining
    files: CardFiles
    versions: dict[str, str]
    license: str
