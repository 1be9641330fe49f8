"""Short videos that tests make: picture number n is as bright as n says, with a white top-left corner."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

# Brightness of neighbouring pictures differs by this much: compression changes it by less than half of it.
STEP = 6


def make_video(
    path: Path,
    *,
    frames: int = 30,
    fps: int = 10,
    size_wh: tuple[int, int] = (64, 64),
    codec: str = "libx264",
    rotation: int = 0,
    times_s: Sequence[float] | None = None,
    keyframes_every: int = 12,
) -> Path:
    """Write a video in the container its suffix names.

    Args:
        rotation: degrees clockwise by which a player turns it.
        times_s: when each picture is shown, for a variable rate; instead of `frames`.
    """
    width, height = size_wh
    base = Fraction(1, 1000)
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=fps))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = keyframes_every
        if times_s is not None:
            stream.codec_context.time_base = base
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(frames if times_s is None else len(times_s)):
            pixels = np.full((height, width, 3), 10 + STEP * (number % 36), np.uint8)
            pixels[: height // 4, : width // 4] = 255
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times_s is not None:
                frame.pts, frame.time_base = round(times_s[number] * 1000), base
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def number_of(image: Image.Image) -> int:
    """Return the number of the picture that an image shows (modulo 36)."""
    grey = image.convert("L")
    middle = grey.getpixel((image.width // 2, image.height // 2))
    assert isinstance(middle, int | float)
    return round((middle - 10) / STEP)


def white_corner(image: Image.Image) -> str:
    """Return where the white corner is: "top left", "bottom right" …"""
    grey = image.convert("L")
    places = {"left": 2, "right": image.width - 3}, {"top": 2, "bottom": image.height - 3}
    corners = {f"{row} {column}": (x, y) for column, x in places[0].items() for row, y in places[1].items()}
    bright = {corner: float(grey.getpixel(xy)) for corner, xy in corners.items()}  # type: ignore[arg-type]
    return max(bright, key=bright.__getitem__)
