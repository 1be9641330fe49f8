"""Videos: endpoints 55–59. The bytes go to a signed address, of any length that is not announced (trap 2)."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pictograph.models.video import VideoExtractionJob, VideoMetadata, VideoUploadInfo
from pictograph_server.auth import Member, Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.at_once import AtOnce
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.routes.receiving import received_file
from pictograph_server.services.videos import service as videos
from pictograph_server.services.videos.service import ExtractionRequest

router = APIRouter(prefix="/api/v1/developer/video", tags=["video"])

# Each look at a video holds a processor for seconds and may take gigabytes.
_looks = AtOnce("looks at videos", 2)
uploads_router = APIRouter(tags=["uploads"])

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class NewVideo(BaseModel):
    filename: str
    # Read from the content; what is declared counts for nothing.
    content_type: str = "video/mp4"


class ProbeVideo(BaseModel):
    gcs_path: str


class ExtractFrames(BaseModel):
    dataset_name: str
    gcs_path: str
    folder_name: str
    sample_fps: Annotated[float, Field(ge=videos.MIN_FPS, le=videos.MAX_FPS, allow_inf_nan=False)] = 1.0
    parent_folder_path: str = "/"
    # From here on ours alone: what of the video, and whether it stays for another extraction.
    start_seconds: Seconds = 0.0
    end_seconds: Seconds | None = None
    keep_video: bool = False


class Received(BaseModel):
    success: bool = True


@router.post("/upload-url")
def create_upload_url(body: NewVideo, actor: Member, platform: PlatformDep) -> VideoUploadInfo:
    ticket = videos.begin(platform, actor, body.filename)
    url = platform.signer.video_upload_url(ticket.video_id)
    return VideoUploadInfo(upload_url=url, gcs_path=ticket.path, gcs_uri=ticket.uri)


@uploads_router.put("/uploads/videos/{token}")
async def put_video(token: str, request: Request, platform: PlatformDep) -> Received:
    """Take the bytes of a video. What they are is said by the probe, also when they are no video."""
    video_id = platform.signer.read_video_upload(token)
    await to_thread.run_sync(_require_open, platform, video_id)
    limit = platform.settings.limits.video_bytes
    async with received_file(request, platform.settings.data_dir, limit_bytes=limit) as file:
        await to_thread.run_sync(videos.receive, platform, video_id, file, limiter=_looks.limiter())
    return Received()


@router.post("/probe")
def probe_video(body: ProbeVideo, actor: Member, platform: PlatformDep) -> VideoMetadata:
    with platform.db.read() as conn:
        return videos.probe(conn, actor.organization_id, body.gcs_path)


@router.post("/extract-frames")
def extract_frames(body: ExtractFrames, actor: Member, platform: PlatformDep) -> VideoExtractionJob:
    with platform.db.write() as conn:
        return videos.extract(conn, actor, ExtractionRequest(**body.model_dump()))


@router.get("/extract-frames/{job_id}")
def get_extraction(job_id: str, actor: Viewer, platform: PlatformDep) -> VideoExtractionJob:
    with platform.db.read() as conn:
        return videos.get_extraction(conn, actor.organization_id, job_id)


@router.get("/extract-frames/{job_id}/events", response_class=EventStream)
async def follow_extraction(
    job_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The extraction whenever it changes, and what its job says."""

    def get(conn: Connection) -> JobLook:
        job = videos.get_extraction(conn, actor.organization_id, job_id)
        return JobLook(job, job_id, job.status in OVER)

    return await job_stream(request, platform, heard, get)


@router.post("/extract-frames/{job_id}/cancel")
def cancel_extraction(job_id: str, actor: Member, platform: PlatformDep) -> VideoExtractionJob:
    with platform.db.write() as conn:
        return videos.cancel_extraction(conn, actor.organization_id, job_id)


def _require_open(platform: Platform, video_id: str) -> None:
    with platform.db.read() as conn:
        videos.open_upload(conn, video_id)
