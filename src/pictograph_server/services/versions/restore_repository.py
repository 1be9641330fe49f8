"""Rows of restores: versions on their way to being datasets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from pictograph.models.version import RestoreStatus
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

_restores = tables.version_restores
_LIVE = ("pending", "running")


@dataclass(frozen=True, slots=True)
class RestoreRecord:
    """A restore's row. `dataset_id` is the dataset that is made."""

    id: str
    organization_id: str
    dataset_id: str
    version_id: str | None
    status: RestoreStatus
    images_total: int
    images_done: int
    error_message: str | None
    created_at: datetime
    completed_at: datetime | None


def add(conn: Connection, record: RestoreRecord) -> None:
    conn.execute(insert(_restores).values({name: getattr(record, name) for name in RestoreRecord.__slots__}))


def find(conn: Connection, organization_id: str, restore_id: str) -> tuple[RestoreRecord, str] | None:
    """Return a restore and the name of its dataset, unless that was deleted."""
    columns = (_restores.c[name] for name in RestoreRecord.__slots__)
    query: Select[Any] = (
        select(*columns, tables.datasets.c.name)
        .join(tables.datasets, tables.datasets.c.id == _restores.c.dataset_id)
        .where(
            _restores.c.organization_id == organization_id,
            _restores.c.id == restore_id,
            tables.datasets.c.deleted_at.is_(None),
        )
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    *values, dataset_name = row
    return RestoreRecord(*values), dataset_name


def set_status(conn: Connection, restore_id: str, status: RestoreStatus) -> None:
    conn.execute(
        update(_restores).where(_restores.c.id == restore_id, _restores.c.status.in_(_LIVE)).values(status=status)
    )


def set_done(conn: Connection, restore_id: str, images: int) -> None:
    conn.execute(update(_restores).where(_restores.c.id == restore_id).values(images_done=images))


def end(conn: Connection, restore_id: str, status: RestoreStatus, *, error_message: str | None = None) -> None:
    """Set how a restore ended; one that has ended stays as it is."""
    conn.execute(
        update(_restores)
        .where(_restores.c.id == restore_id, _restores.c.status.in_(_LIVE))
        .values(status=status, error_message=error_message, completed_at=now())
    )
