"""Rows of changes that a job does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, null, select, update

from pictograph.models.batch import BulkChangeStatus
from pictograph_server.storage.db.tables import bulk_changes
from pictograph_server.storage.db.types import now

BulkKind = Literal[
    "move_folder",
    "archive_folder",
    "delete_folder",
    "restore",
    "empty_trash",
    # Of all images that match a filter, or of very many that are named.
    "set_status",
    "move_images",
    "copy_images",
    "tag_images",
    "archive_images",
    "restore_images",
    "assign_images",
    "delete_images",
]


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A change's row; its id is also that of its job."""

    id: str
    organization_id: str
    dataset_id: str
    kind: BulkKind
    request: Mapping[str, Any]
    # Behind which image it goes on; None before the first.
    position: Sequence[str] | None
    status: BulkChangeStatus
    total: int
    processed: int
    failed_count: int
    # {id, reason} of the first ones.
    failed: Sequence[Mapping[str, str]]
    error_message: str | None
    created_at: datetime


_columns = tuple(bulk_changes.c[field.name] for field in fields(ChangeRecord))


def add(conn: Connection, record: ChangeRecord) -> None:
    conn.execute(insert(bulk_changes).values({field.name: getattr(record, field.name) for field in fields(record)}))


def find(conn: Connection, organization_id: str, change_id: str, *, with_request: bool = True) -> ChangeRecord | None:
    """Return a change; for how it stands, `request` may be left empty: it may name a hundred thousand images."""
    columns = [each if with_request or each.name != "request" else null().label("request") for each in _columns]
    row = conn.execute(
        select(*columns).where(bulk_changes.c.organization_id == organization_id, bulk_changes.c.id == change_id)
    ).first()
    if row is None:
        return None
    record = ChangeRecord(*row)
    return record if with_request else replace(record, request={})


def save(conn: Connection, record: ChangeRecord) -> None:
    """Write how far it got."""
    conn.execute(
        update(bulk_changes)
        .where(bulk_changes.c.id == record.id)
        .values(
            position=None if record.position is None else list(record.position),
            status=record.status,
            total=record.total,
            processed=record.processed,
            failed_count=record.failed_count,
            failed=list(record.failed),
        )
    )


def end(conn: Connection, change_id: str, status: BulkChangeStatus, error_message: str | None = None) -> None:
    conn.execute(
        update(bulk_changes)
        .where(bulk_changes.c.id == change_id)
        .values(status=status, error_message=error_message, completed_at=now())
    )
