"""Videos: their facts, their upload, and the job that takes frames out of them."""

from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

VideoJobStatus = Literal["processing", "complete", "failed"]


class VideoMetadata(WireModel):
    """Length in seconds, frames a second, size in pixels."""

    duration_seconds: float = Field(ge=0.0)
    native_fps: float = Field(ge=0.0)
    width: int = Field(ge=0)
    height: int = Field(ge=0)
    frame_count: int = Field(ge=0)


class VideoUploadInfo(WireModel):
    """Where to put a video, and how to name it afterwards."""

    upload_url: str
    gcs_path: str
    gcs_uri: str


class VideoExtractionJob(WireModel):
    """A job that turns a video into images of a folder."""

    job_id: str
    status: VideoJobStatus
    progress: int = Field(default=0, ge=0, le=100)
    frames_extracted: int = Field(default=0, ge=0)
    total_frames: int = Field(default=0, ge=0)
    error: str | None = None
    folder_path: str | None = None
