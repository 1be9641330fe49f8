"""What must be known about a model file to feed it and to read its answer. Stored inside the file and in its card."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# The key of the ONNX file's metadata that holds a `ModelSpec` as JSON.
METADATA_KEY = "pictograph"


class _Fact(BaseModel):
    # A newer file may say more; a value this version cannot follow is refused by its Literal.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Preprocessing(_Fact):
    """Image to input tensor, float32 of shape `(n, 3, height, width)`."""

    input_size_hw: tuple[int, int]
    channel_order: Literal["RGB", "BGR"]
    # The image is shrunk or enlarged to fit, keeps its shape, sits at the top left; `pad_value` fills the rest.
    resize: Literal["letterbox_top_left"] = "letterbox_top_left"
    pad_value: int = 114
    # How pixels are computed: averaged over their area when shrinking, bilinear when enlarging.
    interpolation: Literal["area_or_linear"] = "area_or_linear"
    # Applied to 0-255: value * scale, then (value - mean) / std per channel, in `channel_order`.
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Postprocessing(_Fact):
    """Output tensor to boxes."""

    # `cxcywh_objectness_classes`: shape (n, candidates, 5 + classes): centre and size in input pixels, then
    # probabilities of an object and of each class; a class's confidence is the product.
    output: Literal["cxcywh_objectness_classes"] = "cxcywh_objectness_classes"
    # Non-maximum suppression within each class, at this IoU.
    nms: Literal["per_class"] = "per_class"
    nms_iou: float = 0.65
    confidence: float = Field(default=0.25, description="Suggested threshold.")
    max_detections: int = 100


class ModelSpec(_Fact):
    """A detector's file: its classes in the order of the output, and the arithmetic around the network."""

    version: Literal[1] = 1
    task: Literal["object_detection"] = "object_detection"
    architecture: str
    class_names: tuple[str, ...]
    preprocessing: Preprocessing
    postprocessing: Postprocessing = Postprocessing()
