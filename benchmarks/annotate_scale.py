"""A batch over 100,000 images with an annotator that answers at once: what is left is the platform's own work."""

import os
import resource
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image
from sqlalchemy import event, func, select, update

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph_server.actor import Actor
from pictograph_server.engines.annotators.base import Capability, Detection, Exemplars, RgbImage
from pictograph_server.jobs import lease
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform, open_platform
from pictograph_server.runner import run_pending
from pictograph_server.services.auto_annotation import service
from pictograph_server.services.auto_annotation.planning import BatchRequest, ClassRequest
from pictograph_server.services.auto_annotation.tasks import tasks
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.registration import Candidate, register
from pictograph_server.services.organizations import service as organizations
from pictograph_server.settings import Credits, Settings
from pictograph_server.storage.blobs import image_key
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.tables import job_checkpoints
from pictograph_server.storage.digest import file_sha256

OUTPUT = Path("bench-output")
SIZE_WH = (320, 240)
# On every image: three signs with outlines.
OBJECTS = 3
CHUNK = 1_000
Result = TypeVar("Result")


class InstantAnnotator:
    """Finds the same three discs on every image."""

    name = "sam3@instant"
    device = "none"
    capabilities = frozenset({Capability.TEXT})

    def __init__(self) -> None:
        rows, columns = np.mgrid[0:60, 0:60]
        disc = CroppedMask.from_array((rows - 30) ** 2 + (columns - 30) ** 2 < 800)
        self._found = [
            Detection("stop sign", 0.9 - 0.1 * number, (x, 20.0, x + 60.0, 80.0), replace(disc, origin_xy=(int(x), 20)))
            for number, x in enumerate((10.0, 110.0, 210.0))
        ]

    def check_prompts(self, prompts: Sequence[str]) -> None:
        pass

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        return [self._found for _ in images]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        return [self._found for _ in images]

    def box(self, image: RgbImage, boxes_xyxy: object, *, is_positive: object, threshold: float) -> list[Detection]:
        return self._found[:1]

    def points(self, image: RgbImage, points_xy: object, *, is_positive: object) -> Detection | None:
        return self._found[0]


def measure_scale(images: int) -> None:
    print(f"annotate: {images:,} images, {OBJECTS} objects each, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    data = OUTPUT / "annotate-scale"
    shutil.rmtree(data, ignore_errors=True)
    platform = open_platform(Settings(data_dir=data, annotator="tiny"), migrate_database=True)
    with platform.db.write() as conn:
        budget = Credits(monthly_allowance=10_000_000)
        organization_id = organizations.create_organization(conn, budget, name="Scale").organization_id
    actor = Actor(organization_id, "benchmark", "owner", "benchmark")
    _fill(platform, organization_id, images)
    request = BatchRequest("scale", [ClassRequest("stop_sign", "polygon")])
    clock = _Clock(platform)

    batch = clock.time("create", lambda: service.start(platform, actor, request))
    known = {task.name: task for task in tasks(platform, open_annotator=lambda _choice, _device: InstantAnnotator())}
    before_mb = _peak_mb()
    clock.time("annotate", lambda: run_pending(platform.db, known, data / "jobs"))
    with platform.db.read() as conn:
        groups = conn.scalar(select(func.count()).where(job_checkpoints.c.name.like("images:%"))) or 1
        job = service.get(conn, organization_id, batch.job_id)
    if (job.status, job.processed_images, job.total_annotations_added) != ("completed", images, OBJECTS * images):
        raise SystemExit(f"not everything was done: {job}")
    print(f"  {images / clock.seconds:.0f} images/s by one worker, {images / clock.cpu_s:.0f} a processor second")
    print(f"  {clock.statements / groups:.1f} statements for a group of {images / groups:.1f} images")
    print(f"  memory at most {_peak_mb():.0f} MB, {before_mb:.0f} MB before the first shard")

    again = service.start(platform, actor, request)
    clock.time("cancel", lambda: _cancel(platform, organization_id, again.job_id))
    clock.time("end what waits", lambda: _end_cancelled(platform, known))
    platform.close()
    shutil.rmtree(data, ignore_errors=True)


class _Clock:
    """Times steps, and counts the statements that each sends to the database."""

    def __init__(self, platform: Platform) -> None:
        self.seconds = self.cpu_s = 0.0
        self.statements = 0

        def sent(*_: object) -> None:
            self.statements += 1

        event.listen(platform.db.engine, "before_cursor_execute", sent)

    def time(self, name: str, step: Callable[[], Result]) -> Result:
        self.statements = 0
        started, cpu_before = time.perf_counter(), time.process_time()
        result = step()
        self.seconds, self.cpu_s = time.perf_counter() - started, time.process_time() - cpu_before
        print(
            f"  {name:16} {self.seconds:8.2f} s   processor {self.cpu_s:7.2f} s   {self.statements:8} statements",
            flush=True,
        )
        return result


def _fill(platform: Platform, organization_id: str, images: int) -> None:
    """Register so many images that share one file."""
    file = OUTPUT / "scale.png"
    OUTPUT.mkdir(exist_ok=True)
    Image.new("RGB", SIZE_WH, "grey").save(file)
    sha256, size_bytes = file_sha256(file), file.stat().st_size
    platform.blobs.put_file(image_key(sha256), file)
    facts = ImageFacts("image/png", *SIZE_WH)
    with platform.db.write() as conn:
        conn.execute(update(tables.organizations).values(max_images=2 * images))
        dataset_id = datasets.create(conn, organization_id, name="scale").id
    for first in range(0, images, CHUNK):
        with platform.db.write() as conn:
            names = [f"{number:07d}.png" for number in range(first, min(first + CHUNK, images))]
            candidates = [Candidate("/", name, sha256, size_bytes, facts) for name in names]
            register(conn, organization_id, dataset_id, candidates)


def _cancel(platform: Platform, organization_id: str, batch_id: str) -> None:
    with platform.db.write() as conn:
        service.cancel(conn, organization_id, batch_id)


def _end_cancelled(platform: Platform, known: Mapping[str, Task]) -> None:
    """Do what a dispatcher does when it sees them."""
    with platform.db.read() as conn:
        waiting = lease.cancelled_in_queue(conn, list(known))
    for job in waiting:
        with platform.db.write() as conn:
            lease.end_cancelled_in_queue(conn, job.id, known[job.task].on_end)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
