"""Queries of uploads that wait to be registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

_uploads = tables.uploads
_SWEEP_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class UploadRecord:
    id: str
    organization_id: str
    dataset_id: str
    filename: str
    folder_path: str
    expires_at: datetime
    # None until the bytes have arrived.
    received_at: datetime | None


def add(conn: Connection, upload: UploadRecord, *, content_type: str, created_at: datetime) -> None:
    conn.execute(
        insert(_uploads).values(
            id=upload.id,
            organization_id=upload.organization_id,
            dataset_id=upload.dataset_id,
            filename=upload.filename,
            folder_path=upload.folder_path,
            content_type=content_type,
            expires_at=upload.expires_at,
            created_at=created_at,
        )
    )


def by_id(conn: Connection, upload_id: str) -> UploadRecord | None:
    row = conn.execute(
        select(
            _uploads.c.id,
            _uploads.c.organization_id,
            _uploads.c.dataset_id,
            _uploads.c.filename,
            _uploads.c.folder_path,
            _uploads.c.expires_at,
            _uploads.c.received_at,
        ).where(_uploads.c.id == upload_id)
    ).first()
    return None if row is None else UploadRecord(*row)


def mark_received(conn: Connection, upload_id: str, *, size_bytes: int, sha256: str) -> None:
    conn.execute(
        update(_uploads)
        .where(_uploads.c.id == upload_id)
        .values(received_at=now(), size_bytes=size_bytes, sha256=sha256)
    )


def remove(conn: Connection, upload_ids: Sequence[str]) -> None:
    conn.execute(delete(_uploads).where(_uploads.c.id.in_(upload_ids)))


def expired(conn: Connection, moment: datetime) -> list[str]:
    query = select(_uploads.c.id).where(_uploads.c.expires_at <= moment).limit(_SWEEP_AT_ONCE)
    return list(conn.scalars(query))
