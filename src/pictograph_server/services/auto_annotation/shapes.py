"""What a model found, as annotations: masks become polygons with holes, boxes are cut at the image's border."""

from collections.abc import Sequence

from pictograph.geometry.masks import mask_to_polygons
from pictograph.geometry.rings import Polygon, bounds, polygon_area
from pictograph.models.annotation import Annotation, BBoxAnnotation, PolygonAnnotation, PolygonGeometry
from pictograph.models.common import BoundingBox, Point
from pictograph_server.engines.annotators.base import Detection

# A detached part smaller than this share of an object's largest part is the mask's noise, not a piece of the object.
MIN_DETACHED_SHARE = 0.1


def detection_to_polygons(detection: Detection) -> list[Polygon]:
    """Return a detection's mask as polygons in pixels of the image, the largest first; without a mask, none."""
    if detection.mask is None:
        return []
    polygons = mask_to_polygons(detection.mask, origin_xy=detection.mask_origin_xy)
    least = MIN_DETACHED_SHARE * polygon_area(polygons[0]) if polygons else 0.0
    return [polygon for polygon in polygons if polygon_area(polygon) >= least]


def polygons_to_annotations(
    polygons: Sequence[Polygon], *, name: str, confidence: float, created_by: str
) -> list[Annotation]:
    """Return an annotation for each polygon: separate parts are separate annotations (R10)."""
    return [
        PolygonAnnotation(
            name=name,
            bounding_box=_box(*bounds(polygon)),
            polygon=PolygonGeometry(paths=[[Point(x=x, y=y) for x, y in ring] for ring in polygon]),
            confidence=_share(confidence),
            created_by=created_by,
        )
        for polygon in polygons
    ]


def box_to_annotation(
    box_xyxy: tuple[float, float, float, float],
    *,
    name: str,
    confidence: float,
    created_by: str,
    image_size_wh: tuple[int, int],
) -> Annotation | None:
    """Return the part of a box inside the image, or None when nothing of it is."""
    width, height = image_size_wh
    x_min, y_min = max(0.0, box_xyxy[0]), max(0.0, box_xyxy[1])
    x_max, y_max = min(float(width), box_xyxy[2]), min(float(height), box_xyxy[3])
    if x_max <= x_min or y_max <= y_min:
        return None
    return BBoxAnnotation(
        name=name,
        bounding_box=_box(x_min, y_min, x_max, y_max),
        confidence=_share(confidence),
        created_by=created_by,
    )


def _box(x_min: float, y_min: float, x_max: float, y_max: float) -> BoundingBox:
    return BoundingBox(x=float(x_min), y=float(y_min), w=float(x_max - x_min), h=float(y_max - y_min))


def _share(confidence: float) -> float:
    return min(1.0, max(0.0, float(confidence)))
