"""A running attempt, from inside: fenced transactions, and a heart that beats in a thread beside the task."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pictograph_server.storage.db.session import Database

from . import lease
from .crash import CrashPoint, When
from .policy import JobPolicy
from .queue import JobRecord, add_event
from .run import JobCancelled, JsonValue, LostLease

log = logging.getLogger(__name__)

# Progress is written at most this often, whatever the task reports.
REPORT_INTERVAL_S = 1.0


class Heart:
    """Renews the lease of one attempt, carries its reports, and hears when it should stop.

    `lost` is called in the beating thread when the lease is gone: the runner leaves the process there and then,
    because the task may be deep in a library and must not go on.
    """

    def __init__(
        self,
        db: Database,
        job: JobRecord,
        policy: JobPolicy,
        *,
        stop_requested: threading.Event,
        lost: Callable[[], None],
    ) -> None:
        self.stop_requested = stop_requested
        self._db = db
        self._job = job
        self._policy = policy
        self._lost = lost
        self._closing = threading.Event()
        self._reported = threading.Event()
        self._lock = threading.Lock()
        self._progress: float | None = None
        self._message: str | None = None
        self._renewed_at = time.monotonic()
        self._thread = threading.Thread(target=self._beat_on, name=f"heart-{job.id}", daemon=True)

    def start(self) -> None:
        """Beat once, then go on in a thread.

        Raises:
            LostLease: somebody else holds the job already.
        """
        self.beat()
        self._thread.start()

    def close(self) -> None:
        """Stop beating."""
        self._closing.set()
        self._reported.set()
        if self._thread.is_alive():
            self._thread.join()

    def flush(self) -> None:
        """Write the last report down, if there is one that no beat has carried."""
        if self._progress is not None or self._message is not None:
            self.beat()

    def report(self, progress: float, message: str | None) -> None:
        with self._lock:
            self._progress = progress
            self._message = message if message is not None else self._message
        self._reported.set()

    def beat(self) -> None:
        """Write one heartbeat with the latest report.

        Raises:
            LostLease: somebody else holds the job now.
        """
        with self._lock:
            progress, message = self._progress, self._message
            self._progress = self._message = None
        sent_at = time.monotonic()
        with self._db.write() as conn:
            heard = lease.heartbeat(
                conn,
                self._job.id,
                self._job.fence,
                lease_s=self._policy.lease_s,
                progress=progress,
                message=message,
            )
        self._renewed_at = sent_at
        if heard.cancel_requested:
            self.stop_requested.set()

    def _beat_on(self) -> None:
        while not self._closing.wait(min(REPORT_INTERVAL_S, self._policy.beat_s)):
            # Between beats a report is reason enough to write.
            self._reported.wait(max(0.0, self._renewed_at + self._policy.beat_s - time.monotonic()))
            self._reported.clear()
            if self._closing.is_set():
                return
            try:
                self.beat()
            except LostLease:
                log.warning("job %s: somebody else holds it now; leaving", self._job.id)
                self._lost()
                return
            except DBAPIError as error:
                # A busy or restarting database: the lease lasts for several beats.
                log.warning("job %s: heartbeat failed: %s", self._job.id, error)
                if time.monotonic() - self._renewed_at > self._policy.lease_s:
                    log.warning("job %s: the lease ran out meanwhile; leaving", self._job.id)
                    self._lost()
                    return


class AttemptRun:
    """The `JobRun` that a task function is handed."""

    def __init__(
        self,
        db: Database,
        job: JobRecord,
        heart: Heart,
        policy: JobPolicy,
        *,
        workdir: Path,
        crash_at: CrashPoint | None = None,
    ) -> None:
        self.job_id = job.id
        self.organization_id = job.organization_id
        self.payload: Mapping[str, JsonValue] = job.payload
        self.attempt = job.attempt
        self.workdir = workdir
        self._db = db
        self._job = job
        self._heart = heart
        self._policy = policy
        self._crash_at = crash_at
        self._transactions = 0

    def checkpoint(self, name: str) -> JsonValue | None:
        with self._db.read() as conn:
            return lease.read_checkpoint(conn, self.job_id, name)

    @contextmanager
    def transaction(
        self, *, checkpoint: str | None = None, value: JsonValue = True, progress: float | None = None
    ) -> Generator[Connection]:
        with self._db.write() as conn:
            yield conn
            # Last, so that the job's row is locked for a moment only; nobody can take the job between here and the
            # commit. Before the checkpoint, so that a zombie hears `LostLease` and not a clash of keys.
            heard = lease.heartbeat(conn, self.job_id, self._job.fence, lease_s=self._policy.lease_s, progress=progress)
            if checkpoint is not None:
                lease.save_checkpoint(conn, self.job_id, self._job.fence, checkpoint, value)
            self._transactions += 1
            places = (checkpoint or "", f"#{self._transactions}")
            self.crash_point("before", *places)
        self.crash_point("after", *places)
        if heard.cancel_requested:
            self._heart.stop_requested.set()

    def report(self, progress: float, message: str | None = None) -> None:
        self._heart.report(progress, message)

    def event(self, kind: str, data: Mapping[str, JsonValue]) -> None:
        with self._db.write() as conn:
            # The row's lock orders the events of a job.
            lease.heartbeat(conn, self.job_id, self._job.fence, lease_s=self._policy.lease_s)
            add_event(conn, self.job_id, kind, data)

    def raise_if_cancelled(self) -> None:
        if self._heart.stop_requested.is_set():
            raise JobCancelled(f"job {self.job_id} was asked to stop")

    def crash_point(self, when: When, *places: str) -> None:
        """Die here if a test asked for it (`crash.py`)."""
        if self._crash_at is not None:
            self._crash_at.reached(self._job, when, *places)
