"""An image's annotations as stored: the wire's JSON, checked strictly, with what the client left out filled in.

Numbers are kept as they came: an integer stays an integer and a float keeps every digit, which a round trip through
the models would not promise.
"""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import uuid4

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pictograph.models.annotation import Annotation, dump_annotation
from pictograph_server.errors import Unprocessable

# One annotation as on the wire.
AnnotationJson = dict[str, object]

_ADAPTER: TypeAdapter[Annotation] = TypeAdapter(Annotation, config=ConfigDict(defer_build=True))
_KEY_ORDER = (
    "id", "name", "type", "bounding_box", "polygon", "polyline", "keypoint", "confidence", "created_by", "attributes",
)  # fmt: skip
_OLD_NAMES = ("class", "label", "category", "class_name")


class InvalidAnnotation(Unprocessable):
    code = "invalid_annotation"


def check_annotations(raw: object) -> list[AnnotationJson]:
    """Return the list in canonical form: key order, ids, defaults and bounding boxes filled in.

    Raises:
        InvalidAnnotation: an element is malformed or an id stands twice; nothing is taken.
    """
    if not isinstance(raw, list):
        raise InvalidAnnotation("`annotations` is not a list", fix="Send a JSON list; an empty one clears the image")
    checked = [_check(index, element) for index, element in enumerate(cast("list[object]", raw))]
    seen: set[object] = set()
    for index, document in enumerate(checked):
        if document["id"] in seen:
            raise InvalidAnnotation(
                f"Annotation {index} has the id {document['id']!r} of an earlier one",
                why="ids are unique within an image",
                fix="Leave the id out of new annotations; the server makes one",
            )
        seen.add(document["id"])
    return checked


def to_document(annotation: Annotation) -> AnnotationJson:
    """Return the stored form of an annotation made in code."""
    return _completed(dump_annotation(annotation))


def with_maker(document: Mapping[str, object], created_by: str) -> AnnotationJson:
    """Return the document with `created_by` set, at its place."""
    return _ordered({**document, "created_by": created_by})


def is_same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Return whether class, geometry, confidence and attributes agree; who made it does not count."""
    return all(one.get(key) == other.get(key) for key in _KEY_ORDER if key not in ("created_by", "bounding_box")) and (
        one["type"] != "bbox" or one["bounding_box"] == other["bounding_box"]
    )


def _check(index: int, element: object) -> AnnotationJson:
    if not isinstance(element, dict):
        raise InvalidAnnotation(f"Annotation {index} is not a JSON object", fix="Send {id, name, type, …}")
    document = cast("AnnotationJson", element)
    _refuse_old_shapes(index, document)
    try:
        # Strict: «"1"» is no number, and would be stored as it came.
        _ADAPTER.validate_python(document, strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        # The first part of the place is the union's tag, which the path already says.
        place = ".".join(str(part) for part in problem["loc"][1:])
        raise InvalidAnnotation(
            f"Annotation {index} ({str(document.get('name', ''))[:60]!r}) is malformed",
            why=f"{place}: {problem['msg']}" if place else problem["msg"],
            fix="See the annotation format in the documentation: keys other than its own are refused",
        ) from None
    return _completed(document)


def _refuse_old_shapes(index: int, document: AnnotationJson) -> None:
    fix: str | None = None
    if "name" not in document and (old := next((key for key in _OLD_NAMES if key in document), None)):
        fix = f"The class goes into `name`, not `{old}`"
    elif "bbox" in document:
        fix = 'A box is `"type": "bbox", "bounding_box": {"x": …, "y": …, "w": …, "h": …}` in pixels'
    elif isinstance(document.get("bounding_box"), list):
        fix = '`bounding_box` is an object: {"x": …, "y": …, "w": …, "h": …} in pixels'
    elif "polygon" in document and not _has(document["polygon"], "paths"):
        fix = '`polygon` is {"paths": [[{"x": …, "y": …}, …], …]}: the outer ring first, then holes'
    elif "polyline" in document and not _has(document["polyline"], "path"):
        fix = '`polyline` is {"path": [{"x": …, "y": …}, …]}'
    if fix:
        raise InvalidAnnotation(f"Annotation {index} has an old or unknown shape", fix=fix)


def _has(value: object, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _completed(document: AnnotationJson) -> AnnotationJson:
    filled: AnnotationJson = {"id": str(uuid4()), "confidence": 1.0, "attributes": []}
    filled.update({key: value for key, value in document.items() if value is not None})
    if filled["type"] in ("polygon", "polyline") and "bounding_box" not in filled:
        box = _bounding_box(filled)
        if box is not None:
            filled["bounding_box"] = box
    return _ordered(filled)


def _ordered(document: AnnotationJson) -> AnnotationJson:
    return {key: document[key] for key in _KEY_ORDER if key in document}


def _bounding_box(document: AnnotationJson) -> dict[str, float] | None:
    """Return the tightest box; None for a line along an axis, since a box on the wire is never empty."""
    points = _points(document)
    xs = [point["x"] for point in points]
    ys = [point["y"] for point in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if width <= 0 or height <= 0:
        return None
    return {"x": min(xs), "y": min(ys), "w": width, "h": height}


def _points(document: AnnotationJson) -> Sequence[Mapping[str, float]]:
    if document["type"] == "polyline":
        return cast("dict[str, list[dict[str, float]]]", document["polyline"])["path"]
    rings = cast("dict[str, list[list[dict[str, float]]]]", document["polygon"])["paths"]
    return [point for ring in rings for point in ring]
