"""What must be known about a model file to feed it and to read its answer. Stored inside the file and in its card."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

# The key of the ONNX file's metadata that holds a `ModelSpec` as JSON.
METADATA_KEY = "pictograph"


class _Fact(BaseModel):
    # A newer file may say more; a value this version cannot follow is refused by its Literal.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Preprocessing(_Fact):
    """Image to input tensor, float32 of shape `(n, 3, height, width)`."""

    input_size_hw: tuple[int, int]
    channel_order: Literal["RGB", "BGR"]
    # How the image gets the input's size. `letterbox_top_left`: shrunk or enlarged to fit, keeps its shape, sits at the
    # top left; `pad_value` fills the rest. `stretch`: each axis by itself. `center_crop`: until the input, enlarged by
    # 1 / `crop_fraction`, is covered; then the middle is cut out.
    resize: Literal["letterbox_top_left", "stretch", "center_crop"] = "letterbox_top_left"
    pad_value: int = 114
    crop_fraction: float = Field(default=1.0, gt=0, le=1)
    # How pixels are computed. `area_or_linear`: OpenCV's, averaged over their area when shrinking, bilinear when
    # enlarging. The others are Pillow's (and torchvision's with antialias).
    interpolation: Literal["area_or_linear", "antialiased_linear", "antialiased_cubic"] = "area_or_linear"
    # Applied to 0-255: value * scale, then (value - mean) / std per channel, in `channel_order`.
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


class CandidateDecoding(_Fact):
    """YOLO's answer: one tensor, the first output, of many candidates; doubles are suppressed here."""

    # Shape (n, candidates, 5 + classes): centre and size in input pixels, then probabilities of an object and of each
    # class; a class's confidence is the product.
    output: Literal["cxcywh_objectness_classes"] = "cxcywh_objectness_classes"
    # Non-maximum suppression within each class, at this IoU.
    nms: Literal["per_class"] = "per_class"
    nms_iou: float = 0.65
    confidence: float = Field(default=0.25, description="Suggested threshold.")
    max_detections: int = 100


class QueryDecoding(_Fact):
    """DETR's answer: a set of queries, each with a box and a logit for each class. Nothing is suppressed."""

    # `boxes`, shape (n, queries, 4): centre and size as shares of the input, 0-1. `logits`, shape (n, queries, slots):
    # a class's confidence is the sigmoid; slots behind the last class are nobody's. A query may answer with several
    # classes, each a detection.
    output: Literal["queries"] = "queries"
    boxes: str = Field(default="boxes", description="Name of the output.")
    logits: str = Field(default="logits", description="Name of the output.")
    confidence: float = Field(default=0.5, description="Suggested threshold.")
    max_detections: int = 100


class ListDecoding(_Fact):
    """R-CNN's answer: the detections of one image as lists; doubles were suppressed in the network."""

    # `boxes`, shape (detections, 4): corners; `scores` and `labels`, shape (detections,).
    output: Literal["lists"] = "lists"
    boxes: str = Field(default="boxes", description="Name of the output.")
    scores: str = Field(default="scores", description="Name of the output.")
    labels: str = Field(default="labels", description="Name of the output.")
    # In pixels of the input, or shares of it.
    box_unit: Literal["pixels", "relative"] = "pixels"
    # The label of the first class; other labels are the background's or nobody's.
    first_label: int = 0
    confidence: float = Field(default=0.5, description="Suggested threshold.")
    max_detections: int = 100


class MaskDecoding(_Fact):
    """Coarse masks of the detections, one for each candidate of the boxes' output."""

    # Shape (n, queries, h, w) for queries; (detections, h, w) or (detections, 1, h, w) for lists.
    masks: str = Field(default="masks", description="Name of the output.")
    # What a mask covers: its detection's box, or the whole input.
    frame: Literal["box", "input"]
    values: Literal["logits", "probabilities"]
    # Foreground is where the probability, interpolated bilinearly to the image's pixels, is above this.
    threshold: float = Field(default=0.5, gt=0, lt=1)


class ClassMapDecoding(_Fact):
    """A class for every pixel: the first output, shape (n, channels, h, w), covering the input.

    Each connected part of a class becomes a detection; its confidence is the class's mean probability there.
    """

    output: Literal["class_map"] = "class_map"
    # `softmax`: a pixel has the class of the greatest logit. `sigmoid`: every class whose probability is above 0.5.
    activation: Literal["softmax", "sigmoid"] = "softmax"
    # The channel that is no class, if there is one; the others are the classes in their order.
    background_channel: int | None = 0
    # Parts with fewer pixels of the image are specks.
    least_pixels: int = 16
    confidence: float = Field(default=0.5, description="Suggested threshold.")
    max_detections: int = 100


class ClassificationDecoding(_Fact):
    """What the image is as a whole: the first output, shape (n, classes)."""

    output: Literal["class_scores"] = "class_scores"
    # `softmax`: the classes exclude each other. `sigmoid`: each by itself. `none`: the network gives probabilities.
    activation: Literal["softmax", "sigmoid", "none"] = "softmax"
    confidence: float = Field(default=0.5, description="Suggested threshold.")
    top_k: int | None = Field(default=1, description="Suggested number of tags; None for all above the threshold.")


class _Spec(_Fact):
    version: Literal[1] = 1
    architecture: str
    # In the order of the output.
    class_names: tuple[str, ...]
    preprocessing: Preprocessing


class DetectorSpec(_Spec):
    """Finds objects as boxes."""

    task: Literal["object_detection"] = "object_detection"
    postprocessing: Annotated[CandidateDecoding | QueryDecoding | ListDecoding, Field(discriminator="output")] = (
        CandidateDecoding()
    )


class InstanceSegmenterSpec(_Spec):
    """Finds objects as boxes, each with its mask."""

    task: Literal["instance_segmentation"] = "instance_segmentation"
    postprocessing: Annotated[QueryDecoding | ListDecoding, Field(discriminator="output")]
    masks: MaskDecoding


class SemanticSegmenterSpec(_Spec):
    """Gives every pixel a class; the connected parts are the detections."""

    task: Literal["semantic_segmentation"] = "semantic_segmentation"
    postprocessing: ClassMapDecoding = ClassMapDecoding()


class ClassifierSpec(_Spec):
    """Says what the image is as a whole."""

    task: Literal["classification"] = "classification"
    postprocessing: ClassificationDecoding = ClassificationDecoding()


# What finds things at a place of the image.
FinderSpec: TypeAlias = DetectorSpec | InstanceSegmenterSpec | SemanticSegmenterSpec
ModelSpec: TypeAlias = Annotated[FinderSpec | ClassifierSpec, Field(discriminator="task")]

MODEL_SPEC: TypeAdapter[FinderSpec | ClassifierSpec] = TypeAdapter(ModelSpec)
