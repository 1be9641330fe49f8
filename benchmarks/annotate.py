"""How fast a batch job labels, beside the network alone, and what 100,000 images cost around the network.

    python -m benchmarks annotate                  # the tiny SAM 3 in a real server, and bare, in turns
    python -m benchmarks.annotate sam3 64          # another engine, that many scenes
    python -m benchmarks.annotate scale 100000     # an instant annotator: everything but the network

The bare loop asks the same network, in a process of its own kind, about the same images, decoded before the clock
starts, in groups of the size that jobs use. The job decodes, traces, saves and pays.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from examples.local_server import local_server
from examples.scenes.folder import WANTED, draw_folder

from benchmarks.annotate_scale import measure_scale
from pictograph import Client
from pictograph.models.auto_annotate import BatchJob
from pictograph.workflows import upload_dataset_from_folder

SCENES = 200
ROUNDS = 3
THRESHOLD = 0.5
OUTPUT = Path("bench-output")
CLASSES: list[dict[str, object]] = [
    {"name": name, "output_type": output_type} for name, output_type in zip(WANTED, ("bbox", "polygon"), strict=True)
]


def main(annotator: str = "tiny", scenes: int = SCENES) -> None:
    folder = OUTPUT / f"scenes-{scenes}"
    if not folder.exists():
        draw_folder(folder, OUTPUT / f"scenes-{scenes}.json", scenes=scenes, seed=1)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"annotate: {scenes} scenes, {len(WANTED)} classes, {annotator}, {cores} cores, load {load:.1f}")
    data = OUTPUT / "annotate"
    shutil.rmtree(data, ignore_errors=True)
    ratios: list[float] = []
    settings = {"PICTOGRAPH_ANNOTATOR": annotator}
    with (
        local_server(data, settings=settings) as server,
        Client(server.api_key, base_url=server.base_url) as client,
    ):
        report = upload_dataset_from_folder(client, "benchmark", folder, progress=_silent)
        names = [image.filename for image in client.datasets.get("benchmark", include_images=True).images or []]
        if not report.success or len(names) != scenes:
            raise SystemExit(f"upload failed: {report}")
        # The bare loop's clock starts with the network loaded, too.
        _job(client, names[:1])
        for number in range(1, ROUNDS + 1):
            # In turns, so that whatever else the machine does meets both alike.
            bare, engine = _bare(folder, annotator)
            job, whole_s = _job(client, names)
            assert job.images_per_second is not None
            ratios.append(job.images_per_second / bare)
            print(
                f"  round {number}: bare loop {bare:6.2f} images/s   job {job.images_per_second:6.2f} images/s   "
                f"ratio {ratios[-1]:.3f}   ({whole_s:.1f} s from the request to the end, {job.engine})",
                flush=True,
            )
            if job.engine != engine:
                raise SystemExit(f"the job was done by {job.engine}, the bare loop by {engine}")
    shutil.rmtree(data, ignore_errors=True)
    print(f"  throughput of the job over the bare loop, median of {ROUNDS}: {statistics.median(ratios):.3f}")


def _silent(_done: int, _total: int, _name: str | None) -> None:
    pass


def _job(client: Client, names: Sequence[str]) -> tuple[BatchJob, float]:
    """Label everything anew, and return the ended job and the seconds from the request to its end."""
    started = time.perf_counter()
    job = client.auto_annotate.batch("benchmark", names, CLASSES, confidence_threshold=THRESHOLD, wait=False)
    while job.status in ("pending", "running"):
        time.sleep(0.2)
        job = client.auto_annotate.get_batch(job.job_id)
    if job.status != "completed" or job.failed_images:
        raise SystemExit(f"the job failed: {job}")
    return job, time.perf_counter() - started


def _bare(folder: Path, annotator: str) -> tuple[float, str]:
    """Return the images per second of the network alone, and the engine's name."""
    command = [sys.executable, "-m", "benchmarks.annotate", "bare", annotator, str(folder)]
    images_per_second, engine = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(images_per_second), engine


def _bare_loop(annotator: str, folder: Path) -> None:
    from pictograph.pixels import read_rgb
    from pictograph_server.engines.annotators.registry import open_annotator
    from pictograph_server.services.auto_annotation.feed import MAX_GROUP
    from pictograph_server.services.auto_annotation.request import prompt_for

    network = open_annotator(annotator, None)
    prompts = [prompt_for(name) for name in WANTED]
    images = [read_rgb(file) for file in sorted(folder.rglob("*.jpg"))]
    # What is done once is done: kernels are chosen, memory is there.
    network.text(images[:1], prompts, threshold=THRESHOLD)
    started = time.perf_counter()
    for start in range(0, len(images), MAX_GROUP):
        network.text(images[start : start + MAX_GROUP], prompts, threshold=THRESHOLD)
    print(len(images) / (time.perf_counter() - started), network.name)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare", annotator, folder]:
            _bare_loop(annotator, Path(folder))
        case ["scale", *images]:
            measure_scale(int(images[0]) if images else 100_000)
        case [annotator, scenes]:
            main(annotator, int(scenes))
        case [annotator]:
            main(annotator)
        case _:
            main()
