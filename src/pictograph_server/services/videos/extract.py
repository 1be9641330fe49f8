"""The job that takes pictures out of a video and saves them as images of a folder.

Killed anywhere it goes on behind the pictures it had saved: they, their count and the next step are true together.
"""

import io
import os
import time
from pathlib import PurePosixPath
from typing import cast

from av.video.frame import VideoFrame
from PIL import Image

from pictograph_server.errors import BadRequest
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.images import from_job
from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.from_job import JobImage
from pictograph_server.storage.db.types import now

from . import repository, service
from .reading import NotAVideo, OpenVideo
from .repository import ExtractionRecord
from .sampling import Range, Sample, frame_name, sample

FRAMES = "frames"
_MAX_THREADS = 4
_QUALITY = 95
# Pictures are saved together until there are so many, or so much time has passed.
_GROUP = 16
_GROUP_S = 2.0
_STEM_LENGTH = 300


class NoFrames(BadRequest):
    code = "no_frames"

    def __init__(self, filename: str) -> None:
        super().__init__(
            f"No picture could be taken out of {filename!r}",
            why="none of those in the range can be decoded",
            fix="Play the range to see that it is whole",
        )


def extract(run: JobRun, platform: Platform) -> None:
    """Do the extraction `run.job_id`."""
    with platform.db.read() as conn:
        record = repository.extraction(conn, run.organization_id, run.job_id)
    if record is None or record.status == "failed":
        raise JobCancelled(f"extraction {run.job_id} was cancelled")
    if record.status == "processing":
        _extract(run, platform, record)
    service.sweep(platform)


def _extract(run: JobRun, platform: Platform, record: ExtractionRecord) -> None:
    wanted = Range(record.sample_fps, record.start_seconds, record.end_seconds)
    done = cast("dict[str, int]", run.checkpoint(FRAMES) or {})
    first_step = done.get("next_step", 0)
    saver = _Saver(run, platform, record, wanted)
    threads, max_pixels = min(_MAX_THREADS, os.cpu_count() or 1), platform.settings.limits.image_pixels
    try:
        with (
            platform.blobs.as_file(service.blob_key(record.video_id)) as path,
            OpenVideo(path, threads=threads, max_pixels=max_pixels) as video,
        ):
            for taken in sample(video, wanted, first_step=first_step, on_picture=run.raise_if_cancelled):
                saver.add(taken, video)
    except NotAVideo as error:
        raise service.NotAVideo(record.video_filename, str(error)) from None
    except FileNotFoundError:
        raise service.VideoNotFound(service.blob_key(record.video_id)) from None
    saver.save()
    if first_step == 0 and saver.count == 0:
        raise NoFrames(record.video_filename)
    with run.transaction(progress=1.0) as conn:
        repository.end(conn, record.id, "complete", now())
        if not record.keep_video:
            repository.expire(conn, record.video_id, now())


class _Saver:
    """Gathers pictures and saves them a group at a time."""

    def __init__(self, run: JobRun, platform: Platform, record: ExtractionRecord, wanted: Range) -> None:
        self.count = 0
        self._run = run
        self._platform = platform
        self._record = record
        self._wanted = wanted
        self._stem = PurePosixPath(record.video_filename).stem[:_STEM_LENGTH]
        self._group: list[JobImage] = []
        self._next_step = 0
        self._saved_at = time.monotonic()

    def add(self, taken: Sample[VideoFrame], video: OpenVideo) -> None:
        image = video.upright_image(taken.picture)
        facts = ImageFacts("image/jpeg", *image.size)
        name = frame_name(self._stem, taken.seconds)
        self._group.append(from_job.store(self._platform, self._record.folder_path, name, _jpeg(image), facts))
        self._next_step = taken.next_step
        if len(self._group) >= _GROUP or time.monotonic() - self._saved_at > _GROUP_S:
            self.save()

    def save(self) -> None:
        """Save the pictures gathered so far, with their count and where to go on."""
        self._run.raise_if_cancelled()
        if not self._group:
            return
        group, self._group = self._group, []
        share = self._share()
        with self._run.transaction(checkpoint=FRAMES, value={"next_step": self._next_step}, progress=share) as conn:
            from_job.add(conn, self._record.organization_id, self._record.dataset_id, group, what="The extraction")
            repository.add_frames(conn, self._record.id, frames=len(group), progress=int(100 * share))
        from_job.put_back(self._platform, group)
        self.count += len(group)
        self._saved_at = time.monotonic()

    def _share(self) -> float:
        """Return how much is done, 0–0.99: the end is the job's last transaction."""
        steps = max(1, self._record.total_frames)
        if self._wanted.end_s is not None:
            steps = max(steps, round((self._wanted.end_s - self._wanted.start_s) * self._wanted.fps))
        return min(0.99, self._next_step / steps)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
