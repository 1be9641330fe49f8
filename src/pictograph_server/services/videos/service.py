"""Videos as people send them, and jobs that turn them into images of a folder (contract endpoints 55–59)."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath

from sqlalchemy import Connection

from pictograph.models.video import VideoExtractionJob, VideoMetadata
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, NotFound, Unprocessable
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images.paths import check_filename, normalise_folder
from pictograph_server.services.images.registration import require_room
from pictograph_server.storage.db.types import new_id, now

from . import repository
from .facts import FactsJson, VideoFacts
from .look import Unreadable, look
from .repository import ExtractionRecord, VideoRecord
from .sampling import Range

EXTRACT_TASK = "extract_frames"
EXTRACT_LANE = "import"
# How long a video waits to be extracted, and a link to send it to can be used.
VIDEO_LIFETIME = timedelta(hours=24)
# A picture every three hours; every picture there is.
MIN_FPS, MAX_FPS = 0.0001, 1000.0
_ID = re.compile(r"[0-9a-f-]{36}")


class VideoNotFound(NotFound):
    code = "video_not_found"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no video at {path!r}",
            why="it was never sent, has expired, or was removed after its frames were taken",
            fix="Send it again with `client.video.upload(...)`; `keep_video` keeps it for several extractions",
        )


class VideoNotReceived(BadRequest):
    code = "video_not_received"

    def __init__(self, filename: str) -> None:
        super().__init__(
            f"No bytes have arrived for {filename!r}",
            why="the upload URL was not used, or its PUT failed",
            fix="PUT the file to the upload URL first",
        )


class NotAVideo(BadRequest):
    code = "not_a_video"

    def __init__(self, filename: str, why: str) -> None:
        super().__init__(
            f"{filename!r} cannot be read as a video",
            why=why,
            fix="Play it to see that it is whole; MP4, MOV, MKV, WebM, AVI, MPEG and their like are read",
        )


class BadFrameRange(Unprocessable):
    code = "bad_frame_range"


class ExtractionNotFound(NotFound):
    code = "extraction_not_found"

    def __init__(self, extraction_id: str) -> None:
        super().__init__(f"There is no extraction {extraction_id!r}", why="this organisation has none of that id")


class ExtractionHasEnded(BadRequest):
    code = "extraction_ended"

    def __init__(self, record: ExtractionRecord) -> None:
        super().__init__(f"Extraction {record.id!r} cannot be cancelled", why=f"it is {record.status}")


@dataclass(frozen=True, slots=True)
class VideoTicket:
    """Where a client sends the bytes, and what it names the video by afterwards."""

    video_id: str
    path: str
    uri: str


@dataclass(frozen=True, slots=True)
class ExtractionRequest:
    """What a person asks for: `sample_fps` pictures a second from start until before the end (seconds)."""

    dataset_name: str
    gcs_path: str
    folder_name: str
    sample_fps: float = 1.0
    parent_folder_path: str = "/"
    start_seconds: float = 0.0
    end_seconds: float | None = None
    keep_video: bool = False


def begin(platform: Platform, actor: Actor, filename: str) -> VideoTicket:
    """Open the upload of a video; only the last part of the name is kept. Raises `InvalidPath` (422)."""
    sweep(platform)
    name = check_filename(PureWindowsPath(PurePosixPath(filename).name).name)
    video_id, moment = new_id(), now()
    record = VideoRecord(
        id=video_id,
        organization_id=actor.organization_id,
        filename=name,
        received_at=None,
        size_bytes=None,
        facts=None,
        refusal=None,
        expires_at=moment + VIDEO_LIFETIME,
        created_at=moment,
    )
    with platform.db.write() as conn:
        repository.add_video(conn, record)
    return VideoTicket(video_id, f"videos/{video_id}", f"pictograph://pictograph/videos/{video_id}")


def open_upload(conn: Connection, video_id: str) -> VideoRecord:
    """Return a video that still takes bytes; the signed address is the authority. Raises `VideoNotFound` (404)."""
    record = repository.video(conn, video_id)
    if record is None or record.expires_at <= now():
        raise VideoNotFound(f"videos/{video_id}")
    return record


def receive(platform: Platform, video_id: str, file: Path) -> None:
    """Look at received bytes and keep them, in place of what an earlier try sent.

    What is no video is not kept; whoever asks about it hears why.
    """
    size_bytes = file.stat().st_size
    facts: FactsJson | None = None
    refusal: str | None = None
    try:
        facts = look(file, max_pixels=platform.settings.limits.image_pixels).to_json()
        _keep(platform, video_id, file)
    except Unreadable as error:
        refusal = "it is empty (0 bytes)" if size_bytes == 0 else str(error)
    with platform.db.write() as conn:
        repository.mark_received(conn, video_id, size_bytes=size_bytes, facts=facts, refusal=refusal, moment=now())


def probe(conn: Connection, organization_id: str, gcs_path: str) -> VideoMetadata:
    """Return the facts of a video.

    Raises:
        VideoNotFound: 404.
        VideoNotReceived, NotAVideo: 400.
    """
    facts = _ready(conn, organization_id, gcs_path)[1]
    return VideoMetadata(
        duration_seconds=facts.duration_seconds,
        native_fps=facts.native_fps,
        width=facts.width,
        height=facts.height,
        frame_count=facts.frame_count,
    )


def extract(conn: Connection, actor: Actor, request: ExtractionRequest) -> VideoExtractionJob:
    """Check what was asked for and enqueue the job.

    Raises:
        DatasetNotFound, VideoNotFound: 404.
        VideoNotReceived, NotAVideo: 400.
        InvalidPath, BadFrameRange: 422.
        LimitExceeded: 402, so many images do not fit.
    """
    dataset = datasets.get_by_name(conn, actor.organization_id, request.dataset_name)
    video, facts = _ready(conn, actor.organization_id, request.gcs_path)
    folder = _folder(request)
    wanted = _range(request, facts)
    frames = wanted.count(facts)
    require_room(conn, actor.organization_id, images=frames, size_bytes=0, what="The extraction")
    record = ExtractionRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset.id,
        video_id=video.id,
        video_filename=video.filename,
        folder_path=folder,
        sample_fps=wanted.fps,
        start_seconds=wanted.start_s,
        end_seconds=wanted.end_s,
        keep_video=request.keep_video,
        status="processing",
        progress=0,
        frames_extracted=0,
        total_frames=frames,
        error_message=None,
        created_at=now(),
        completed_at=None,
    )
    repository.add_extraction(conn, record)
    queue.enqueue(
        conn,
        task=EXTRACT_TASK,
        lane=EXTRACT_LANE,
        organization_id=actor.organization_id,
        payload={"extraction_id": record.id},
        dataset_id=dataset.id,
        job_id=record.id,
    )
    audit.record(
        conn,
        actor,
        "video.extracted",
        subject_id=dataset.id,
        subject_name=dataset.name,
        details={"video": video.filename, "folder": folder, "frames": frames},
    )
    return _to_wire(record)


def get_extraction(conn: Connection, organization_id: str, extraction_id: str) -> VideoExtractionJob:
    """Return how an extraction stands. Raises `ExtractionNotFound` (404)."""
    return _to_wire(_require(conn, organization_id, extraction_id))


def cancel_extraction(conn: Connection, organization_id: str, extraction_id: str) -> VideoExtractionJob:
    """End an extraction at once for everybody who asks; its process stops within seconds. Its images stay.

    Raises:
        ExtractionNotFound: 404.
        ExtractionHasEnded: 400.
    """
    record = _require(conn, organization_id, extraction_id)
    if not repository.end(conn, extraction_id, "failed", now(), error_message="The extraction was cancelled"):
        raise ExtractionHasEnded(record)
    queue.request_cancel(conn, extraction_id)
    return get_extraction(conn, organization_id, extraction_id)


def blob_key(video_id: str) -> str:
    """Return where the bytes of a video are."""
    return f"videos/{video_id}"


def sweep(platform: Platform) -> int:
    """Remove videos whose time has come, bytes first; return how many."""
    with platform.db.read() as conn:
        ids = repository.expired(conn, now())
    for video_id in ids:
        platform.blobs.delete(blob_key(video_id))
        with platform.db.write() as conn:
            repository.remove_video(conn, video_id)
    return len(ids)


def _keep(platform: Platform, video_id: str, file: Path) -> None:
    key = blob_key(video_id)
    target = platform.blobs.local_path(key)
    if target is not None:
        # A second name instead of a second copy of gigabytes; the first one goes with the request.
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        link = target.with_name(f"{target.name}#link")
        link.unlink(missing_ok=True)
        with suppress(OSError):
            os.link(file, link)
            link.replace(target)
            return
    platform.blobs.put_file(key, file)


def _ready(conn: Connection, organization_id: str, gcs_path: str) -> tuple[VideoRecord, VideoFacts]:
    video_id = gcs_path.rpartition("/")[2]
    video = repository.organization_video(conn, organization_id, video_id) if _ID.fullmatch(video_id) else None
    if video is None or video.expires_at <= now():
        raise VideoNotFound(gcs_path)
    if video.received_at is None:
        raise VideoNotReceived(video.filename)
    if video.facts is None:
        raise NotAVideo(video.filename, video.refusal or "it is damaged")
    return video, VideoFacts.from_json(video.facts)


def _folder(request: ExtractionRequest) -> str:
    parent = normalise_folder(request.parent_folder_path)
    folder = normalise_folder(f"{parent.rstrip('/')}/{request.folder_name}")
    if folder == parent:
        raise BadFrameRange("The folder for the frames has no name", fix="Give `folder_name`")
    return folder


def _range(request: ExtractionRequest, facts: VideoFacts) -> Range:
    start, end = request.start_seconds, request.end_seconds
    if start >= facts.duration_seconds > 0:
        raise BadFrameRange(f"There is nothing at {start:g} s", why=f"the video is {facts.duration_seconds:g} s long")
    if end is not None and end <= start:
        raise BadFrameRange(f"Nothing lies between {start:g} s and {end:g} s", fix="Let the end be after the start")
    return Range(request.sample_fps, start, end)


def _require(conn: Connection, organization_id: str, extraction_id: str) -> ExtractionRecord:
    record = repository.extraction(conn, organization_id, extraction_id)
    if record is None:
        raise ExtractionNotFound(extraction_id)
    return record


def _to_wire(record: ExtractionRecord) -> VideoExtractionJob:
    return VideoExtractionJob(
        job_id=record.id,
        status=record.status,
        progress=record.progress,
        frames_extracted=record.frames_extracted,
        total_frames=record.total_frames,
        error=record.error_message,
        folder_path=record.folder_path if record.status == "complete" else None,
    )
