"""Labels of others brought onto images, and what becomes of those that are there: the merge rule of an import."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Connection

from pictograph.models.image import ImageStatus
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images import tags_repository
from pictograph_server.services.images.records import AnnotationState, ImageRecord
from pictograph_server.storage.db.types import new_id, now

from . import repository
from .documents import AnnotationJson, is_same, with_maker
from .from_job import is_same_object, register_classes
from .history_repository import Author
from .provenance import Provenance, is_engine
from .repository import Stored
from .status import StatusChange

# `keep`: what people made stays, untouched machine work of the imported classes gives way. `replace`: the imported
# labels stand alone. `add`: all stays, and what is not there yet comes beside it.
MergeRule = Literal["keep", "replace", "add"]

_EMPTY = Stored((), {})
_DECIDED = ("review", "complete")


@dataclass(frozen=True, slots=True)
class ImportedLabels:
    """What a file says about an image: checked documents, tags, and how far its labels are."""

    image_id: str
    documents: Sequence[AnnotationJson]
    tags: Sequence[str]
    status: ImageStatus


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of an image's annotations. `is_changed`: they, or its tags, are others than before."""

    added: int
    kept: int
    removed: int
    is_changed: bool


def save_imported(
    conn: Connection,
    organization_id: str,
    dataset_id: str,
    labels: Sequence[ImportedLabels],
    *,
    rule: MergeRule,
    class_names: Collection[str],
    author: Author,
) -> dict[str, Merged]:
    """Bring labels onto images of a dataset, in the caller's transaction; return image id -> what that did.

    Saying the same again changes nothing. Images that are gone are not in the answer.

    Args:
        class_names: the classes that the import speaks of; by `keep` machine work of others stays.
        author: who imports. An annotation that says it is an engine's stays the engine's.
    Raises:
        DatasetNotFound: it is gone.
    """
    by_image = {each.image_id: each for each in labels}
    locked = images.lock_many(conn, organization_id, dataset_id, list(by_image))
    rows = repository.get_many(conn, [image.id for image in locked])
    needs_review = datasets.is_review_required(conn, dataset_id)
    stored: dict[str, Stored] = {}
    states: list[AnnotationState] = []
    outcomes: dict[str, Merged] = {}
    tags: dict[str, Mapping[str, object]] = {}
    for image in locked:
        wanted, before = by_image[image.id], rows.get(image.id, _EMPTY)
        kept, new = _merged(before, wanted.documents, rule, class_names)
        is_changed = bool(new) or len(kept) != len(before.documents)
        if is_changed:
            stored[image.id] = _attributed(before, kept, new, author.by or "")
        new_tags = _tags(image, wanted.tags, rule)
        if new_tags is not None:
            tags[image.id] = new_tags
        status, set_by = _status(image, wanted.status, rule, review=needs_review)
        states.append(
            AnnotationState(image, len(kept) + len(new), image.annotation_version + is_changed, status, set_by)
        )
        outcomes[image.id] = Merged(
            len(new), len(kept), len(before.documents) - len(kept), is_changed or new_tags is not None
        )
    register_classes(conn, dataset_id, [document for each in labels for document in each.documents])
    tag_names = dict.fromkeys(name for each in labels for name in each.tags)
    datasets.ensure_classes(conn, dataset_id, [(name, "tag", ()) for name in tag_names])
    # The history keeps what is replaced under the version it had: before the versions grow.
    repository.put_many(conn, organization_id, stored, known=rows, author=author)
    images.set_annotation_states(conn, states)
    tags_repository.set_tags(conn, tags)
    return outcomes


def _merged(
    before: Stored, wanted: Sequence[AnnotationJson], rule: MergeRule, class_names: Collection[str]
) -> tuple[Sequence[AnnotationJson], list[AnnotationJson]]:
    """Return what stays of the annotations that are there, and what comes."""
    if rule == "replace":
        if len(wanted) == len(before.documents) and all(
            is_same(one, {**other, "id": one["id"]}) for one, other in zip(before.documents, wanted, strict=True)
        ):
            return before.documents, []
        return [], list(wanted)
    if rule == "add":
        kept = before.documents
        new = [document for document in wanted if not any(_says_the_same(document, each) for each in kept)]
    else:
        kept = [each for each in before.documents if not _gives_way(each, before.provenance, class_names)]
        new = [
            document
            for document in wanted
            if not any(_says_the_same(document, each) or is_same_object(document, each) for each in kept)
        ]
    ids = {document["id"] for document in kept}
    return kept, [{**document, "id": new_id()} if document["id"] in ids else document for document in new]


def _gives_way(document: AnnotationJson, provenance: Mapping[str, Provenance], class_names: Collection[str]) -> bool:
    origin = provenance.get(str(document["id"]))
    return origin is not None and origin.is_untouched_machine_work and document["name"] in class_names


def _says_the_same(one: AnnotationJson, other: AnnotationJson) -> bool:
    return is_same(one, {**other, "id": one["id"]})


def _attributed(before: Stored, kept: Sequence[AnnotationJson], new: Sequence[AnnotationJson], importer: str) -> Stored:
    moment = now().isoformat()
    origins = {
        str(document["id"]): before.provenance[str(document["id"])]
        for document in kept
        if str(document["id"]) in before.provenance
    }
    documents = list(kept)
    for document in new:
        named = document.get("created_by")
        name = named if isinstance(named, str) and named.strip() else None
        maker = name if name and is_engine(name) else importer
        confidence = document.get("confidence")
        origins[str(document["id"])] = Provenance(
            maker, moment, confidence=float(confidence) if isinstance(confidence, (int, float)) else None
        )
        documents.append(with_maker(document, name or importer))
    return Stored(documents, origins)


def _tags(image: ImageRecord, wanted: Sequence[str], rule: MergeRule) -> Mapping[str, object] | None:
    """Return the image's tags as they will be, None where they stay as they are."""
    if rule == "replace":
        names = list(dict.fromkeys(wanted))
        return None if names == list(image.tags) else {"objects": names}
    missing = [name for name in dict.fromkeys(wanted) if name not in image.tags]
    objects = image.auto_tags.get("objects")
    there = cast("list[object]", objects) if isinstance(objects, list) else []
    return {**image.auto_tags, "objects": [*there, *missing]} if missing else None


def _status(image: ImageRecord, wanted: ImageStatus, rule: MergeRule, *, review: bool) -> StatusChange:
    if rule != "replace" and image.status in _DECIDED and image.status_set_by == "person":
        return image.status, image.status_set_by
    status: ImageStatus = "review" if review and wanted == "complete" else wanted
    return status, "person" if status in _DECIDED else None
