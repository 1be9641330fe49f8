"""Rows of videos and of what is taken out of them."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select, update

from pictograph.models.video import VideoJobStatus
from pictograph_server.storage.db import tables

from .facts import FactsJson

_videos = tables.videos
_extractions = tables.video_extractions
_SWEEP_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class VideoRecord:
    id: str
    organization_id: str
    filename: str
    # None until the bytes have arrived.
    received_at: datetime | None
    size_bytes: int | None
    facts: FactsJson | None
    # Why what has arrived is no video.
    refusal: str | None
    expires_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ExtractionRecord:
    id: str
    organization_id: str
    dataset_id: str
    video_id: str
    video_filename: str
    folder_path: str
    sample_fps: float
    start_seconds: float
    end_seconds: float | None
    keep_video: bool
    status: VideoJobStatus
    progress: int
    frames_extracted: int
    total_frames: int
    error_message: str | None
    created_at: datetime
    completed_at: datetime | None


_extraction_columns = tuple(_extractions.c[field.name] for field in fields(ExtractionRecord))
_video_columns = tuple(_videos.c[field.name] for field in fields(VideoRecord))


def add_video(conn: Connection, record: VideoRecord) -> None:
    conn.execute(insert(_videos).values({field.name: getattr(record, field.name) for field in fields(VideoRecord)}))


def video(conn: Connection, video_id: str) -> VideoRecord | None:
    row = conn.execute(select(*_video_columns).where(_videos.c.id == video_id)).first()
    return None if row is None else VideoRecord(*row)


def organization_video(conn: Connection, organization_id: str, video_id: str) -> VideoRecord | None:
    query = select(*_video_columns).where(_videos.c.organization_id == organization_id, _videos.c.id == video_id)
    row = conn.execute(query).first()
    return None if row is None else VideoRecord(*row)


def mark_received(
    conn: Connection, video_id: str, *, size_bytes: int, facts: FactsJson | None, refusal: str | None, moment: datetime
) -> None:
    conn.execute(
        update(_videos)
        .where(_videos.c.id == video_id)
        .values(received_at=moment, size_bytes=size_bytes, facts=facts, refusal=refusal)
    )


def expire(conn: Connection, video_id: str, moment: datetime) -> None:
    conn.execute(update(_videos).where(_videos.c.id == video_id).values(expires_at=moment))


def expired(conn: Connection, moment: datetime) -> list[str]:
    """Return videos whose time has come and that no extraction works on."""
    is_in_use = exists().where(_extractions.c.video_id == _videos.c.id, _extractions.c.status == "processing")
    query = select(_videos.c.id).where(_videos.c.expires_at <= moment, ~is_in_use).limit(_SWEEP_AT_ONCE)
    return list(conn.scalars(query))


def remove_video(conn: Connection, video_id: str) -> None:
    conn.execute(delete(_videos).where(_videos.c.id == video_id))


def add_extraction(conn: Connection, record: ExtractionRecord) -> None:
    values = {field.name: getattr(record, field.name) for field in fields(ExtractionRecord)}
    conn.execute(insert(_extractions).values(values))


def extraction(conn: Connection, organization_id: str, extraction_id: str) -> ExtractionRecord | None:
    row = conn.execute(
        select(*_extraction_columns).where(
            _extractions.c.organization_id == organization_id, _extractions.c.id == extraction_id
        )
    ).first()
    return None if row is None else ExtractionRecord(*row)


def add_frames(conn: Connection, extraction_id: str, *, frames: int, progress: int) -> None:
    conn.execute(
        update(_extractions)
        .where(_extractions.c.id == extraction_id)
        .values(frames_extracted=_extractions.c.frames_extracted + frames, progress=progress)
    )


def end(
    conn: Connection, extraction_id: str, status: VideoJobStatus, moment: datetime, *, error_message: str | None = None
) -> bool:
    """Set how it ended; False when it had ended before."""
    values: dict[str, object] = {"status": status, "error_message": error_message, "completed_at": moment}
    if status == "complete":
        values |= {"progress": 100, "total_frames": _extractions.c.frames_extracted}
    changed = conn.execute(
        update(_extractions)
        .where(_extractions.c.id == extraction_id, _extractions.c.status == "processing")
        .values(values)
    )
    return changed.rowcount == 1
