"""What a model of the server says about one image; nothing of it is stored."""

from pydantic import Field

from pictograph.models.annotation import PolygonGeometry
from pictograph.models.common import BoundingBox, WireModel
from pictograph.models.model import ModelType


class PredictedObject(WireModel):
    """One object, in pixels of the upright image.

    `polygons` are its separate parts, the largest first, each rings: the first outer, others holes. Empty for models
    that give boxes.
    """

    class_name: str
    confidence: float
    bounding_box: BoundingBox
    polygons: list[PolygonGeometry] = Field(default_factory=list[PolygonGeometry])


class PredictedTag(WireModel):
    """One thing that the image shows as a whole."""

    class_name: str
    confidence: float


class Prediction(WireModel):
    """The answer of a model, best first: objects, or tags where it is a model for classification.

    Of a model for semantic segmentation an object is a connected part of a class.
    """

    model_id: str
    task: ModelType
    # All it knows, in the order of its answers.
    class_names: list[str]
    image_width: int
    image_height: int
    objects: list[PredictedObject] = Field(default_factory=list[PredictedObject])
    tags: list[PredictedTag] = Field(default_factory=list[PredictedTag])
    confidence: float = Field(description="The least confidence that was asked for.")
    suggested_confidence: float = Field(description="What the model suggests.")
    # Of the network with its pre- and post-processing; `total_seconds` is what the caller waited for on the server.
    network_seconds: float
    total_seconds: float
    engine: str
