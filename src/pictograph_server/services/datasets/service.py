"""Rules of datasets. A project and a dataset are the same row: projects write it, datasets read it."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pictograph_server.errors import Conflict
from pictograph_server.jobs import queue
from pictograph_server.storage.db.types import new_id, now

from . import repository
from .classes import check_class_name, check_classes, normalise_annotation_types, widen_annotation_types, with_colours
from .names import check_name
from .records import ClassRecord, ClassRequest, DatasetNotFound, DatasetRecord, DeletedDataset, OwnerRecord


class DatasetNameTaken(Conflict):
    code = "dataset_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A dataset named {name!r} already exists",
            why="names are unique in an organisation",
            fix="Choose another name, or use the dataset that is there",
        )


def get_by_name(conn: Connection, organization_id: str, name: str) -> DatasetRecord:
    """Return the organisation's dataset of that name, with its classes. Raises `DatasetNotFound` (404)."""
    record = repository.by_name(conn, organization_id, name)
    if record is None:
        raise DatasetNotFound(name)
    return record


def get_by_id(conn: Connection, organization_id: str, dataset_id: str) -> DatasetRecord:
    """Return the organisation's dataset of that id, with its classes. Raises `DatasetNotFound` (404)."""
    record = repository.by_id(conn, organization_id, dataset_id)
    if record is None:
        raise DatasetNotFound(dataset_id)
    return record


def list_page(conn: Connection, organization_id: str, *, limit: int, offset: int) -> list[DatasetRecord]:
    """Return datasets with their classes, newest first."""
    return repository.page(conn, organization_id, limit=limit, offset=offset)


def create(
    conn: Connection,
    organization_id: str,
    *,
    name: str,
    description: str | None = None,
    annotation_types: Sequence[str] | None = None,
    classes: Sequence[ClassRecord] = (),
) -> DatasetRecord:
    """Create a dataset; missing colours come from the palette."""
    check_name(name)
    check_classes(classes)
    types = normalise_annotation_types(annotation_types if annotation_types is not None else ("bbox",))
    if repository.by_name(conn, organization_id, name) is not None:
        raise DatasetNameTaken(name)
    moment = now()
    record = DatasetRecord(
        id=new_id(),
        organization_id=organization_id,
        name=name,
        description=description,
        annotation_types=widen_annotation_types(types, (entry.type for entry in classes)),
        review_required=False,
        image_count=0,
        completed_image_count=0,
        archived_image_count=0,
        total_size_bytes=0,
        created_at=moment,
        updated_at=moment,
        classes=tuple(with_colours(classes)),
    )
    try:
        repository.add(conn, record)
    except IntegrityError as error:
        raise DatasetNameTaken(name) from error
    return record


def update(
    conn: Connection,
    organization_id: str,
    name: str,
    *,
    new_name: str | None = None,
    description: str | None = None,
    annotation_types: Sequence[str] | None = None,
    classes: Sequence[ClassRecord] | None = None,
    review_required: bool | None = None,
) -> DatasetRecord:
    """Change what is given; None leaves a field as it is. `classes` replaces the whole list.

    A class that stays keeps its colour and its prompts where the request names none.
    """
    record = get_by_name(conn, organization_id, name)
    values: dict[str, object] = {}
    if new_name is not None and new_name != name:
        check_name(new_name)
        if repository.by_name(conn, organization_id, new_name) is not None:
            raise DatasetNameTaken(new_name)
        values["name"] = new_name
    if description is not None:
        values["description"] = description
    if annotation_types is not None:
        values["annotation_types"] = list(normalise_annotation_types(annotation_types))
    if review_required is not None:
        values["review_required"] = review_required
    if classes is not None:
        check_classes(classes)
        _replace_classes(conn, record, classes)
    try:
        repository.change(conn, organization_id, record.id, values)
    except IntegrityError as error:
        raise DatasetNameTaken(new_name or name) from error
    return get_by_id(conn, organization_id, record.id)


def delete(conn: Connection, organization_id: str, name: str) -> DeletedDataset:
    """Delete a dataset and everything made from it; jobs at work on it are asked to stop.

    The blobs are the caller's to remove after the commit (`services/images/blobs.py`).
    """
    record = get_by_name(conn, organization_id, name)
    # Before the jobs' rows: what a job saves locks the dataset first, too.
    lock(conn, organization_id, record.id)
    images, folders, hashes = repository.image_summary(conn, record.id)
    keys = _stop_and_list_blobs(conn, record.id)
    repository.remove(conn, organization_id, record.id)
    return DeletedDataset(record.id, images, folders, hashes, keys)


def retire(conn: Connection, organization_id: str, dataset_id: str) -> list[str]:
    """Make a dataset and its images impossible to find at once, and give its name free; jobs at work on it stop.

    All that was made of it goes now, but for images and batches, which may have millions of rows: those wait for
    `remove_retired`. Returns the keys of blobs that were this dataset's alone, to be removed after the commit.

    Raises:
        DatasetNotFound: 404.
    """
    lock(conn, organization_id, dataset_id)
    keys = _stop_and_list_blobs(conn, dataset_id)
    repository.retire(conn, organization_id, dataset_id)
    return keys


def remove_retired(conn: Connection, organization_id: str, dataset_id: str) -> list[str]:
    """Delete the row of a retired dataset whose images are gone, and what is left of it. Twice is as good as once.

    Returns the hashes of images that its versions held until now.
    """
    held = repository.held_contents(conn, dataset_id)
    repository.remove(conn, organization_id, dataset_id)
    return held


def ensure_classes(conn: Connection, dataset_id: str, classes: Sequence[ClassRequest]) -> list[str]:
    """Register the classes that are missing, widen `annotation_types`, and return the names that were added.

    Each class is `(name, type or None, prompts)`. A class that is there keeps its type and colour; prompts given for it
    replace its own (R6).
    """
    if not classes:
        return []
    for name, _type, _prompts in classes:
        check_class_name(name)
    types = repository.lock_annotation_types(conn, dataset_id)
    present = repository.classes_of(conn, [dataset_id]).get(dataset_id, ())
    known = {entry.name: entry for entry in present}
    missing: dict[str, ClassRecord] = {}
    for name, class_type, prompts in classes:
        if name not in known:
            missing.setdefault(name, ClassRecord(name, class_type, None, prompts))
        elif prompts and prompts != known[name].prompts:
            repository.set_prompts(conn, dataset_id, name, prompts)
    coloured = with_colours(list(missing.values()), [entry.color for entry in present])
    repository.add_classes(conn, dataset_id, coloured, first_position=len(present))
    wider = widen_annotation_types(types, [class_type for _name, class_type, _prompts in classes])
    if wider != types:
        repository.set_annotation_types(conn, dataset_id, wider)
    return list(missing)


def exchange_classes(conn: Connection, dataset: DatasetRecord, names: Collection[str], target: str | None) -> None:
    """Take classes out of the list. The first of them stays under the name `target`, unless that is there or None."""
    is_target_there = target is None or any(entry.name == target for entry in dataset.classes)
    kept: list[ClassRecord] = []
    for entry in dataset.classes:
        if entry.name not in names:
            kept.append(entry)
        elif target is not None and not is_target_there:
            kept.append(ClassRecord(target, entry.type, entry.color, entry.prompts))
            is_target_there = True
    if kept != list(dataset.classes):
        repository.remove_classes(conn, dataset.id)
        repository.add_classes(conn, dataset.id, kept, first_position=0)


def is_review_required(conn: Connection, dataset_id: str) -> bool:
    """Return whether images that a machine annotated wait for a person (R5)."""
    return repository.is_review_required(conn, dataset_id)


def lock(conn: Connection, organization_id: str, dataset_id: str) -> None:
    """Hold the dataset until the transaction ends. Taken before its images, always. Raises `DatasetNotFound` (404)."""
    if not repository.lock(conn, organization_id, dataset_id):
        raise DatasetNotFound(dataset_id)


def owner(conn: Connection, organization_id: str) -> OwnerRecord:
    """Return the organisation's name and slug."""
    return repository.owner(conn, organization_id)


def usage(conn: Connection, organization_id: str) -> tuple[int, int]:
    """Return how many images the organisation has and their bytes, archived images left out."""
    return repository.usage(conn, organization_id)


def add_to_counters(
    conn: Connection, dataset_id: str, *, images: int = 0, completed: int = 0, archived: int = 0, size_bytes: int = 0
) -> None:
    """Add to the dataset's counters, in the transaction that changes what they count."""
    if images or completed or archived or size_bytes:
        repository.add_to_counters(
            conn, dataset_id, images=images, completed=completed, archived=archived, size_bytes=size_bytes
        )


def staging_key(upload_id: str) -> str:
    """Return where the bytes of an upload wait until they are registered."""
    return f"staging/{upload_id}"


def _stop_and_list_blobs(conn: Connection, dataset_id: str) -> list[str]:
    for job_id in repository.live_job_ids(conn, dataset_id):
        queue.request_cancel(conn, job_id)
    keys = repository.export_keys(conn, dataset_id)
    return keys + [staging_key(upload_id) for upload_id in repository.upload_ids(conn, dataset_id)]


def _replace_classes(conn: Connection, record: DatasetRecord, classes: Sequence[ClassRecord]) -> None:
    before = {entry.name: entry for entry in record.classes}
    kept: list[ClassRecord] = []
    for entry in classes:
        old = before.get(entry.name, ClassRecord(entry.name))
        kept.append(ClassRecord(entry.name, entry.type, entry.color or old.color, entry.prompts or old.prompts))
    repository.remove_classes(conn, record.id)
    repository.add_classes(conn, record.id, with_colours(kept), first_position=0)
