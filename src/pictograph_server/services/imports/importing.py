"""The task `import`: images into the dataset with their labels, a group in a transaction.

The row's `position` counts what is settled and is written in the same transactions: killed anywhere, the next attempt
goes on behind it. Bytes are stored before the transaction that names them, under their hash.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from pictograph.formats.base import ReadReport
from pictograph.formats.packed import UnreadableMember
from pictograph.models.dataset_import import ImportIssue, ImportResult
from pictograph_server.errors import ServiceError
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.annotations.documents import AnnotationJson, to_document
from pictograph_server.services.annotations.history_repository import Author
from pictograph_server.services.annotations.imported import ImportedLabels, save_imported
from pictograph_server.services.datasets.classes import check_class_name
from pictograph_server.services.images import from_job
from pictograph_server.services.images.blobs import put_back
from pictograph_server.services.images.content import ContentLimits, FileTooLarge, check_image
from pictograph_server.services.images.paths import check_filename, normalise_folder
from pictograph_server.services.images.registration import Candidate, LimitExceeded, register
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.material import (
    Item,
    Labels,
    Material,
    match,
    names_meant,
    open_material,
)
from pictograph_server.services.imports.repository import ImportRecord
from pictograph_server.services.imports.service import remove_parts_later
from pictograph_server.storage.db.types import new_id, now

IMPORTED = "imported"
_GROUP = 32
_ISSUES_KEPT = 200


def do_import(run: JobRun, platform: Platform) -> None:
    """Do the import that the job is for.

    Raises:
        BadImport: the files cannot be imported.
        DatasetNotFound: the dataset was deleted meanwhile.
    """
    import_id = str(run.payload["import_id"])
    with platform.db.read() as conn:
        record = repository.find(conn, run.organization_id, import_id)
    if record is None or record.status not in ("importing", "completed") or record.dataset_id is None:
        raise JobCancelled(f"import {import_id} is no longer wanted")
    if record.status == "completed":
        # An earlier attempt was killed before it could say that it had ended.
        return
    with open_material(platform, record, run.workdir) as material:
        _Importing(run, platform, record, record.dataset_id, material).do()


@dataclass(frozen=True, slots=True)
class _Ready:
    """An item whose bytes are checked and stored; without a candidate it means an image of the dataset."""

    item: Item
    candidate: Candidate | None


class _Importing:
    """One attempt. `result` is what all attempts together have done."""

    def __init__(
        self, run: JobRun, platform: Platform, record: ImportRecord, dataset_id: str, material: Material
    ) -> None:
        self._run = run
        self._platform = platform
        self._record = record
        self._dataset_id = dataset_id
        self._material = material
        plan: Mapping[str, Any] = record.plan or {}
        self._total = max(1, int(plan.get("images", 1)))
        self._class_names = {str(entry["name"]) for entry in plan.get("classes", ())} | set(material.class_names)
        self._author = Author(record.maker, record.maker_name, f"imported from {record.filename}")
        self._limits = ContentLimits.of(platform.settings.limits)
        self._position = record.position
        self._result = ImportResult.model_validate(record.result or {})

    def do(self) -> None:
        items = self._material.items(self._platform, self._dataset_id, ReadReport())
        for group in _groups(islice(items, self._position, None)):
            self._run.raise_if_cancelled()
            self._settle(group)
        values = {"status": "completed", "progress": 100, "completed_at": now()}
        with self._run.transaction(checkpoint=IMPORTED, progress=1.0) as conn:
            if repository.advance(conn, self._record.id, "importing", self._counted() | values):
                remove_parts_later(conn, self._record)

    def _settle(self, group: Sequence[Item]) -> None:
        # What a transaction that is undone counted must not stay counted.
        before = self._result.model_copy(deep=True)
        ready = [each for each in map(self._prepared, group) if each is not None]
        self._position += len(group)
        progress = min(1.0, self._position / self._total)
        created: list[_Ready] = []
        try:
            with self._run.transaction(progress=0.99 * progress) as conn:
                created = self._save(conn, ready)
                values = self._counted() | {"progress": int(99 * progress)}
                is_wanted = repository.advance(conn, self._record.id, "importing", values)
                if not is_wanted:
                    raise JobCancelled(f"import {self._record.id} was cancelled")
        except BaseException:
            self._result = before
            self._position -= len(group)
            raise
        self._put_back_missing(created)

    def _prepared(self, item: Item) -> _Ready | None:
        try:
            folder, filename = normalise_folder(item.folder_path), check_filename(item.filename)
            if item.file is None:
                return _Ready(item, None)
            size = self._material.size(item.file)
            if size > self._limits.max_bytes:
                raise FileTooLarge(filename, self._limits.max_bytes)
            data = self._material.read(item.file)
            image = from_job.store(self._platform, folder, filename, data, check_image(data, filename, self._limits))
        except (ServiceError, UnreadableMember) as error:
            self._issue(item.path, error.message if isinstance(error, ServiceError) else str(error))
            self._result.images_failed += 1
            return None
        return _Ready(item, image.candidate)

    def _save(self, conn: Connection, ready: Sequence[_Ready]) -> list[_Ready]:
        """Give the images their rows and bring the labels onto them; return those that are new."""
        with_files = [each for each in ready if each.candidate is not None]
        candidates = [each.candidate for each in with_files if each.candidate is not None]
        answers = register(conn, self._record.organization_id, self._dataset_id, candidates, what="The import")
        labels: dict[str, ImportedLabels] = {}
        created: list[_Ready] = []
        for each, candidate, answer in zip(with_files, candidates, answers, strict=True):
            if isinstance(answer, LimitExceeded):
                self._fail(each.item, answer.message)
            elif answer.state == "different":
                self._fail(each.item, "the dataset has another image of this folder and name; it and its labels stay")
            else:
                if answer.state == "created":
                    created.append(each)
                    self._result.images_added += 1
                else:
                    self._result.images_present += 1
                self._bring(labels, answer.image_id, each.item, (candidate.facts.width, candidate.facts.height))
        self._match(conn, labels, [each.item for each in ready if each.candidate is None])
        merged = save_imported(
            conn,
            self._record.organization_id,
            self._dataset_id,
            list(labels.values()),
            rule=self._record.options["merge"],
            class_names=self._class_names,
            author=self._author,
        )
        for outcome in merged.values():
            self._result.images_labelled += outcome.is_changed
            self._result.annotations_added += outcome.added
            self._result.annotations_kept += outcome.kept
            self._result.annotations_removed += outcome.removed
        return created

    def _match(self, conn: Connection, labels: dict[str, ImportedLabels], items: Sequence[Item]) -> None:
        """Find the images of the dataset that labels without images mean."""
        names = [name for item in items for name in names_meant(item.filename)]
        found = repository.present(conn, self._record.organization_id, self._dataset_id, names)
        for item in items:
            image = match(found, item.folder_path, item.filename)
            if image is None:
                self._fail(item, "neither the files nor the dataset have this image, or it is not clear which is meant")
                continue
            self._result.images_present += 1
            self._bring(labels, image.id, item, (image.width, image.height))

    def _bring(self, labels: dict[str, ImportedLabels], image_id: str, item: Item, size_wh: tuple[int, int]) -> None:
        if item.labels is None:
            return
        if image_id in labels:
            self._issue(item.path, "its labels are given twice; the first were taken")
        elif (why := _other_size(item.labels, size_wh)) is not None:
            self._issue(item.path, why)
        else:
            documents = self._documents(item, item.labels)
            labels[image_id] = ImportedLabels(image_id, documents, item.labels.tags, item.labels.status)

    def _documents(self, item: Item, labels: Labels) -> list[AnnotationJson]:
        documents: list[AnnotationJson] = []
        ids: set[object] = set()
        for annotation in labels.annotations:
            try:
                check_class_name(annotation.name)
            except ServiceError as error:
                self._issue(item.path, error.message)
                continue
            document = to_document(annotation)
            if document["id"] in ids:
                document = {**document, "id": new_id()}
            ids.add(document["id"])
            documents.append(document)
        return documents

    def _put_back_missing(self, created: Sequence[_Ready]) -> None:
        """Put the bytes again that somebody's deletion removed between our putting them and our commit."""
        for each in created:
            if each.candidate is not None and each.item.file is not None:
                read = partial(self._material.read, each.item.file)
                put_back(self._platform.blobs, each.candidate.sha256, read)

    def _fail(self, item: Item, reason: str) -> None:
        self._result.images_failed += 1
        self._issue(item.path, reason)

    def _issue(self, path: str, reason: str) -> None:
        self._result.issue_count += 1
        if len(self._result.issues) < _ISSUES_KEPT:
            self._result.issues.append(ImportIssue(path=path, reason=reason))

    def _counted(self) -> dict[str, object]:
        return {"position": self._position, "result": self._result.model_dump(mode="json")}


def _other_size(labels: Labels, size_wh: tuple[int, int]) -> str | None:
    """Return why labels do not fit an image: they were made on one of another size."""
    if 0 in labels.size_wh or labels.size_wh == size_wh:
        return None
    made_on, shown = (f"{width} x {height}" for width, height in (labels.size_wh, size_wh))
    return f"its labels were made on an image of {made_on} and it has {shown} (turned as its EXIF says); left out"


def _groups(items: Iterator[Item]) -> Iterator[list[Item]]:
    while group := list(islice(items, _GROUP)):
        yield group
