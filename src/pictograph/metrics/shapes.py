"""What is compared: boxes and outlines of one image from two sources, made from annotations or from stored JSON."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from pictograph.geometry.rings import Polygon, bounds
from pictograph.models.annotation import Annotation

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object: its box, and its rings (first outer, others holes) where it has an outline. Pixels of the image."""

    id: str
    class_name: str
    confidence: float
    box_xyxy: Box
    rings: Polygon | None = None


@dataclass(frozen=True, slots=True)
class ImagePair:
    """What two sources say about one image.

    `size_wh` is None where it is not known; then nothing is cut off at the border. Tags of the other source map to
    their confidence.
    """

    id: str
    path: str
    size_wh: tuple[int, int] | None
    reference: Sequence[Shape]
    other: Sequence[Shape]
    reference_tags: Collection[str] = ()
    other_tags: Mapping[str, float] = field(default_factory=dict[str, float])
    # "polyline", "keypoint" -> how many were left out on both sides.
    not_measured: Mapping[str, int] = field(default_factory=dict[str, int])


def shapes_of(annotations: Iterable[Annotation]) -> tuple[list[Shape], Counter[str]]:
    """Return the boxes and outlines, and counts of what has no area, by type."""
    shapes: list[Shape] = []
    left_out: Counter[str] = Counter()
    for each in annotations:
        if each.type == "bbox":
            box = each.bounding_box
            corners = (box.x, box.y, box.x + box.w, box.y + box.h)
            shapes.append(Shape(each.id, each.name, each.confidence, corners))
        elif each.type == "polygon":
            rings = [[(point.x, point.y) for point in path] for path in each.polygon.paths]
            shapes.append(Shape(each.id, each.name, each.confidence, bounds(rings), rings))
        else:
            left_out[each.type] += 1
    return shapes, left_out


def shapes_of_documents(documents: Iterable[Mapping[str, object]]) -> tuple[list[Shape], Counter[str]]:
    """Return the same of annotations as stored, which were checked when they were saved: ten times as fast."""
    shapes: list[Shape] = []
    left_out: Counter[str] = Counter()
    for each in documents:
        kind, name = str(each["type"]), str(each["name"])
        confidence = float(cast("float", each.get("confidence", 1.0)))
        if kind == "bbox":
            box = cast("Mapping[str, float]", each["bounding_box"])
            corners = (box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"])
            shapes.append(Shape(str(each["id"]), name, confidence, corners))
        elif kind == "polygon":
            paths = cast("Mapping[str, list[list[dict[str, float]]]]", each["polygon"])["paths"]
            rings = [[(point["x"], point["y"]) for point in path] for path in paths]
            shapes.append(Shape(str(each["id"]), name, confidence, bounds(rings), rings))
        else:
            left_out[kind] += 1
    return shapes, left_out
