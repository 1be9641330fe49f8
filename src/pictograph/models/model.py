"""A trained model."""

from datetime import datetime
from typing import Literal

from pictograph.models.common import JsonObject, WireModel

ModelType = Literal["object_detection", "semantic_segmentation", "instance_segmentation", "classification"]
ModelStatus = Literal["training", "ready", "failed", "archived"]
ModelVisibility = Literal["private", "public"]


class Model(WireModel):
    """A model. `class_mapping` maps the class index, as text, to the class name.

    `dataset_version` is the number of the version of the dataset that it learned from.
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
    dataset_version_id: str | None = None
    dataset_version: int | None = None
    created_at: datetime
    updated_at: datetime
