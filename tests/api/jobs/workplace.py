"""A small organisation at work: datasets with drawn images, jobs run in this process, and ones that are killed."""

import io
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image
from sqlalchemy import Connection, func, select

from pictograph.models.annotation import parse_annotations
from pictograph_server.actor import Actor
from pictograph_server.jobs import lease
from pictograph_server.jobs.attempt import run_attempt
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun, JsonValue
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.runner import refusal_words
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import ClassRecord
from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.registration import Candidate, Registered, register
from pictograph_server.storage.blobs import image_key
from pictograph_server.storage.db.tables import credit_holds, images, jobs, ledger_postings
from pictograph_server.storage.digest import file_sha256

D = "/api/v1/developer"
_POLICY = JobPolicy(backoff_s=0.0, beat_s=5.0)


class Killed(BaseException):
    """Stands for kill -9: nothing behind it runs, and nothing open is committed."""


@dataclass
class Workplace:
    """What a test of jobs holds in its hands."""

    platform: Platform
    organization_id: str
    client: TestClient
    folder: Path
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])

    def make_dataset(self, name: str = "signs", classes: Sequence[tuple[str, str]] = ()) -> str:
        """Make a dataset with classes of (name, type) and return its id."""
        records = [ClassRecord(class_name, geometry) for class_name, geometry in classes]
        with self.platform.db.write() as conn:
            return datasets.create(conn, self.organization_id, name=name, classes=records).id

    def add_image(
        self,
        dataset_id: str,
        filename: str,
        *,
        folder: str = "/",
        size_wh: tuple[int, int] = (64, 48),
        data: bytes | None = None,
    ) -> str:
        """Store an image (a plain one of its own colour unless bytes are given) and return its id."""
        path = self.folder / "image"
        path.write_bytes(data if data is not None else png(size_wh, f"{folder}/{filename}"))
        sha256 = file_sha256(path)
        self.platform.blobs.put_file(image_key(sha256), path)
        candidate = Candidate(folder, filename, sha256, path.stat().st_size, ImageFacts("image/png", *size_wh))
        with self.platform.db.write() as conn:
            (answer,) = register(conn, self.organization_id, dataset_id, [candidate])
        assert isinstance(answer, Registered)
        return answer.image_id

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Response:
        return self.client.post(D + path, json=body) if body is not None else self.client.post(D + path)

    def get(self, path: str) -> Response:
        return self.client.get(D + path)

    def save(self, image_id: str, document: Sequence[Mapping[str, object]], status: str | None = None) -> None:
        """Save annotations as a person does."""
        actor = Actor(self.organization_id, "a-key", "member", "a person")
        with self.platform.db.write() as conn:
            annotations.save(conn, actor, image_id, parse_annotations(list(document)))
            if status is not None:
                conn.execute(images.update().where(images.c.id == image_id).values(status=status))

    def run_job(self, lane: str, *, kill_at: int | Literal["end"] | None = None) -> JobRecord:
        """Run the lane's next job once; with `kill_at`, die at the end of that transaction, before its commit."""
        return self.run_claimed(self.claim(lane), kill_at=kill_at)

    def run_lane(self, lane: str) -> None:
        """Run the lane's jobs until none waits, as one of several workers does."""
        while (job := self.claim_next(lane)) is not None:
            self.run_claimed(job)

    def run_claimed(self, job: JobRecord, *, kill_at: int | Literal["end"] | None = None) -> JobRecord:
        tasks = {name: _killed(task, kill_at) for name, task in self.tasks.items()} if kill_at else self.tasks
        try:
            run_attempt(
                self.platform.db,
                lambda: tasks,
                job.id,
                job.fence,
                folder=self.folder / job.id,
                policy=_POLICY,
                refusal_words=refusal_words,
            )
        except Killed:
            return self.lose(job)
        with self.platform.db.read() as conn:
            row = conn.execute(select(*lease.RECORD_COLUMNS).where(jobs.c.id == job.id)).mappings().one()
        return JobRecord(**row)

    def claim(self, lane: str) -> JobRecord:
        job = self.claim_next(lane)
        assert job is not None, f"no job waits in lane {lane}"
        return job

    def claim_next(self, lane: str) -> JobRecord | None:
        with self.platform.db.write() as conn:
            return lease.claim(conn, lane=lane, tasks=list(self.tasks), worker="test", lease_s=600.0)

    def lose(self, job: JobRecord) -> JobRecord:
        """Do what a dispatcher does with a job whose runner it takes for dead."""
        with self.platform.db.write() as conn:
            on_end = self.tasks[job.task].on_end
            return lease.record_loss(conn, job.id, job.fence, reason="lost", policy=_POLICY, on_end=on_end)

    def end_cancelled(self) -> None:
        """Do what a dispatcher does with jobs that were cancelled while they waited."""
        with self.platform.db.write() as conn:
            for job in lease.cancelled_in_queue(conn, list(self.tasks)):
                lease.end_cancelled_in_queue(conn, job.id, self.tasks[job.task].on_end)

    def spent(self, job_id: str) -> tuple[int, int]:
        """Return what a job held and what it spent of it; its hold must be closed and the ledger in balance."""
        with self.platform.db.read() as conn:
            row = conn.execute(select(credit_holds).where(credit_holds.c.job_id == job_id)).one()
            assert row.released_at is not None
            assert conn.execute(select(func.sum(ledger_postings.c.amount))).scalar_one() == 0
            return row.amount, row.captured


def png(size_wh: tuple[int, int], seed: str) -> bytes:
    """Return a one-coloured PNG that differs for each seed."""
    colour = tuple(seed.encode()[-3:].rjust(3, b"x"))
    image = Image.new("RGB", size_wh, colour)
    for index, byte in enumerate(seed.encode()[: size_wh[0]]):
        image.putpixel((index, 0), (byte, index % 256, 0))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _killed(task: Task, at: int | Literal["end"]) -> Task:
    def function(run: JobRun) -> None:
        task.function(_MortalRun(run, at) if isinstance(at, int) else run)

    def on_end(conn: Connection, job: JobRecord) -> None:
        task.on_end(conn, job)
        if at == "end":
            raise Killed

    return replace(task, function=function, on_end=on_end)


class _MortalRun:
    """A run that dies in its n-th transaction."""

    def __init__(self, run: JobRun, at: int) -> None:
        self.job_id, self.organization_id, self.payload = run.job_id, run.organization_id, run.payload
        self.attempt, self.workdir = run.attempt, run.workdir
        self._run = run
        self._left = at

    @contextmanager
    def transaction(
        self, *, checkpoint: str | None = None, value: JsonValue = True, progress: float | None = None
    ) -> Generator[Connection]:
        with self._run.transaction(checkpoint=checkpoint, value=value, progress=progress) as conn:
            yield conn
            self._left -= 1
            if self._left == 0:
                raise Killed

    def checkpoint(self, name: str) -> JsonValue | None:
        return self._run.checkpoint(name)

    def report(self, progress: float, message: str | None = None) -> None:
        self._run.report(progress, message)

    def event(self, kind: str, data: Mapping[str, JsonValue]) -> None:
        self._run.event(kind, data)

    def raise_if_cancelled(self) -> None:
        self._run.raise_if_cancelled()
