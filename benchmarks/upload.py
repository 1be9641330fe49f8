"""How fast a folder reaches the server: the upload workflow with 8 workers, beside `cp -r` of the same files.

The pictures are drawn once and kept in `bench-output/`. Client and server share the machine's cores.
"""

import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import psutil
from examples.local_server import LocalServer, local_server
from examples.scenes.backgrounds import photograph

from pictograph import Client
from pictograph.workflows import upload_dataset_from_folder

IMAGES = 5000
WORKERS = 8
BYTES_EACH = 85_000
PICTURES = 100  # distinct ones; the files differ by a number in their comment, so no two have the same bytes
OUTPUT = Path("bench-output")
PER_FOLDER = 500


def main() -> None:
    folder = OUTPUT / f"images-{IMAGES}"
    draw_images(folder)
    files = sorted(folder.rglob("*.jpg"))
    mean_kb = sum(file.stat().st_size for file in files) / len(files) / 1000
    print(f"upload: {len(files)} images of {mean_kb:.0f} kB, {WORKERS} workers, {psutil.cpu_count()} cores")

    copy_s = _seconds_to_copy(folder)
    data = OUTPUT / "data"
    shutil.rmtree(data, ignore_errors=True)
    with local_server(data) as server, MemoryWatch(server) as memory:
        print(f"  pictograph up to first answer      {server.seconds_to_answer:8.2f} s")
        started = time.perf_counter()
        with Client(server.api_key, base_url=server.base_url) as client:
            report = upload_dataset_from_folder(client, "benchmark", folder, max_workers=WORKERS, progress=_silent)
        upload_s = time.perf_counter() - started
    shutil.rmtree(data, ignore_errors=True)
    if not report.success or report.images_uploaded != len(files):
        raise SystemExit(f"upload failed: {report}")
    print(f"  upload_dataset_from_folder         {len(files) / upload_s:8.0f} images/s   {upload_s:6.1f} s")
    print(f"  cp -r of the same files            {len(files) / copy_s:8.0f} images/s   {copy_s:6.1f} s")
    print(f"  upload takes {upload_s / copy_s:.1f} times as long as cp")
    print(f"  server memory at most              {memory.server_mb:8.0f} MB")
    print(f"  the same with its job children     {memory.all_mb:8.0f} MB")


@dataclass
class MemoryWatch:
    """The largest resident memory of a server seen meanwhile, alone and together with its children."""

    server: LocalServer
    server_mb: float = 0.0
    all_mb: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "MemoryWatch":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process(self.server.pid)
        while not self._stop.wait(0.1):
            own = _resident_mb(process)
            self.server_mb = max(self.server_mb, own)
            self.all_mb = max(self.all_mb, own + sum(_resident_mb(child) for child in process.children(recursive=True)))


def draw_images(folder: Path) -> None:
    """Draw the pictures unless they are there: photographs with as much noise as 85 kB need."""
    if len(list(folder.rglob("*.jpg"))) == IMAGES:
        return
    print(f"upload: drawing {IMAGES} images into {folder}")
    rng = np.random.default_rng(5)
    pictures = [_jpeg_of_about(photograph(rng, (640, 480)), rng) for _ in range(PICTURES)]
    for number in range(IMAGES):
        path = folder / f"part-{number // PER_FOLDER}" / f"image_{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_with_comment(pictures[number % PICTURES], f"benchmark {number}"))


def _jpeg_of_about(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], rng: np.random.Generator) -> bytes:
    noise = rng.normal(0, 1, image.shape)
    least, most, data = 0.0, 60.0, b""
    for _ in range(7):  # the size grows with the noise: halve the interval
        level = (least + most) / 2
        noisy = np.clip(image + noise * level, 0, 255).astype(np.uint8)
        data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        least, most = (level, most) if len(data) < BYTES_EACH else (least, level)
    return data


def _with_comment(jpeg: bytes, text: str) -> bytes:
    comment = text.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def _seconds_to_copy(folder: Path) -> float:
    target = OUTPUT / "copy"
    shutil.rmtree(target, ignore_errors=True)
    started = time.perf_counter()
    subprocess.run(["cp", "-r", folder, target], check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds


def _silent(completed: int, total: int, name: str | None) -> None:
    """Stands in for the bars, which would cost time of what is measured."""


def _resident_mb(process: psutil.Process) -> float:
    try:
        return process.memory_info().rss / 1e6
    except psutil.NoSuchProcess:
        return 0.0


if __name__ == "__main__":
    main()
