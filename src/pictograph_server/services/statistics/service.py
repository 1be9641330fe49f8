"""Statistics of a dataset: measured on request, at once where it is small and by a job where it is not, and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pictograph.models.statistics import Statistics, StatisticsStatus
from pictograph_server.jobs import queue
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.storage.db.types import new_id

from . import repository
from .measure import Measured

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


def measure(conn: Connection, dataset: DatasetRecord, on_image: Callable[[int], None] = lambda _: None) -> Statistics:
    """Return the figures of a dataset; `on_image` gets the count, and may raise to stop."""
    measured = Measured()
    changes = annotations.pending_renamings(conn, dataset.id)
    for image in repository.image_rows(conn, dataset.id, changes):
        measured.add(image)
        on_image(measured.images)
    return measured.result(entry.name for entry in dataset.classes)


def save(conn: Connection, dataset: DatasetRecord, statistics: Statistics, fingerprint: str) -> None:
    """Keep the figures of a dataset that the caller holds, and what they are the figures of."""
    repository.save(conn, dataset.organization_id, dataset.id, statistics.model_dump(mode="json"), fingerprint)


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
