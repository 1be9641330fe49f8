"""Videos through PyAV: their facts, and the picture that is on screen at a moment. Loaded by jobs and children only.

Videos are untrusted. Playlists and other containers that name further files or addresses are not opened at all.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from .facts import VideoFacts

# FFmpeg's demuxers that read one file and nothing else. Not among them: hls, dash, concat, sdp, image sequences.
FORMATS = (
    "mov", "mp4", "m4a", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "gif", "ivf", "h264",
    "hevc", "m4v", "mpegvideo", "mjpeg", "dv", "mxf", "yuv4mpegpipe",
)  # fmt: skip
_OPTIONS = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
# Timestamps are rounded to milliseconds in some containers.
EPSILON_S = 0.0015
# A moment so far ahead is sought instead of decoded up to.
_SEEK_AHEAD_S = 8.0
# Packets that may be damaged before the first picture is there.
_PATIENCE = 300
_MICROSECONDS = 1_000_000
# How long the packets of a file are counted whose header does not say how many there are; then it is guessed.
_COUNTING_S = 5.0
# As many as an image may have unless the operator says otherwise.
_MOST_PIXELS = 100_000_000
# FFmpeg gives the angle against the clock, as Pillow takes it.
_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}


class NotAVideo(Exception):
    """The file cannot be read as a video; the message says why."""


class OpenVideo:
    """A video file's first video track, read forward. Times are seconds from its first picture.

    Args:
        max_pixels: larger pictures are not decoded, as if they were damaged: what the header says binds no picture.
    """

    def __init__(self, path: Path, *, threads: int = 1, max_pixels: int = _MOST_PIXELS) -> None:
        try:
            self._container = av.open(str(path), options=_OPTIONS)
        except (av.error.FFmpegError, OSError, ValueError):
            raise NotAVideo("its content is no video, or one of a kind that the server does not read") from None
        tracks = [stream for stream in self._container.streams.video if not _is_cover(stream)]
        if not tracks:
            self._container.close()
            raise NotAVideo("it has no moving pictures")
        self._stream: VideoStream = tracks[0]
        context = self._stream.codec_context
        context.options = {"max_pixels": str(max_pixels)}
        context.thread_count = threads
        context.thread_type = "AUTO" if threads > 1 else "SLICE"
        self._max_pixels = max_pixels
        self._rate = self._stream.average_rate or self._stream.guessed_rate or self._stream.base_rate
        self._pictures = self._decoded()
        # Of pictures without a time: their number tells it.
        self._count = 0
        self._zero: float | None = None
        self._time = -math.inf
        self._may_seek = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def coded_size_wh(self) -> tuple[int, int]:
        """Return the size of the pictures as they are stored, from the header."""
        return self._stream.codec_context.width, self._stream.codec_context.height

    def at_or_after(self, moment_s: float, on_picture: Callable[[], None]) -> tuple[float, VideoFrame] | None:
        """Return the first picture shown at the moment or later, and its time; None behind the end.

        `on_picture` is called for each picture that is passed over. Moments must grow from call to call.
        """
        if moment_s - max(self._time, 0.0) > _SEEK_AHEAD_S:
            self._seek(moment_s)
        for seconds, picture in self._pictures:
            on_picture()
            self._time = seconds
            if seconds >= moment_s - EPSILON_S:
                return seconds, picture
        return None

    def facts(self) -> VideoFacts:
        """Return the facts of the video, from its header where that says them and by reading it through otherwise.

        Raises:
            NotAVideo: no picture can be decoded, or they are shown too large.
        """
        first = next(self._pictures, None)
        if first is None:
            raise NotAVideo("none of its pictures can be decoded")
        width, height = self._display_size(first[1])
        duration, count = self._duration_in_header(), self._stream.frames
        if duration <= 0 or count <= 0:
            # Containers that do not say how many pictures they hold guess their duration, too.
            read_duration, read_count = self._read_through()
            duration, count = read_duration or duration, count if count > 0 else read_count
        rate = _finite(self._rate)
        if rate <= 0 and duration > 0:
            rate = count / duration
        if duration <= 0:
            # A single picture is on screen for as long as one picture is.
            duration = count / rate if rate > 0 else 0.0
        return VideoFacts(duration, rate, width, height, max(1, count))

    def upright_image(self, picture: VideoFrame) -> Image.Image:
        """Return the picture as it is shown: turned as the video says, with square pixels, RGB.

        Raises:
            NotAVideo: it is shown too large.
        """
        size = self._square_size(picture)
        image = picture.to_image()
        if size != image.size:
            image = image.resize(size, Image.Resampling.BICUBIC)
        turn = _TURNS.get(round(picture.rotation / 90) % 4)
        return image if turn is None else image.transpose(turn)

    def _display_size(self, picture: VideoFrame) -> tuple[int, int]:
        """Return width and height of what `upright_image` returns."""
        width, height = self._square_size(picture)
        return (height, width) if round(picture.rotation / 90) % 2 else (width, height)

    def _square_size(self, picture: VideoFrame) -> tuple[int, int]:
        ratio = _finite(self._stream.sample_aspect_ratio)
        width = max(1, round(picture.width * ratio)) if ratio > 0 else picture.width
        if width * picture.height > self._max_pixels:
            # The shape of its pixels is any two numbers that somebody wrote into the file.
            raise NotAVideo(
                f"its pictures are shown as {width:,} x {picture.height:,} pixels and {self._max_pixels:,} are allowed"
            )
        return width, picture.height

    def _duration_in_header(self) -> float:
        if self._stream.duration and self._stream.time_base:
            return _finite(self._stream.duration * self._stream.time_base)
        return _finite(Fraction(self._container.duration or 0, _MICROSECONDS))

    def _read_through(self) -> tuple[float, int]:
        """Return duration and number of pictures from the packets, without decoding them."""
        count, end, share_read = 0, 0, 1.0
        deadline = time.monotonic() + _COUNTING_S
        # What could be read of a damaged file is what there is.
        with suppress(av.error.FFmpegError):
            self._container.seek(0)
            for packet in self._container.demux(self._stream):
                if packet.size:
                    count += 1
                    end = max(end, (packet.pts or 0) + (packet.duration or 0))
                if time.monotonic() > deadline:
                    share_read = max(0.01, (packet.pos or 0) / max(1, self._container.size))
                    break
        seconds = _finite(end * (self._stream.time_base or 0)) - (self._zero or 0.0)
        return max(0.0, seconds) / share_read, round(count / share_read)

    def _seek(self, moment_s: float) -> None:
        if not self._may_seek or self._stream.time_base is None:
            return
        if self._zero is None:
            # The first picture tells where the time begins.
            if next(self._pictures, None) is None:
                return
            self._time = 0.0
        before = self._time
        target = int((moment_s + (self._zero or 0.0)) / float(self._stream.time_base))
        try:
            self._container.seek(target, stream=self._stream)
        except av.error.FFmpegError:
            self._may_seek = False
            return
        self._pictures = self._after_seek(before)

    def _after_seek(self, before: float) -> Iterator[tuple[float, VideoFrame]]:
        """Yield the pictures from where the seek led to; one that led backward is the last."""
        is_first = True
        for seconds, picture in self._decoded():
            if is_first and seconds <= before:
                self._may_seek = False
            is_first = False
            yield seconds, picture

    def _decoded(self) -> Iterator[tuple[float, VideoFrame]]:
        damaged = 0
        has_picture = False
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                # One damaged packet costs its picture; a file of nothing else is given up.
                damaged += 1
                if not has_picture and damaged > _PATIENCE:
                    return
                continue
            for picture in pictures:
                has_picture = True
                yield self._time_of(picture), picture

    def _time_of(self, picture: VideoFrame) -> float:
        rate = _finite(self._rate) or 25.0
        seconds = picture.time if picture.pts is not None else self._count / rate
        self._count += 1
        if self._zero is None:
            self._zero = seconds
        return seconds - self._zero


def _is_cover(stream: VideoStream) -> bool:
    """Return whether the track is the picture on the sleeve of a piece of music."""
    return bool(stream.disposition & Disposition.attached_pic)


def _finite(value: Fraction | float | None) -> float:
    """Return the number as a float; 0 for what is none, or not finite."""
    try:
        number = float(value or 0)
    except (ZeroDivisionError, OverflowError, ValueError):
        return 0.0
    return number if math.isfinite(number) else 0.0
