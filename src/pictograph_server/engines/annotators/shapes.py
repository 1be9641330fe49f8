"""What is found, as outlines: detections become shapes, shapes become annotations of the dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pictograph.geometry.rings import Polygon, bounds
from pictograph.models.annotation import Annotation, BBoxAnnotation, PolygonAnnotation, PolygonGeometry
from pictograph.models.common import BoundingBox, Point
from pictograph_server.engines.annotators.base import Box, Detection


@dataclass(frozen=True, slots=True)
class FoundShape:
    """One instance with its outline, in pixels of the image.

    `polygons` are its separate parts, the largest first, each a list of rings (first outer, others holes); empty when
    the engine has no masks. `box_xyxy` is the tightest box around them.
    """

    prompt: str
    confidence: float
    box_xyxy: Box
    polygons: tuple[Polygon, ...] = ()


def detections_to_annotations(
    detections: Sequence[Detection], *, class_name: str, output_type: Literal["polygon", "bbox"], created_by: str
) -> list[Annotation]:
    """Return the detections as annotations of one class, in the order given; shapes without an area are left out.

    A polygon's separate parts become separate annotations, holes are kept. A detection without a mask becomes a box.
    """
    shapes = (detection_to_shape(detection) for detection in detections)
    return [
        annotation
        for shape in shapes
        if shape is not None
        for annotation in shape_to_annotations(
            shape, class_name=class_name, output_type=output_type, created_by=created_by
        )
    ]


def detection_to_shape(detection: Detection) -> FoundShape | None:
    """Return the outline of a detection, without the specks and pinholes of its mask; None when nothing is left."""
    if detection.mask is None:
        x_min, y_min, x_max, y_max = detection.box_xyxy
        has_area = x_max > x_min and y_max > y_min
        return FoundShape(detection.prompt, detection.confidence, detection.box_xyxy) if has_area else None
    # The API server reads outlines and makes none, so it need not load numpy when it starts.
    from pictograph.geometry.masks import mask_to_polygons

    polygons = mask_to_polygons(detection.mask.to_array(), origin_xy=detection.mask.origin_xy)
    if not polygons:
        return None
    box = bounds(ring for polygon in polygons for ring in polygon)
    return FoundShape(detection.prompt, detection.confidence, box, tuple(polygons))


def shape_to_annotations(
    shape: FoundShape, *, class_name: str, output_type: Literal["polygon", "bbox"], created_by: str
) -> list[Annotation]:
    """Return a shape as one box, or as a polygon for each of its parts."""
    confidence = min(1.0, max(0.0, shape.confidence))
    if output_type == "bbox" or not shape.polygons:
        box = _bounding_box(shape.box_xyxy)
        return [BBoxAnnotation(name=class_name, bounding_box=box, confidence=confidence, created_by=created_by)]
    return [
        PolygonAnnotation(
            name=class_name,
            bounding_box=_bounding_box(bounds(polygon)),
            polygon=PolygonGeometry(paths=[[Point(x=x, y=y) for x, y in ring] for ring in polygon]),
            confidence=confidence,
            created_by=created_by,
        )
        for polygon in shape.polygons
    ]


def _bounding_box(box_xyxy: Box) -> BoundingBox:
    x_min, y_min, x_max, y_max = box_xyxy
    return BoundingBox(x=x_min, y=y_min, w=x_max - x_min, h=y_max - y_min)
