"""Puts small jobs into a queue and looks at them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from small_tasks import LANE
from sqlalchemy import insert

from pictograph_server.jobs import queue
from pictograph_server.jobs.queue import ENDED, JobRecord
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import organizations
from pictograph_server.storage.db.types import now


def make_organization(db: Database, name: str) -> None:
    with db.write() as conn:
        conn.execute(
            insert(organizations).values(
                id=name,
                name=name,
                slug=name,
                max_users=1,
                max_images=1,
                max_storage_bytes=1,
                credits_monthly_allowance=1,
                credits_reset_at=now(),
                created_at=now(),
                updated_at=now(),
            )
        )


@dataclass(frozen=True)
class Jobs:
    """Puts small jobs into the queue and looks at them."""

    db: Database

    def put(self, task: str = "steps", *, organization: str = "cats", max_attempts: int = 3, **payload: object) -> str:
        with self.db.write() as conn:
            return queue.enqueue(
                conn,
                task=task,
                lane=LANE,
                organization_id=organization,
                payload=payload,
                max_attempts=max_attempts,
            )

    def get(self, job_id: str) -> JobRecord:
        with self.db.read() as conn:
            job = queue.get(conn, job_id)
        assert job is not None
        return job

    def cancel(self, job_id: str) -> None:
        with self.db.write() as conn:
            queue.request_cancel(conn, job_id)

    def kinds(self, job_id: str) -> list[str]:
        with self.db.read() as conn:
            return [event.kind for event in queue.events(conn, job_id)]

    def wait(self, job_id: str, until: Callable[[JobRecord], bool], timeout_s: float = 60) -> JobRecord:
        deadline = time.monotonic() + timeout_s
        while not until(job := self.get(job_id)):
            assert time.monotonic() < deadline, f"waited {timeout_s:g} s; {job}"
            time.sleep(0.02)
        return job

    def wait_for_end(self, job_id: str, timeout_s: float = 60) -> JobRecord:
        return self.wait(job_id, lambda job: job.state in ENDED, timeout_s)
