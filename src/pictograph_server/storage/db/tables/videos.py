"""Videos on their way to becoming images."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    String,
    Table,
    Text,
    text,
)

from pictograph_server.storage.db.types import Json, UtcDateTime

from .columns import dataset_column, id_column, metadata, organization_column

# A video on its way to becoming images: its bytes lie under `videos/` until they are extracted or expire.
videos = Table(
    "videos",
    metadata,
    id_column(),
    organization_column(),
    Column("filename", String(400), nullable=False),
    # Set when the bytes have arrived.
    Column("received_at", UtcDateTime),
    Column("size_bytes", BigInteger),
    # What a look at the arrived bytes told: the wire's facts, or the reason why it is no video.
    Column("facts", Json),
    Column("refusal", Text),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

video_extractions = Table(
    "video_extractions",
    metadata,
    id_column(),  # also the id of the job that does it
    organization_column(),
    dataset_column(index=True),
    # No key: the video goes, its extraction stays.
    Column("video_id", String(36), nullable=False, index=True),
    Column("video_filename", String(400), nullable=False),
    Column("folder_path", String(1000), nullable=False),
    Column("sample_fps", Float, nullable=False),
    Column("start_seconds", Float, nullable=False),
    Column("end_seconds", Float),
    Column("keep_video", Boolean, nullable=False),
    # processing, complete, failed
    Column("status", String(16), nullable=False),
    Column("progress", Integer, nullable=False, server_default=text("0")),
    Column("frames_extracted", Integer, nullable=False, server_default=text("0")),
    Column("total_frames", Integer, nullable=False),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)
