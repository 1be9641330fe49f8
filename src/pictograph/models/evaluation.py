"""How good a model is on images it did not learn from: the same figures for every pipeline of a task."""

from pydantic import BaseModel, Field

from pictograph.models.model import ModelType


class ModelEvaluation(BaseModel):
    """A model measured against the annotations of some images."""

    task: ModelType
    images: int = Field(description="How many images it was measured on.")
    # Object detection and instance segmentation: `map_50_95`, `map_50`, `precision`, `recall`, `ap_50/<class name>` …;
    # with masks also `mask_map_50_95` … Semantic segmentation: `miou`, `dice` … Classification: `top_1`, `top_5` …
    metrics: dict[str, float] = Field(default_factory=dict[str, float])
