"""The task `plan_import`: read all labels, look at the dataset, and write down what the import will do.

Changes nothing but the import's own row; killed anywhere, it starts again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pictograph.formats.base import ReadReport
from pictograph.models.dataset_import import ImportClass, ImportIssue, ImportPlan
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound, DatasetRecord
from pictograph_server.services.images.registration import LimitExceeded, require_room
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.material import Item, Material, match, names_meant, open_material
from pictograph_server.services.imports.repository import ImportRecord, PresentImage

PLANNED = "planned"
_PAGE = 400
_ISSUES_KEPT = 100


def plan_import(run: JobRun, platform: Platform) -> None:
    """Make the plan of the import that the job is for.

    Raises:
        BadImport: the files cannot be imported.
    """
    import_id = str(run.payload["import_id"])
    with platform.db.read() as conn:
        record = repository.find(conn, run.organization_id, import_id)
        if record is None or record.status not in ("planning", "planned"):
            raise JobCancelled(f"import {import_id} is no longer to be planned")
        if record.status == "planned":
            return
        try:
            dataset = datasets.get_by_name(conn, run.organization_id, record.dataset_name)
        except DatasetNotFound:
            dataset = None
    with open_material(platform, record, run.workdir) as material:
        counted = _count(run, platform, record, dataset, material)
        plan = _plan(platform, record, dataset, material, counted)
    values = {"status": "planned", "progress": 100, "plan": plan.model_dump(mode="json")}
    if dataset is not None:
        values["dataset_id"] = dataset.id
    with run.transaction(checkpoint=PLANNED, progress=1.0) as conn:
        is_wanted = repository.advance(conn, record.id, "planning", values)
    if not is_wanted:
        raise JobCancelled(f"import {import_id} was cancelled")


@dataclass(slots=True)
class _Counted:
    """The plan as it grows."""

    plan: ImportPlan = field(default_factory=ImportPlan)
    # Class -> (geometry, how many).
    classes: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    paths: set[str] = field(default_factory=set[str])
    report: ReadReport = field(default_factory=ReadReport)

    def leave_out(self, path: str, reason: str) -> None:
        self.plan.skipped_count += 1
        if len(self.plan.skipped) < _ISSUES_KEPT:
            self.plan.skipped.append(ImportIssue(path=path, reason=reason))


def _count(
    run: JobRun, platform: Platform, record: ImportRecord, dataset: DatasetRecord | None, material: Material
) -> _Counted:
    counted = _Counted()
    for skipped in material.skipped:
        counted.leave_out(skipped.path, skipped.reason)
    files = max(1, material.file_count)
    dataset_id = dataset.id if dataset is not None else None
    for page in _pages(material.items(platform, dataset_id, counted.report)):
        run.raise_if_cancelled()
        found = _present(platform, record, dataset, page)
        for item in page:
            _count_item(counted, item, material, match(found, item.folder_path, item.filename))
        run.report(0.95 * min(1.0, counted.plan.images / files))
    return counted


def _count_item(counted: _Counted, item: Item, material: Material, there: PresentImage | None) -> None:
    plan = counted.plan
    plan.images += 1
    if item.file is not None:
        # Only an image of the very folder and name is in the way of a file.
        there = there if there is not None and _path_of(there) == item.path else None
        if item.path in counted.paths:
            counted.leave_out(item.path, "an image of this folder and name came before it")
            return
        counted.paths.add(item.path)
        size = material.size(item.file)
        if there is None:
            plan.images_new += 1
            plan.bytes_new += size
        elif there.file_size_bytes != size:
            plan.images_different += 1
            counted.leave_out(item.path, "the dataset has another image of this folder and name")
            return
        else:
            plan.images_present += 1
    elif there is None:
        plan.images_missing += 1
        counted.leave_out(item.path, "neither the files nor the dataset have this image")
        return
    else:
        plan.images_present += 1
    if item.labels is None:
        return
    plan.images_labelled += 1
    plan.annotations += len(item.labels.annotations)
    if there is not None and there.annotation_count:
        plan.images_annotated_already += 1
    for name, kind in (
        *((annotation.name, annotation.type) for annotation in item.labels.annotations),
        *((tag, "tag") for tag in item.labels.tags),
    ):
        known, count = counted.classes.get(name, (kind, 0))
        counted.classes[name] = (known, count + 1)


def _plan(
    platform: Platform,
    record: ImportRecord,
    dataset: DatasetRecord | None,
    material: Material,
    counted: _Counted,
) -> ImportPlan:
    plan, recognized = counted.plan, material.recognized
    there = {entry.name for entry in dataset.classes} if dataset is not None else set[str]()
    names = [name for name in material.class_names if name in counted.classes]
    plan.classes = [
        ImportClass(
            name=name, type=counted.classes[name][0], annotations=counted.classes[name][1], is_new=name not in there
        )
        for name in dict.fromkeys([*names, *counted.classes])
    ]
    plan.format = recognized.format
    plan.other_files = max(0, material.file_count - recognized.images - recognized.labels)
    for problem in counted.report.problems:
        counted.leave_out("labels", problem)
    plan.skipped_count += counted.report.problem_count - len(counted.report.problems)
    plan.remarks = list(recognized.remarks)
    plan.remarks += [f"{count:,} {what.value} are left out" for what, count in counted.report.skipped.items()]
    try:
        with platform.db.read() as conn:
            require_room(
                conn,
                record.organization_id,
                images=plan.images_new,
                size_bytes=plan.bytes_new,
                what="The import",
            )
    except LimitExceeded as refusal:
        plan.remarks.append(f"{refusal.message}; what does not fit will fail")
    return plan


def _present(
    platform: Platform, record: ImportRecord, dataset: DatasetRecord | None, page: Sequence[Item]
) -> dict[str, list[PresentImage]]:
    if dataset is None:
        return {}
    names = [name for item in page for name in ([item.filename] if item.file else names_meant(item.filename))]
    with platform.db.read() as conn:
        return repository.present(conn, record.organization_id, dataset.id, names)


def _path_of(image: PresentImage) -> str:
    return f"{image.folder_path.rstrip('/')}/{image.filename}"


def _pages(items: Iterator[Item]) -> Iterator[list[Item]]:
    while page := list(islice(items, _PAGE)):
        yield page
