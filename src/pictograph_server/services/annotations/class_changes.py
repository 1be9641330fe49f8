"""Classes renamed, merged and deleted across all images of a dataset.

Few images are changed within the request. Of many, the change is recorded and a job writes it into them; until that
is done, whatever reads annotations changes them on the way out (`repository.py`), so that nobody sees a half. Who made
and who edited an annotation stays, as does its place; the images' histories say what happened.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from pictograph.models.class_change import ClassChange
from pictograph_server.actor import Actor
from pictograph_server.errors import Conflict, NotFound, Unprocessable
from pictograph_server.jobs import queue
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.classes import check_class_name
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import labels_repository as tag_labels
from pictograph_server.services.images import service as images
from pictograph_server.services.images import tags_repository
from pictograph_server.services.images.records import AnnotationState, ImageRecord
from pictograph_server.storage.db.types import new_id, now

from . import class_changes_repository as changes
from . import labels_repository, repository
from .class_changes_repository import ClassChangeRecord
from .documents import AnnotationJson
from .history_repository import Author
from .renaming import ClassChangeKind, renamed, renamed_tags
from .repository import Stored

CHANGE_TASK = "change_classes"
CHANGE_LANE = "export"
# Up to so many images a request changes by itself: a few tenths of a second.
AT_MOST_INLINE = 300
_IMAGES_AT_ONCE = 200
_EMPTY = Stored((), {})


class ClassNotFound(NotFound):
    code = "class_not_found"

    def __init__(self, dataset: str, unknown: Sequence[str], there: Sequence[str]) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no class {', '.join(map(repr, unknown))}",
            why=f"its classes are {', '.join(there)}" if there else "it has no classes yet",
            fix="Names are case-sensitive; name classes it has",
        )


class ClassExists(Conflict):
    code = "class_exists"

    def __init__(self, dataset: str, name: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has a class {name!r} already",
            why="a class is renamed to a name that is free",
            fix="Merge the one into the other (`client.datasets.merge_classes`), or choose another name",
        )


class ClassBeingLabelled(Conflict):
    code = "class_being_labelled"

    def __init__(self, dataset: str, names: Sequence[str], batch_id: str) -> None:
        super().__init__(
            f"The class {', '.join(map(repr, names))} of dataset {dataset!r} was not changed",
            why=f"auto-annotation job {batch_id!r} is looking for it and would bring the name back",
            fix="Wait until the job has ended, or cancel it, then change the class",
        )


class NothingToChange(Unprocessable):
    code = "nothing_to_change"


class ClassChangeNotFound(NotFound):
    code = "class_change_not_found"

    def __init__(self, dataset: str, change_id: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no change of classes {change_id!r}",
            fix="See those there are with `client.datasets.class_changes(name)`",
        )


def rename(conn: Connection, actor: Actor, dataset_name: str, class_name: str, new_name: str) -> ClassChange:
    """Give a class another name. Its colour, geometry and prompts stay.

    Raises:
        DatasetNotFound, ClassNotFound: 404.
        ClassExists, ClassBeingLabelled: 409.
        InvalidClass, NothingToChange: 422.
    """
    check_class_name(new_name)
    if new_name == class_name:
        raise NothingToChange(f"The class {class_name!r} is called so already", fix="Give another name")
    dataset = _locked(conn, actor, dataset_name)
    if new_name in _names(dataset) or _is_labelled(conn, dataset, new_name):
        raise ClassExists(dataset_name, new_name)
    return _change(conn, actor, dataset, "rename", [class_name], new_name)


def merge(conn: Connection, actor: Actor, dataset_name: str, class_names: Sequence[str], into: str) -> ClassChange:
    """Make one class of several. `into` may be one of them, another class of the dataset, or a new name.

    Raises:
        DatasetNotFound, ClassNotFound: 404.
        ClassBeingLabelled: 409.
        InvalidClass, NothingToChange: 422.
    """
    check_class_name(into)
    sources = [name for name in dict.fromkeys(class_names) if name != into]
    if not sources:
        raise NothingToChange(f"Nothing is merged into {into!r}", fix="Name the classes that are to become it")
    return _change(conn, actor, _locked(conn, actor, dataset_name), "merge", sources, into)


def delete(conn: Connection, actor: Actor, dataset_name: str, class_names: Sequence[str]) -> ClassChange:
    """Delete classes with all their annotations and tags. The images keep their status, and their history.

    Raises:
        DatasetNotFound, ClassNotFound: 404.
        ClassBeingLabelled: 409.
        NothingToChange: 422.
    """
    if not class_names:
        raise NothingToChange("No class is named", fix="Name the classes to delete")
    return _change(conn, actor, _locked(conn, actor, dataset_name), "delete", list(dict.fromkeys(class_names)), None)


def get(conn: Connection, organization_id: str, dataset_name: str, change_id: str) -> ClassChange:
    """Return how a change stands. Raises `DatasetNotFound`, `ClassChangeNotFound` (404)."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    record = changes.find(conn, organization_id, change_id)
    if record is None or record.dataset_id != dataset.id:
        raise ClassChangeNotFound(dataset_name, change_id)
    return _to_wire(record, dataset.name)


def list_changes(
    conn: Connection, organization_id: str, dataset_name: str, *, limit: int, offset: int
) -> list[ClassChange]:
    """Return one page of a dataset's changes, newest first. Raises `DatasetNotFound` (404)."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    return [_to_wire(record, dataset.name) for record in changes.page(conn, dataset.id, limit=limit, offset=offset)]


def write_some(conn: Connection, organization_id: str, dataset_id: str) -> int | None:
    """Write the oldest change that is on its way into some images, and return how many; None when none is.

    A change that has no image left is completed. What was saved under the old names meanwhile is changed, too: every
    save holds the dataset, as this does.

    Raises:
        DatasetNotFound: 404.
    """
    datasets.lock(conn, organization_id, dataset_id)
    record = next(iter(changes.pending(conn, dataset_id)), None)
    if record is None:
        return None
    ids = changes.images_showing(conn, dataset_id, record.class_names, limit=_IMAGES_AT_ONCE)
    if not ids:
        dataset = datasets.get_by_id(conn, organization_id, dataset_id)
        # A save may have registered an old name again.
        datasets.exchange_classes(conn, dataset, record.class_names, record.target)
        changes.end(conn, record.id, "completed")
        return 0
    count = _write(conn, record, images.lock_many(conn, organization_id, dataset_id, ids))
    changes.add_progress(conn, record.id, images=len(ids), annotations=count)
    return len(ids)


def count_waiting(conn: Connection, dataset_id: str) -> int:
    """Return how many images changes are on their way to."""
    names = [name for record in changes.pending(conn, dataset_id) for name in record.class_names]
    return changes.count_showing(conn, dataset_id, names)


def _change(
    conn: Connection,
    actor: Actor,
    dataset: DatasetRecord,
    kind: ClassChangeKind,
    class_names: list[str],
    target: str | None,
) -> ClassChange:
    unknown = [name for name in class_names if name not in _names(dataset) and not _is_labelled(conn, dataset, name)]
    if unknown:
        raise ClassNotFound(dataset.name, unknown, _names(dataset))
    if (batch_id := changes.batch_looking_for(conn, dataset.id, class_names)) is not None:
        raise ClassBeingLabelled(dataset.name, class_names, batch_id)
    record = ClassChangeRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset.id,
        kind=kind,
        class_names=class_names,
        target=target,
        status="pending",
        images_changed=0,
        annotations_changed=0,
        error_message=None,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=now(),
        completed_at=None,
    )
    is_waiting = bool(changes.pending(conn, dataset.id))
    changes.add(conn, record)
    datasets.exchange_classes(conn, dataset, class_names, target)
    is_many = changes.count_showing(conn, dataset.id, class_names, at_most=AT_MOST_INLINE + 1) > AT_MOST_INLINE
    # One after the other: a class may be renamed twice.
    if is_many or is_waiting:
        queue.enqueue(
            conn,
            task=CHANGE_TASK,
            lane=CHANGE_LANE,
            organization_id=actor.organization_id,
            payload={"dataset_id": dataset.id},
            dataset_id=dataset.id,
            job_id=record.id,
        )
    else:
        while write_some(conn, actor.organization_id, dataset.id) is not None:
            pass
    _record_in_audit_log(conn, actor, dataset, record)
    return get(conn, actor.organization_id, dataset.name, record.id)


def _write(conn: Connection, record: ClassChangeRecord, locked: Sequence[ImageRecord]) -> int:
    """Change images that show one of the classes, and return how many annotations that touched."""
    rows = repository.get_many_as_written(conn, [image.id for image in locked])
    change = [record.renaming]
    stored: dict[str, Stored] = {}
    states: list[AnnotationState] = []
    tags: dict[str, Mapping[str, object]] = {}
    touched = 0
    for image in locked:
        before = rows.get(image.id, _EMPTY)
        count = sum(document["name"] in change[0].names for document in before.documents)
        if count:
            documents = renamed(before.documents, change)
            stored[image.id] = Stored(documents, _origins(before, documents))
            version = image.annotation_version + 1
            states.append(AnnotationState(image, len(documents), version, image.status, image.status_set_by))
        if image.auto_tags and (new_tags := renamed_tags(image.auto_tags, change)) != image.auto_tags:
            tags[image.id] = new_tags
        touched += count
    author = Author(f"user:{record.created_by}", record.created_by_name, _words(record))
    repository.put_many(conn, record.organization_id, stored, known=rows, author=author)
    images.set_annotation_states(conn, states)
    tags_repository.set_tags(conn, tags)
    _index_again(conn, [image.id for image in locked if image.id not in stored and image.id not in tags], rows)
    return touched


def _index_again(conn: Connection, image_ids: Sequence[str], rows: Mapping[str, Stored]) -> None:
    """Note anew what images show that were said to show a class and do not: or they would be asked for for ever."""
    if image_ids:
        said = {image_id: rows.get(image_id, _EMPTY) for image_id in image_ids}
        labels_repository.index_annotations(
            conn, {key: (each.documents, each.provenance) for key, each in said.items()}
        )
        tag_labels.index_tags(conn, image_ids)


def _origins(before: Stored, documents: Sequence[AnnotationJson]):  # noqa: ANN202  # a part of what it is given
    kept = {str(document["id"]) for document in documents}
    return {key: origin for key, origin in before.provenance.items() if key in kept}


def _locked(conn: Connection, actor: Actor, dataset_name: str) -> DatasetRecord:
    dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
    datasets.lock(conn, actor.organization_id, dataset.id)
    # Once more: somebody may have changed its classes until the lock was ours.
    return datasets.get_by_id(conn, actor.organization_id, dataset.id)


def _names(dataset: DatasetRecord) -> list[str]:
    return [entry.name for entry in dataset.classes]


def _is_labelled(conn: Connection, dataset: DatasetRecord, name: str) -> bool:
    """Return whether images show a class, in the list or not; no more once a change takes it away."""
    taken: Collection[str] = [each for record in changes.pending(conn, dataset.id) for each in record.class_names]
    return name not in taken and changes.count_showing(conn, dataset.id, [name], at_most=1) > 0


def _words(record: ClassChangeRecord) -> str:
    named = ", ".join(map(repr, record.class_names))
    noun = "class" if len(record.class_names) == 1 else "classes"
    if record.target is None:
        return f"{noun} {named} deleted"
    return f"{noun} {named} {'renamed to' if record.kind == 'rename' else 'merged into'} {record.target!r}"


def _record_in_audit_log(conn: Connection, actor: Actor, dataset: DatasetRecord, record: ClassChangeRecord) -> None:
    details = {"classes": record.class_names, "target": record.target}
    if record.kind == "rename":
        audit.record(conn, actor, "class.renamed", subject_id=dataset.id, subject_name=dataset.name, details=details)
    elif record.kind == "merge":
        audit.record(conn, actor, "class.merged", subject_id=dataset.id, subject_name=dataset.name, details=details)
    else:
        audit.record(conn, actor, "class.deleted", subject_id=dataset.id, subject_name=dataset.name, details=details)


def _to_wire(record: ClassChangeRecord, dataset_name: str) -> ClassChange:
    return ClassChange(
        id=record.id,
        dataset_name=dataset_name,
        kind=record.kind,
        class_names=record.class_names,
        target=record.target,
        status=record.status,
        images_changed=record.images_changed,
        annotations_changed=record.annotations_changed,
        error_message=record.error_message,
        created_by_name=record.created_by_name,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )
