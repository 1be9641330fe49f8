"""What a job found, saved for many images at once: the same few statements for one image and for fifty."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import AnnotationState

from . import repository
from .documents import AnnotationJson, to_document, with_maker
from .history_repository import Author
from .provenance import Provenance
from .repository import Stored
from .status import after_job

_EMPTY = Stored((), {})
# Of the boxes. A person's correction moves an edge or two; another object of the class is elsewhere.
_SAME_OBJECT_IOU = 0.5


@dataclass(frozen=True, slots=True)
class JobFinding:
    """What a job found on one image, as it will be stored: `provenance` has an entry for every document, by its id."""

    image_id: str
    documents: Sequence[AnnotationJson]
    provenance: Mapping[str, Provenance]


def job_finding(image_id: str, annotations: Sequence[Annotation], provenance: Mapping[str, Provenance]) -> JobFinding:
    documents = [with_maker(to_document(each), each.created_by or provenance[each.id].made_by) for each in annotations]
    return JobFinding(image_id, documents, provenance)


def save_findings(
    conn: Connection,
    organization_id: str,
    dataset_id: str,
    findings: Sequence[JobFinding],
    *,
    replace_classes: Collection[str],
    review: bool,
) -> dict[str, int]:
    """Add what a job found on images of a dataset, in the caller's transaction; return image id -> annotations added.

    Untouched machine work of `replace_classes` gives way; what a person made or edited stays and stands for its object:
    what the job found of the same class at the same place is not added. An image becomes `complete`, or `review`,
    unless a person already decided (R5). Images that are gone are not in the answer.

    Raises:
        DatasetNotFound: it is gone.
    """
    by_image = {finding.image_id: finding for finding in findings}
    locked = images.lock_many(conn, organization_id, dataset_id, list(by_image))
    rows = repository.get_many(conn, [image.id for image in locked])
    stored: dict[str, Stored] = {}
    states: list[AnnotationState] = []
    added: dict[str, int] = {}
    new_documents: list[AnnotationJson] = []
    new_origins: list[Provenance] = []
    for image in locked:
        finding, before = by_image[image.id], rows.get(image.id, _EMPTY)
        kept = [each for each in before.documents if not _gives_way(each, before.provenance, replace_classes)]
        kept_ids = {str(document["id"]) for document in kept}
        known = [document for document in kept if document["name"] in replace_classes]
        new = [
            document
            for document in finding.documents
            if document["id"] not in kept_ids and not any(is_same_object(document, each) for each in known)
        ]
        is_changed = bool(new) or len(kept) != len(before.documents)
        if is_changed:
            origins = {key: value for key, value in before.provenance.items() if key in kept_ids}
            origins |= {str(document["id"]): finding.provenance[str(document["id"])] for document in new}
            stored[image.id] = Stored([*kept, *new], origins)
        version = image.annotation_version + is_changed
        status, set_by = after_job(image.status, image.status_set_by, review=review)
        states.append(AnnotationState(image, len(kept) + len(new), version, status, set_by))
        added[image.id] = len(new)
        new_documents += new
        new_origins += finding.provenance.values()
    register_classes(conn, dataset_id, new_documents)
    repository.put_many(conn, organization_id, stored, known=rows, author=_author(new_origins))
    images.set_annotation_states(conn, states)
    return added


def register_classes(conn: Connection, dataset_id: str, documents: Sequence[AnnotationJson]) -> None:
    """Register the classes of annotations that the dataset does not know."""
    geometries: dict[str, str] = {}
    for document in documents:
        geometries.setdefault(str(document["name"]), str(document["type"]))
    datasets.ensure_classes(conn, dataset_id, [(name, geometry, ()) for name, geometry in geometries.items()])


def _author(origins: Sequence[Provenance]) -> Author:
    """Return the engine that found this; a job has one."""
    made_by = origins[0].made_by if origins else None
    return Author(made_by, made_by, "labelled by a job")


def is_same_object(one: AnnotationJson, other: AnnotationJson) -> bool:
    """Return whether two annotations are of one class and their boxes overlap by half."""
    if one["name"] != other["name"]:
        return False
    one_box, other_box = one.get("bounding_box"), other.get("bounding_box")
    return one_box is not None and other_box is not None and _iou(one_box, other_box) >= _SAME_OBJECT_IOU


def _iou(one: Any, other: Any) -> float:
    """Return the overlap of two boxes on the wire, `{x, y, w, h}`."""
    width = min(one["x"] + one["w"], other["x"] + other["w"]) - max(one["x"], other["x"])
    height = min(one["y"] + one["h"], other["y"] + other["h"]) - max(one["y"], other["y"])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (one["w"] * one["h"] + other["w"] * other["h"] - both)


def _gives_way(
    document: AnnotationJson, provenance: Mapping[str, Provenance], replace_classes: Collection[str]
) -> bool:
    origin = provenance.get(str(document["id"]))
    return origin is not None and origin.is_untouched_machine_work and document["name"] in replace_classes
