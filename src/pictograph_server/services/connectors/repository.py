"""Rows of imports from other services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from pictograph.models.connector import ConnectorProvider, DatasetImportStatus, ImportStatus
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

_imports = tables.connector_imports
_datasets = tables.connector_import_datasets
_requests = tables.connector_key_requests
_OPEN = ("pending", "processing")
# Reasons that are kept of images that could not be imported.
KEPT_FAILURES = 20


@dataclass(frozen=True, slots=True)
class ImportRecord:
    id: str
    organization_id: str
    provider: ConnectorProvider
    status: ImportStatus
    current_dataset: str
    error_message: str | None
    # `maker` and `name` of who imports.
    actor: Mapping[str, str]
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportedDataset:
    """One dataset of an import. `dataset_id` and `dataset_name` are ours."""

    import_id: str
    position: int
    remote_id: str
    remote_name: str
    remote_slug: str
    version: int | None
    dataset_id: str
    dataset_name: str
    status: DatasetImportStatus
    total: int
    imported: int
    skipped: int
    failed: int
    failures: Mapping[str, str]
    error_message: str | None


_import_columns = tuple(_imports.c[field.name] for field in fields(ImportRecord))
_dataset_columns = tuple(_datasets.c[field.name] for field in fields(ImportedDataset))


def add(conn: Connection, record: ImportRecord, datasets: Sequence[ImportedDataset]) -> None:
    conn.execute(insert(_imports).values({field.name: getattr(record, field.name) for field in fields(ImportRecord)}))
    rows = [{field.name: getattr(each, field.name) for field in fields(ImportedDataset)} for each in datasets]
    conn.execute(insert(_datasets), rows)


def find(conn: Connection, organization_id: str, import_id: str) -> ImportRecord | None:
    query = select(*_import_columns).where(_imports.c.organization_id == organization_id, _imports.c.id == import_id)
    row = conn.execute(query).first()
    return None if row is None else ImportRecord(*row)


def datasets_of(conn: Connection, import_id: str) -> list[ImportedDataset]:
    query = select(*_dataset_columns).where(_datasets.c.import_id == import_id).order_by(_datasets.c.position)
    return [ImportedDataset(*row) for row in conn.execute(query)]


def is_live(conn: Connection, import_id: str) -> bool:
    status = conn.execute(select(_imports.c.status).where(_imports.c.id == import_id)).scalar()
    return status == "processing"


def earlier_target(conn: Connection, organization_id: str, provider: str, remote_id: str) -> str | None:
    """Return our dataset that a remote one was imported into last, if it is still there."""
    query = (
        select(_datasets.c.dataset_id)
        .join(_imports, _imports.c.id == _datasets.c.import_id)
        .join(tables.datasets, tables.datasets.c.id == _datasets.c.dataset_id)
        .where(
            _imports.c.organization_id == organization_id,
            _imports.c.provider == provider,
            _datasets.c.remote_id == remote_id,
            tables.datasets.c.deleted_at.is_(None),
        )
        .order_by(_imports.c.created_at.desc(), _imports.c.id.desc())
        .limit(1)
    )
    return conn.execute(query).scalar()


def live_target(conn: Connection, dataset_ids: Sequence[str]) -> str | None:
    """Return the name of one of the datasets that an import works on now, None when there is none."""
    query = (
        select(_datasets.c.dataset_name)
        .join(_imports, _imports.c.id == _datasets.c.import_id)
        .where(_datasets.c.dataset_id.in_(dataset_ids), _imports.c.status == "processing")
    )
    return conn.execute(query).scalar()


def begin_dataset(conn: Connection, dataset: ImportedDataset, total: int) -> None:
    _change_dataset(conn, dataset, {"status": "processing", "total": total})
    change = update(_imports).where(_imports.c.id == dataset.import_id)
    conn.execute(change.values(current_dataset=dataset.dataset_name))


def count(
    conn: Connection, dataset: ImportedDataset, *, imported: int, skipped: int, failures: Mapping[str, str]
) -> None:
    """Add to the counters of a dataset, and keep the first reasons."""
    counters = _datasets.c
    where = (counters.import_id == dataset.import_id, counters.position == dataset.position)
    kept: dict[str, str] = conn.execute(select(counters.failures).where(*where)).scalar_one()
    for name, reason in failures.items():
        if len(kept) < KEPT_FAILURES:
            kept.setdefault(_storable(name), _storable(reason))
    values = {
        "imported": counters.imported + imported,
        "skipped": counters.skipped + skipped,
        "failed": counters.failed + len(failures),
        "failures": kept,
    }
    conn.execute(update(_datasets).where(*where).values(values))


def end_dataset(
    conn: Connection, dataset: ImportedDataset, status: DatasetImportStatus, error_message: str | None = None
) -> None:
    _change_dataset(conn, dataset, {"status": status, "error_message": error_message and _storable(error_message)})


def end(
    conn: Connection, import_id: str, status: ImportStatus, moment: datetime, *, error_message: str | None = None
) -> bool:
    """Set how the import ended; False when it had ended before. Datasets that were not done are not any more."""
    changed = conn.execute(
        update(_imports)
        .where(_imports.c.id == import_id, _imports.c.status == "processing")
        .values(
            status=status,
            error_message=error_message and _storable(error_message),
            completed_at=moment,
            current_dataset="",
        )
    )
    if changed.rowcount != 1:
        return False
    conn.execute(
        update(_datasets)
        .where(_datasets.c.import_id == import_id, _datasets.c.status.in_(_OPEN))
        .values(status="error", error_message=func.coalesce(_datasets.c.error_message, error_message))
    )
    forget_key_request(conn, import_id)
    return True


# --- keys ------------------------------------------------------------------------------------------------------------


def ask_for_key(conn: Connection, import_id: str, question: bytes) -> None:
    """Put the question of this attempt, in place of an earlier one's."""
    forget_key_request(conn, import_id)
    conn.execute(insert(_requests).values(import_id=import_id, question=question, answer=None, created_at=now()))


def key_question(conn: Connection, import_id: str) -> bytes | None:
    """Return the question that is not answered yet."""
    query = select(_requests.c.question).where(_requests.c.import_id == import_id, _requests.c.answer.is_(None))
    return conn.execute(query).scalar()


def answer_key(conn: Connection, import_id: str, question: bytes, answer: bytes) -> None:
    conn.execute(
        update(_requests)
        .where(_requests.c.import_id == import_id, _requests.c.question == question)
        .values(answer=answer)
    )


def key_answer(conn: Connection, import_id: str, question: bytes) -> bytes | None:
    query = select(_requests.c.answer).where(_requests.c.import_id == import_id, _requests.c.question == question)
    return conn.execute(query).scalar()


def forget_key_request(conn: Connection, import_id: str) -> None:
    conn.execute(delete(_requests).where(_requests.c.import_id == import_id))


def _change_dataset(conn: Connection, dataset: ImportedDataset, values: Mapping[str, object]) -> None:
    conn.execute(
        update(_datasets)
        .where(_datasets.c.import_id == dataset.import_id, _datasets.c.position == dataset.position)
        .values(dict(values))
    )


def _storable(words: str) -> str:
    """Return words of another service as every database takes them."""
    return words.encode("utf-8", "replace").decode().replace("\x00", "?")
