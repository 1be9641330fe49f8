"""What a dataset says about an image: boxes, polygons, polylines and keypoints, told apart by `type`."""

from typing import Annotated, Literal
from uuid import uuid4

from pydantic import ConfigDict, Field, TypeAdapter

from pictograph.models.common import BoundingBox, NonBlankStr, Point, StrictModel

AnnotationType = Literal["bbox", "polygon", "polyline", "keypoint"]

# A closed line of at least three points; the last point is not repeated.
Ring = Annotated[list[Point], Field(min_length=3)]


def _new_id() -> str:
    return str(uuid4())


class PolygonGeometry(StrictModel):
    """Rings: the first is the outer one, others are holes. Separate parts are separate annotations."""

    paths: list[Ring] = Field(min_length=1)


class PolylineGeometry(StrictModel):
    """An open line."""

    path: list[Point] = Field(min_length=2)


class BBoxAnnotation(StrictModel):
    """An object by its box. `name` is the class."""

    id: NonBlankStr = Field(default_factory=_new_id)
    name: NonBlankStr
    type: Literal["bbox"] = "bbox"
    bounding_box: BoundingBox
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])


class PolygonAnnotation(StrictModel):
    """An object by its outline. The server computes `bounding_box` when it is absent."""

    id: NonBlankStr = Field(default_factory=_new_id)
    name: NonBlankStr
    type: Literal["polygon"] = "polygon"
    bounding_box: BoundingBox | None = None
    polygon: PolygonGeometry
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])


class PolylineAnnotation(StrictModel):
    """An object by an open line. The server computes `bounding_box` when it is absent."""

    id: NonBlankStr = Field(default_factory=_new_id)
    name: NonBlankStr
    type: Literal["polyline"] = "polyline"
    bounding_box: BoundingBox | None = None
    polyline: PolylineGeometry
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])


class KeypointAnnotation(StrictModel):
    """An object by one point. It has no `bounding_box`, and one that is given is refused."""

    id: NonBlankStr = Field(default_factory=_new_id)
    name: NonBlankStr
    type: Literal["keypoint"] = "keypoint"
    keypoint: Point
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    created_by: str | None = None
    attributes: list[object] = Field(default_factory=list[object])


Annotation = Annotated[
    BBoxAnnotation | PolygonAnnotation | PolylineAnnotation | KeypointAnnotation, Field(discriminator="type")
]

_ANNOTATIONS: TypeAdapter[list[Annotation]] = TypeAdapter(list[Annotation], config=ConfigDict(defer_build=True))


def parse_annotations(document: object) -> list[Annotation]:
    """Return the annotations of a decoded JSON list.

    Raises:
        pydantic.ValidationError: an element is malformed; the whole list is refused.
    """
    return _ANNOTATIONS.validate_python(document)


def dump_annotation(annotation: Annotation) -> dict[str, object]:
    """Return the wire's JSON object: keys in canonical order, nulls left out."""
    return annotation.model_dump(mode="json", exclude_none=True)
