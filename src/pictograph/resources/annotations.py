"""`client.annotations`: what is said about an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pictograph._http.transport import Transport, member, members, parse, path_of
from pictograph.models.annotation import Annotation, dump_annotation, parse_annotations
from pictograph.models.annotation_history import AnnotationState, AnnotationVersion

# What the server takes in one request.
_IMAGES_A_REQUEST = 500


@dataclass(frozen=True)
class SaveResult:
    """How many annotations an image had and has, and the image's status now."""

    image_id: str
    previous_count: int
    new_count: int
    status: str


@dataclass(frozen=True)
class DeleteResult:
    """How many annotations were removed from an image."""

    image_id: str
    deleted_count: int


class Annotations:
    """Read, replace and remove the annotations of an image."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, image_id: str) -> list[Annotation]:
        """Return the annotations of an image in their order; empty when there are none.

        Raises:
            pydantic.ValidationError: the server sent a malformed annotation.
        """
        return parse_annotations(members(self._transport.get(path_of("annotations", image_id)), "annotations"))

    def get_many(self, image_ids: Sequence[str]) -> dict[str, list[Annotation]]:
        """Return the annotations of many images by id, 500 in a request; ids that name no image are left out."""
        found: dict[str, list[Annotation]] = {}
        for start in range(0, len(image_ids), _IMAGES_A_REQUEST):
            body = {"image_ids": [*image_ids[start : start + _IMAGES_A_REQUEST]]}
            answer = member(self._transport.post(path_of("annotations", "query"), json=body), "annotations")
            found |= {image_id: parse_annotations(items) for image_id, items in dict(answer).items()}
        return found

    def provenance(self, image_id: str) -> dict[str, dict[str, Any]]:
        """Return who or what made each annotation of an image, by annotation id: with which prompt and confidence."""
        answer = self._transport.get(path_of("annotations", image_id), params={"include_provenance": True})
        return dict(member(answer, "provenance"))

    def save(
        self, image_id: str, annotations: Sequence[Annotation], *, expected_version: int | None = None
    ) -> SaveResult:
        """Replace all annotations of an image; an empty list clears it.

        Args:
            expected_version: the version these annotations were made from. Servers that count versions refuse the
                save with a `ConflictError` when the image has changed since; None saves whatever is there.
        """
        body: dict[str, Any] = {
            "image_id": image_id,
            "annotations": [dump_annotation(annotation) for annotation in annotations],
        }
        if expected_version is not None:
            body["expected_version"] = expected_version
        return _save_result(self._transport.post(path_of("annotations", image_id), json=body))

    def delete(self, image_id: str) -> DeleteResult:
        """Remove all annotations of an image and return how many there were."""
        document = self._transport.delete(path_of("annotations", image_id))
        answer: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        return DeleteResult(
            image_id=str(answer.get("image_id") or image_id), deleted_count=int(answer.get("deleted_count") or 0)
        )

    def history(self, image_id: str, *, limit: int = 50, before: int | None = None) -> list[AnnotationVersion]:
        """Return what the annotations of an image were, the current state first: who saved what when.

        Args:
            before: only versions older than this one; the last one of a list goes on behind it.
        """
        document = self._transport.get(
            path_of("annotations", image_id, "history"), params={"limit": limit, "before": before}
        )
        return [parse(AnnotationVersion, item) for item in members(document, "versions")]

    def at_version(self, image_id: str, version: int) -> AnnotationState:
        """Return the annotations of an image as they were at a version."""
        return parse(AnnotationState, self._transport.get(path_of("annotations", image_id, "history", str(version))))

    def restore(self, image_id: str, version: int, *, expected_version: int | None = None) -> SaveResult:
        """Make the annotations of an image what they were at a version. What they are now stays in the history.

        Args:
            expected_version: refuse with a `ConflictError` when the image has changed since this version.
        """
        body = {"version": version}
        if expected_version is not None:
            body["expected_version"] = expected_version
        return _save_result(self._transport.post(path_of("annotations", image_id, "restore"), json=body))


def _save_result(document: object) -> SaveResult:
    return SaveResult(
        image_id=str(member(document, "image_id")),
        previous_count=int(member(document, "previous_count")),
        new_count=int(member(document, "new_count")),
        status=str(member(document, "status")),
    )
