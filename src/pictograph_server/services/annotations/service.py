"""Rules of annotations: full replacement, versions, provenance, and what a save does to status and counters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation, parse_annotations
from pictograph.models.image import ImageStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import Conflict
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageNotFound, ImageRecord
from pictograph_server.storage.db.types import now

from . import class_changes_repository, repository
from .documents import AnnotationJson, is_same, to_document, with_maker
from .from_job import job_finding, register_classes, save_findings
from .history_repository import Author
from .provenance import Provenance, is_engine
from .renaming import Renaming
from .repository import Stored
from .status import after_save

_EMPTY = Stored((), {})


@dataclass(frozen=True, slots=True)
class SaveOutcome:
    """What a save did. `version` is the image's annotation version after it."""

    previous_count: int
    new_count: int
    status: ImageStatus
    version: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What an engine was asked with when it found an annotation that a person accepts."""

    prompt: str | None = None
    threshold: float | None = None
    # The person changed what it found before this first save.
    edited: bool = False


class StaleAnnotations(Conflict):
    code = "stale_annotations"

    def __init__(self, image: ImageRecord, expected_version: int) -> None:
        super().__init__(
            f"The annotations of {image.filename!r} were not saved",
            why=f"they are at version {image.annotation_version} and yours were based on version {expected_version}",
            fix="Read them again, bring both together, and save with the new version as expected_version",
            details={"expected_version": expected_version, "current_version": image.annotation_version},
        )


def get(conn: Connection, image_id: str) -> list[Annotation]:
    """Return the annotations of an image that the caller has already looked up; [] when there are none."""
    return parse_annotations(get_documents(conn, image_id))


def get_documents(conn: Connection, image_id: str) -> list[AnnotationJson]:
    """Return the same as stored JSON, which is what the wire gets."""
    return repository.documents(conn, [image_id]).get(image_id, [])


def get_provenance(conn: Connection, image_id: str) -> Mapping[str, Provenance]:
    """Return annotation id -> who or what made it."""
    return (repository.get(conn, image_id) or _EMPTY).provenance


def documents(conn: Connection, image_ids: Sequence[str]) -> dict[str, list[Annotation]]:
    """Return the annotations of many images, for exports; an image without any has an empty list."""
    found = repository.documents(conn, image_ids)
    return {image_id: parse_annotations(found.get(image_id, [])) for image_id in image_ids}


def encoded(conn: Connection, organization_id: str, image_ids: Sequence[str]) -> dict[str, bytes]:
    """Return image id -> its annotations as JSON, for a few hundred images; ids that name none are left out.

    Raises:
        ImageNotFound: 404, none of them is there.
    """
    found = repository.encoded(conn, organization_id, image_ids)
    if not found:
        raise ImageNotFound(image_ids[0])
    return found


def as_json(conn: Connection, image_ids: Sequence[str]) -> dict[str, tuple[list[AnnotationJson], dict[str, object]]]:
    """Return documents and provenance of images as they are stored; images without any are left out."""
    return repository.as_json(conn, image_ids)


def pending_renamings(conn: Connection, dataset_id: str) -> list[Renaming]:
    """Return the class changes that have not come to every image yet: tags are to be read with them."""
    return [change.renaming for change in class_changes_repository.pending(conn, dataset_id)]


def save(
    conn: Connection,
    actor: Actor,
    image_id: str,
    annotations: Sequence[Annotation],
    *,
    expected_version: int | None = None,
) -> SaveOutcome:
    """Replace an image's annotations by these, as the actor. See `save_documents`."""
    return save_documents(
        conn, actor, image_id, [to_document(annotation) for annotation in annotations], expected_version
    )


def save_documents(
    conn: Connection,
    actor: Actor,
    image_id: str,
    new: Sequence[AnnotationJson],
    expected_version: int | None = None,
    *,
    asked: Mapping[str, Asked] | None = None,
    in_progress: bool = False,
) -> SaveOutcome:
    """Replace an image's annotations by checked documents (`check_annotations`), as the actor.

    Unknown classes are registered. Annotations that are unchanged keep their provenance; new and changed ones are
    the actor's, except that a new one whose `created_by` names an engine is the engine's; `asked` says by its id
    what that engine was asked, and whether the actor has corrected what it answered.

    Args:
        in_progress: more is to come, as while somebody draws: the image is neither completed nor reopened by this.

    Raises:
        ImageNotFound: 404.
        StaleAnnotations: 409, `expected_version` is given and not the current one.
    """
    image = images.lock(conn, actor.organization_id, image_id)
    if expected_version is not None and expected_version != image.annotation_version:
        raise StaleAnnotations(image, expected_version)
    row = repository.get(conn, image_id)
    stored = _attributed(row or _EMPTY, new, actor.maker, asked or {})
    register_classes(conn, image.dataset_id, new)
    change = after_save(
        image.status,
        image.status_set_by,
        count=len(new),
        in_progress=in_progress,
        is_machine_work=all(entry.is_untouched_machine_work for entry in stored.provenance.values()),
        review_required=datasets.is_review_required(conn, image.dataset_id),
    )
    author = Author(actor.maker, actor.name)
    repository.put(conn, actor.organization_id, image_id, stored, is_new=row is None, author=author)
    version = image.annotation_version + 1
    images.set_annotation_state(conn, image, count=len(new), version=version, status=change)
    return SaveOutcome(image.annotation_count, len(new), change[0], version)


def save_from_job(
    conn: Connection,
    *,
    organization_id: str,
    image_id: str,
    annotations: Sequence[Annotation],
    provenance: Mapping[str, Provenance],
    replace_classes: Collection[str],
    review: bool,
) -> int:
    """Add what a job found on one image and return how many annotations that added; see `save_findings`.

    Raises:
        ImageNotFound: the image is gone.
    """
    dataset_id = images.get(conn, organization_id, image_id).dataset_id
    finding = job_finding(image_id, annotations, provenance)
    added = save_findings(conn, organization_id, dataset_id, [finding], replace_classes=replace_classes, review=review)
    if image_id not in added:
        raise ImageNotFound(image_id)
    return added[image_id]


def remove(conn: Connection, actor: Actor, image_id: str) -> SaveOutcome:
    """Delete an image's annotations; the image is `new` again."""
    return save_documents(conn, actor, image_id, [])


def _attributed(before: Stored, new: Sequence[AnnotationJson], caller: str, asked: Mapping[str, Asked]) -> Stored:
    """Return the documents with `created_by` filled in, and the provenance of each."""
    moment = now()
    old = {str(document["id"]): document for document in before.documents}
    documents: list[AnnotationJson] = []
    origins: dict[str, Provenance] = {}
    for document in new:
        key = str(document["id"])
        named = _text(document.get("created_by"))
        origin = before.provenance.get(key)
        if origin is None or key not in old:
            origin = _first_origin(document, named, caller, moment, asked.get(key))
        elif not is_same(document, old[key]):
            origin = origin.edited(caller, moment)
        documents.append(with_maker(document, named or _text(old.get(key, {}).get("created_by")) or caller))
        origins[key] = origin
    return Stored(documents, origins)


def _first_origin(
    document: AnnotationJson, named: str | None, caller: str, moment: datetime, asked: Asked | None
) -> Provenance:
    if not named or not is_engine(named):
        return Provenance(caller, moment.isoformat())
    if asked is None:
        return Provenance(named, moment.isoformat())
    confidence = cast("float", document["confidence"])
    found = Provenance(named, moment.isoformat(), asked.prompt, asked.threshold, confidence)
    return found.edited(caller, moment) if asked.edited else found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
