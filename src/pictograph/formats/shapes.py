"""Shapes read from others' files, made into annotations; what has no extent is counted and left out."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from pictograph.formats.base import ReadReport, Skipped, points_of
from pictograph.geometry.rings import Ring, Vertex, clean_polygon
from pictograph.models.annotation import (
    Annotation,
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    PolygonGeometry,
    PolylineAnnotation,
    PolylineGeometry,
)
from pictograph.models.common import BoundingBox, Point

# No image reaches so far, and what is computed from larger numbers is nonsense.
_FARTHEST = 1e8
# More than any image that is accepted has; a file may claim anything.
MAX_MASK_PIXELS = 1 << 28


@dataclass(frozen=True, slots=True)
class Label:
    """What a file says about an object beside its shape. Without an id, the annotation gets a new one."""

    class_name: str
    confidence: float = 1.0
    id: str | None = None
    created_by: str | None = None
    attributes: Sequence[object] = field(default_factory=tuple[object, ...])

    def part(self, number: int) -> "Label":
        """Return the label of a part of the object, counted from 0: each is an annotation with an id of its own."""
        return self if number == 0 or self.id is None else replace(self, id=f"{self.id}-{number + 1}")

    @property
    def annotation_id(self) -> str:
        return self.id if self.id and self.id.strip() else str(uuid4())


def box(label: Label, x: float, y: float, w: float, h: float, report: ReadReport) -> list[Annotation]:
    """Return the box as a list of one, or an empty list when it has no area, no class, or numbers without an end."""
    if not _has_class(label, report):
        return []
    if not are_places((x, y, w, h)) or w <= 0 or h <= 0:
        report.skipped[Skipped.NO_AREA] += 1
        return []
    return [
        BBoxAnnotation(
            id=label.annotation_id,
            name=label.class_name,
            bounding_box=BoundingBox(x=x, y=y, w=w, h=h),
            confidence=_share(label.confidence),
            created_by=label.created_by,
            attributes=list(label.attributes),
        )
    ]


def polygon(label: Label, rings: Sequence[Sequence[Vertex]], report: ReadReport) -> list[Annotation]:
    """Return the polygon as a list of one, or an empty list when its outer ring has no area."""
    if not _has_class(label, report):
        return []
    cleaned = clean_polygon(rings) if all(are_places(vertex) for ring in rings for vertex in ring) else None
    if cleaned is None:
        report.skipped[Skipped.NO_AREA] += 1
        return []
    geometry = PolygonGeometry(paths=[points_of(ring) for ring in cleaned])
    return [
        PolygonAnnotation(
            id=label.annotation_id,
            name=label.class_name,
            polygon=geometry,
            confidence=_share(label.confidence),
            created_by=label.created_by,
            attributes=list(label.attributes),
        )
    ]


def polyline(label: Label, path: Ring, report: ReadReport) -> list[Annotation]:
    """Return the line as a list of one, or an empty list when it has fewer than two points."""
    if not _has_class(label, report):
        return []
    if len(path) < 2 or not all(are_places(vertex) for vertex in path):
        report.skipped[Skipped.NO_AREA] += 1
        return []
    geometry = PolylineGeometry(path=points_of(path))
    return [
        PolylineAnnotation(
            id=label.annotation_id,
            name=label.class_name,
            polyline=geometry,
            confidence=_share(label.confidence),
            created_by=label.created_by,
            attributes=list(label.attributes),
        )
    ]


def keypoint(label: Label, x: float, y: float, report: ReadReport) -> list[Annotation]:
    """Return the point as a list of one, or an empty list when it is nowhere."""
    if not _has_class(label, report):
        return []
    if not are_places((x, y)):
        report.skipped[Skipped.NO_AREA] += 1
        return []
    return [
        KeypointAnnotation(
            id=label.annotation_id,
            name=label.class_name,
            keypoint=Point(x=x, y=y),
            confidence=_share(label.confidence),
            created_by=label.created_by,
            attributes=list(label.attributes),
        )
    ]


def check_mask_size(width: int, height: int) -> None:
    """Refuse a mask that would fill the memory, before it is unpacked.

    Raises:
        ValueError: it has no pixels, or more than `MAX_MASK_PIXELS`.
    """
    if width <= 0 or height <= 0 or width * height > MAX_MASK_PIXELS:
        raise ValueError(f"a mask of {width} x {height} pixels is not unpacked (1 to {MAX_MASK_PIXELS:,} are)")


def ellipse_ring(cx: float, cy: float, rx: float, ry: float) -> Ring:
    """Return an ellipse as a ring whose sides are about two pixels long, at least 12 and at most 180 of them."""
    # A multiple of 4 has points where the ellipse is widest and highest.
    sides = 4 * min(45, max(3, round(math.pi * (abs(rx) + abs(ry)) / 8)))
    turns = (2 * math.pi * side / sides for side in range(sides))
    return [(cx + rx * math.cos(turn), cy + ry * math.sin(turn)) for turn in turns]


def rotated(ring: Ring, degrees: float) -> Ring:
    """Return a ring turned clockwise on the screen around the centre of its bounds."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    cx, cy = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos) for x, y in ring]


def _has_class(label: Label, report: ReadReport) -> bool:
    if _is_text(label.class_name):
        return True
    report.skipped[Skipped.NO_CLASS] += 1
    return False


def _is_text(name: str) -> bool:
    # Half a character, as broken JSON may have it, cannot be kept anywhere.
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return bool(name.strip())


def _share(confidence: float) -> float:
    """Return a confidence between 0 and 1; 1 for what is none."""
    return confidence if 0 <= confidence <= 1 else 1.0


def are_places(numbers: Iterable[float]) -> bool:
    """Whether numbers can be places on or near an image; those that are not finite cannot."""
    return all(abs(number) <= _FARTHEST for number in numbers)
