"""A trained model."""

from datetime import datetime
from typing import Literal

from pictograph.models.common import JsonObject, WireModel

ModelType = Literal["object_detection", "semantic_segmentation", "instance_segmentation", "classification"]
ModelStatus = Literal["training", "ready", "failed", "archived"]
ModelVisibility = Literal["private", "public"]


class Model(WireModel):
    """A model. `class_mapping` maps the class index, as text, to the class name.

    `dataset_version` is the number of the version of the dataset that it learned from, in the run `training_run_id`.
    """

    id: str
    organization_id: str
    name: str
    description: str | None = None
    model_type: ModelType
    architecture: str | None = None
    visibility: ModelVisibility
    status: ModelStatus
    metrics: JsonObject | None = None
    class_mapping: JsonObject | None = None
    version: str = "1.0.0"
    parent_model_id: str | None = None
    training_run_id: str | None = None
    dataset_id: str | None = None
    dataset_version_id: str | None = None
    dataset_version: int | None = None
    created_at: datetime
    updated_at: datetime


class ModelFile(WireModel):
    """A file of a model, to be asked for by its name. `digest` is the beginning of the SHA-256 of its bytes, in hex."""

    name: str
    size_bytes: int
    digest: str
