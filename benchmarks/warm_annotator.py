"""What the warm process costs and gives: its throughput beside the network in one's own process, and prompts' latency.

python -m benchmarks.warm_annotator [ANNOTATOR [DEVICE]]     # tiny, on the CPU, unless named
"""

import io
import os
import statistics
import sys
import threading
import time
from pathlib import Path

import psutil
from examples.scenes.folder import draw_folder
from PIL import Image

from pictograph.pixels import read_rgb
from pictograph_server.engines.annotators.base import Annotator, RgbImage
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.executors.annotator_client import open_remote
from pictograph_server.executors.annotator_process import AnnotatorProcess

IMAGES = 16
ROUNDS = 6
PROMPTS = ("stop sign", "yield sign")
OUTPUT = Path("bench-output")


def main(annotator: str = "tiny", device: str = "cpu") -> None:
    print(f"warm_annotator: {annotator} on {device}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    folder = OUTPUT / f"scenes-{IMAGES}"
    if not folder.exists():
        draw_folder(folder, OUTPUT / f"scenes-{IMAGES}.json", scenes=IMAGES, seed=1)
    images = [read_rgb(path) for path in sorted(folder.rglob("*")) if path.is_file()][:IMAGES]
    process = AnnotatorProcess(annotator, device, timeout_s=300)
    try:
        remote, own = open_remote(process.address, annotator, device), open_annotator(annotator, device)
        _throughput(process, remote, own, images)
        _prompts(process, "alone", images)
        _prompts_beside_a_batch(process, remote, images)
    finally:
        process.close()


def _throughput(process: AnnotatorProcess, remote: Annotator, own: Annotator, images: list[RgbImage]) -> None:
    everyone = [psutil.Process(), psutil.Process(process.pid)]
    walls: dict[str, list[float]] = {"own": [], "warm": []}
    cpus = {"own": 0.0, "warm": 0.0}
    for number in range(ROUNDS + 1):
        # In turns, so that whatever else the machine does meets both alike; the first round warms both up.
        for name, each in (("own", own), ("warm", remote)):
            cpu, started = _cpu_seconds(everyone), time.perf_counter()
            each.text(images, PROMPTS, threshold=0.5)
            if number:
                walls[name].append(time.perf_counter() - started)
                cpus[name] += _cpu_seconds(everyone) - cpu
    print(f"  groups of {len(images)} images of {images[0].shape[1]} x {images[0].shape[0]}, {len(PROMPTS)} prompts")
    for name, title in (("own", "in the same process"), ("warm", "in the warm process")):
        rate = len(images) / statistics.median(walls[name])
        print(f"    {title}: {rate:.1f} images/s, {cpus[name] / ROUNDS / len(images) * 1e3:.1f} ms of CPU an image")
    wall = statistics.median(walls["own"]) / statistics.median(walls["warm"])
    cpu = cpus["own"] / cpus["warm"]
    print(f"    throughput over that of the same process: {wall:.3f} by the clock, {cpu:.3f} by CPU time")


def _prompts(process: AnnotatorProcess, when: str, images: list[RgbImage]) -> None:
    taken: tuple[list[float], list[float]] = ([], [])
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=95)
        answers: list[object] = []
        for seconds in taken:
            started = time.perf_counter()
            answers.append(process.text(file.getvalue(), PROMPTS[:1], threshold=0.5).shapes)
            seconds.append(time.perf_counter() - started)
        if answers[0] != answers[1]:
            raise SystemExit("the second prompt was answered differently")
    for name, seconds in zip(("first", "second"), taken, strict=True):
        median, worst = statistics.median(seconds) * 1e3, max(seconds) * 1e3
        print(f"  {name} prompt on an image, {when}: {median:.0f} ms, at most {worst:.0f} ms")


def _prompts_beside_a_batch(process: AnnotatorProcess, remote: Annotator, images: list[RgbImage]) -> None:
    ended = threading.Event()

    def batch() -> None:
        while not ended.is_set():
            remote.text(images, PROMPTS, threshold=0.5)

    thread = threading.Thread(target=batch)
    thread.start()
    try:
        _prompts(process, "beside a batch", images)
    finally:
        ended.set()
        thread.join()


def _cpu_seconds(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


if __name__ == "__main__":
    main(*sys.argv[1:3])
