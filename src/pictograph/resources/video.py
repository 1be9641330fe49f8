"""`client.video`: send a video, see what it is, and turn it into images of a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pictograph._http.transport import Transport, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.models.video import VideoExtractionJob, VideoMetadata, VideoUploadInfo


class Video:
    """Videos on their way to becoming images. A video is named by the `gcs_path` of its upload."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(
        self,
        local_path: str | Path,
        *,
        content_type: str = "video/mp4",
        progress: Callable[[int, int], None] | None = None,
    ) -> VideoUploadInfo:
        """Send a video and return what to name it by. `progress` gets (sent, total) bytes.

        The server keeps it for a day, or until its frames are extracted.

        Raises:
            FileNotFoundError: there is no such file.
            ApiError: the server did not take it.
        """
        path = Path(local_path).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not a file")
        body = {"filename": path.name, "content_type": content_type}
        ticket = parse(VideoUploadInfo, self._transport.post(path_of("video", "upload-url"), json=body))
        size = path.stat().st_size
        self._transport.put_signed(
            ticket.upload_url, path, content_type=content_type, size_bytes=size, progress=progress
        )
        return ticket

    def probe(self, gcs_path: str) -> VideoMetadata:
        """Return length, rate and size of a video.

        Raises:
            NotFoundError: there is no such video.
            ValidationError: what was sent is no video, or a damaged one.
        """
        return parse(VideoMetadata, self._transport.post(path_of("video", "probe"), json={"gcs_path": gcs_path}))

    def extract_frames(
        self,
        dataset_name: str,
        gcs_path: str,
        *,
        folder_name: str,
        sample_fps: float = 1.0,
        parent_folder_path: str = "/",
        wait: bool = True,
        poll_interval: float = 3.0,
        timeout: float = 1800.0,
        start_seconds: float | None = None,
        end_seconds: float | None = None,
        keep_video: bool | None = None,
        progress: Callable[[VideoExtractionJob], None] | None = None,
    ) -> VideoExtractionJob:
        """Save frames of a video as images of a folder and return the job: complete with `wait`, else as it stands.

        Args:
            sample_fps: frames for each second of the video; no frame comes twice, whatever its own rate.
            start_seconds, end_seconds: the part of the video; the end is left out.
            keep_video: keep it for another extraction; otherwise it is removed once this one is complete.
            progress: gets every snapshot while it waits.
        Raises:
            NotFoundError: there is no such dataset or video.
            ValidationError: it is no video, or nothing lies in that part of it.
            PaymentRequiredError: so many images do not fit into the organisation.
            ApiError, PollTimeoutError: see `wait_for_extraction`.
        """
        given = {"start_seconds": start_seconds, "end_seconds": end_seconds, "keep_video": keep_video}
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "gcs_path": gcs_path,
            "folder_name": folder_name,
            "sample_fps": sample_fps,
            "parent_folder_path": parent_folder_path,
        }
        body |= {name: value for name, value in given.items() if value is not None}
        job = parse(VideoExtractionJob, self._transport.post(path_of("video", "extract-frames"), json=body))
        if not wait:
            return job
        return self.wait_for_extraction(job.job_id, poll_interval=poll_interval, timeout=timeout, progress=progress)

    def get_extraction(self, job_id: str) -> VideoExtractionJob:
        """Return how an extraction stands."""
        return parse(VideoExtractionJob, self._transport.get(path_of("video", "extract-frames", job_id)))

    def cancel_extraction(self, job_id: str) -> VideoExtractionJob:
        """Stop an extraction and return it, failed. The images it has made stay.

        Raises:
            ValidationError: it has ended already.
        """
        return parse(VideoExtractionJob, self._transport.post(path_of("video", "extract-frames", job_id, "cancel")))

    def wait_for_extraction(
        self,
        job_id: str,
        *,
        poll_interval: float = 3.0,
        timeout: float = 1800.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[VideoExtractionJob], None] | None = None,
    ) -> VideoExtractionJob:
        """Return the extraction once it is complete. `progress` gets every snapshot.

        Raises:
            ApiError: it failed or was cancelled; `response` is the job as a dict.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get_extraction(job_id),
            what=f"Extraction {job_id}",
            status_of=lambda job: job.status,
            done=frozenset({"complete"}),
            failed=frozenset({"failed"}),
            error_of=lambda job: job.error,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(
                self._transport,
                path_of("video", "extract-frames", job_id),
                lambda answer: parse(VideoExtractionJob, answer),
            ),
        )
