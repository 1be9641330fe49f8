"""Statistics of a dataset: measured on request, at once where it is small and by a job where it is not, and kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pictograph.models.statistics import Grid, Statistics, StatisticsStatus
from pictograph_server.errors import Conflict
from pictograph_server.jobs import queue
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images import tallies
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db.types import new_id

from . import repository
from .cells import IMAGES_A_CELL, unpack
from .measure import CLASSES_WITH_GRIDS, Measured

MEASURE_TASK = "measure_dataset"
MEASURE_LANE = "export"
# Images that a request measures by itself: a tenth of a second.
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StatisticsRecord:
    """What is known of a dataset; the figures as JSON text."""

    dataset_id: str
    status: StatisticsStatus
    progress: float | None
    computed_at: datetime | None
    is_current: bool
    error_message: str | None
    statistics: str | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures, and the images of the cells of their grids, packed."""

    statistics: Statistics
    cells: Mapping[tuple[Grid, str | None], bytes]


@dataclass(frozen=True, slots=True)
class CellRecord:
    """Images of a cell, and whether those were all of them when it was measured."""

    images: Sequence[ImageRecord]
    is_whole: bool


class CellsNotKept(Conflict):
    code = "cells_not_kept"

    def __init__(self, dataset: str, class_name: str | None) -> None:
        of = "all classes" if class_name is None else f"class {class_name!r}"
        super().__init__(
            f"Which images are behind the grids of {of} in dataset {dataset!r} is not known",
            why="it was not noted when the dataset was measured; "
            f"of classes it is for the {CLASSES_WITH_GRIDS} with the most annotations",
            fix="Measure the dataset again (`client.datasets.statistics(name, refresh=True)`)",
        )


def get(conn: Connection, organization_id: str, dataset_name: str) -> StatisticsRecord:
    """Return what was measured last. Raises `DatasetNotFound` (404)."""
    return _record(conn, datasets.get_by_name(conn, organization_id, dataset_name))


def refresh(conn: Connection, organization_id: str, dataset_name: str) -> StatisticsRecord:
    """Measure the dataset again, unless that is going on. Raises `DatasetNotFound` (404)."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    datasets.lock(conn, organization_id, dataset.id)
    row = repository.find(conn, dataset.id)
    if row is None or row.status != "computing":
        if dataset.image_count <= AT_ONCE:
            fingerprint = repository.fingerprint(conn, dataset.id)
            save(conn, dataset, measure(conn, dataset), fingerprint)
        else:
            job_id = new_id()
            repository.begin(conn, organization_id, dataset.id, job_id)
            queue.enqueue(
                conn,
                task=MEASURE_TASK,
                lane=MEASURE_LANE,
                organization_id=organization_id,
                payload={"dataset_id": dataset.id},
                job_id=job_id,
            )
    return _record(conn, dataset)


def cell(
    conn: Connection, organization_id: str, dataset_name: str, grid: Grid, number: int, class_name: str | None
) -> CellRecord:
    """Return the first images with an annotation in a cell of a grid, those that are still there.

    Raises:
        DatasetNotFound: 404.
        CellsNotKept: 409, it was not measured, or not since images are noted, or the class has no grids.
    """
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    packed = repository.cells(conn, dataset.id, grid, class_name)
    if packed is None:
        raise CellsNotKept(dataset.name, class_name)
    ids = unpack(packed, number)
    found = images.get_many(conn, organization_id, ids)
    there = [image for image in found if image.dataset_id == dataset.id and not image.is_archived]
    return CellRecord(there, len(ids) < IMAGES_A_CELL)


def measure(conn: Connection, dataset: DatasetRecord, on_image: Callable[[int], None] = lambda _: None) -> Measurement:
    """Return the figures of a dataset; `on_image` gets the count, and may raise to stop."""
    by_class = tallies.classes(conn, dataset.id)
    largest = sorted(by_class, key=lambda name: -by_class[name].annotation_count)[:CLASSES_WITH_GRIDS]
    measured = Measured(name for name in largest if by_class[name].annotation_count > 0)
    changes = annotations.pending_renamings(conn, dataset.id)
    for image in repository.image_rows(conn, dataset.id, changes):
        measured.add(image)
        on_image(measured.images)
    return Measurement(measured.result(entry.name for entry in dataset.classes), measured.cells())


def save(conn: Connection, dataset: DatasetRecord, measured: Measurement, fingerprint: str) -> None:
    """Keep the figures of a dataset that the caller holds, and what they are the figures of."""
    document = measured.statistics.model_dump(mode="json")
    repository.save(conn, dataset.organization_id, dataset.id, document, measured.cells, fingerprint)


def _record(conn: Connection, dataset: DatasetRecord) -> StatisticsRecord:
    row = repository.find(conn, dataset.id)
    if row is None:
        return StatisticsRecord(dataset.id, "none", None, None, False, None, None)
    job = queue.get(conn, row.job_id) if row.job_id is not None and row.status == "computing" else None
    return StatisticsRecord(
        dataset_id=dataset.id,
        status=row.status,
        progress=None if job is None else job.progress,
        computed_at=row.computed_at,
        is_current=row.fingerprint == repository.fingerprint(conn, dataset.id),
        error_message=row.error_message,
        statistics=row.document,
    )
