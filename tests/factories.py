"""Things that tests make: pictures of every kind, the folder nobody wants to be sent, bundles, jobs run in place."""

import io
import struct
import tarfile
import unicodedata
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image
from sqlalchemy import Connection

from pictograph_server.platform import Platform

ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class UglyFolder:
    """A folder with what people really have. Paths are relative to `path`, with slashes."""

    path: Path
    good: tuple[str, ...]
    # path -> a word that its refusal must say.
    bad: Mapping[str, str]


def picture(width: int = 64, height: int = 48, *, seed: int = 0) -> Image.Image:
    """Return an RGB image with some texture; another seed makes another one."""
    noise = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    ramp = np.linspace(0, 200, width)[None, :, None] + np.linspace(0, 50, height)[:, None, None]
    return Image.fromarray(np.clip(ramp + noise, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def jpeg(width: int = 64, height: int = 48, *, seed: int = 0, orientation: int = 1) -> bytes:
    """Return a JPEG, stored as `width` x `height`, whose EXIF says how it is to be turned."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return encoded(picture(width, height, seed=seed), exif=exif, quality=85)


def cmyk_jpeg() -> bytes:
    return encoded(picture().convert("CMYK"))


def png_16_bit() -> bytes:
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    return encoded(Image.fromarray(ramp), "PNG")


def palette_png() -> bytes:
    """Return a palette PNG in which one colour is transparent."""
    return encoded(picture().quantize(16), "PNG", transparency=3)


def animated_gif() -> bytes:
    frames = [picture(seed=seed) for seed in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


def heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(buffer, quality=80)
    return buffer.getvalue()


def plain_png(width: int, height: int) -> bytes:
    """Return a white RGB PNG of any size without holding its pixels: 50 megapixels are 50 KB."""
    row = b"\x00" + b"\xff" * (width * 3)
    packer = zlib.compressobj(6)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def bomb_png(side: int = 60_000) -> bytes:
    """Return a small PNG whose header announces `side` squared pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def overwritten_jpeg() -> bytes:
    """Return a JPEG with random bytes where a part of its coded data was."""
    data = jpeg(320, 240)
    middle = len(data) // 2
    return data[:middle] + np.random.default_rng(1).bytes(1500) + data[middle + 1500 :]


def make_ugly_folder(folder: Path, *, large_png: bool = True) -> UglyFolder:
    """Write the folder and return what of it must be taken and what refused. `large_png` adds 50 megapixels."""
    good = {
        "plain.jpg": jpeg(seed=1),
        "rotated.jpg": jpeg(80, 40, seed=2, orientation=6),
        "print.jpg": cmyk_jpeg(),
        "deep.png": png_16_bit(),
        "palette.png": palette_png(),
        "moving.gif": animated_gif(),
        "phone.heic": heic(),
        "a b c.jpg": jpeg(seed=3),
        "no#1.jpg": jpeg(seed=4),
        "100% of it.jpg": jpeg(seed=5),
        unicodedata.normalize("NFC", "Straße über.jpg"): jpeg(seed=6),
        unicodedata.normalize("NFD", "Brücke.jpg"): jpeg(seed=7),
        "🦄 über & out.jpg": jpeg(seed=8),
        "sub folder/ß/plain.jpg": jpeg(seed=9),
        "a png in truth.jpg": encoded(picture(seed=10), "PNG"),
    }
    if large_png:
        good["fifty megapixels.png"] = plain_png(10_000, 5_000)
    bad = {
        "corrupt.jpg": (jpeg(seed=11)[:-600], "truncated"),
        "sub folder/overwritten.jpg": (overwritten_jpeg(), "damaged"),
        "text.jpg": (b"This is no picture.\n" * 20, "no image"),
        "empty.png": (b"", "empty"),
        "bomb.png": (bomb_png(), "pixels"),
        "broken.png": (encoded(picture(), "PNG")[:-40], "damaged"),
    }
    contents = good | {name: data for name, (data, _word) in bad.items()}
    for name, data in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return UglyFolder(folder, tuple(good), {name: word for name, (_data, word) in bad.items()})


def tar_of(members: Mapping[str, bytes]) -> bytes:
    """Return an uncompressed tar with pax names, as our client sends it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@dataclass
class InlineRun:
    """A job's run in the test's own process: real transactions, checkpoints in memory."""

    platform: Platform
    organization_id: str
    payload: Mapping[str, object]
    workdir: Path
    job_id: str = "inline"
    attempt: int = 1
    checkpoints: dict[str, object] = field(default_factory=dict[str, object])
    events: list[tuple[str, Mapping[str, object]]] = field(default_factory=list[tuple[str, Mapping[str, object]]])

    def checkpoint(self, name: str) -> object | None:
        return self.checkpoints.get(name)

    @contextmanager
    def transaction(
        self, *, checkpoint: str | None = None, value: object = True, progress: float | None = None
    ) -> Generator[Connection]:
        with self.platform.db.write() as conn:
            yield conn
        if checkpoint is not None:
            self.checkpoints[checkpoint] = value

    def report(self, progress: float, message: str | None = None) -> None:
        """Progress is nobody's concern here."""

    def event(self, kind: str, data: Mapping[str, object]) -> None:
        self.events.append((kind, data))

    def raise_if_cancelled(self) -> None:
        """Nobody cancels an inline run."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
