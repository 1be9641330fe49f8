"""The thread that keeps jobs running: claims them, watches their processes, takes back those that were lost."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from pictograph_server.storage.db.session import Database, cause_of, is_passing

from . import lease, queue
from .executor import Attempt, Executor, Exit
from .policy import JobPolicy
from .queue import ENDED, JobRecord
from .run import LostLease
from .task import Task
from .worker import is_known_alive, is_known_dead, worker_name

log = logging.getLogger(__name__)

# How long the loop sleeps: with nothing to watch, and with processes whose end should be seen soon.
IDLE_S = 0.5
WATCHING_S = 0.1
# How often the table is read for cancels, lost leases and dead workers.
LOOK_S = 0.5
# How long a job is left alone whose end could not be set down.
GRUDGE_S = 10.0
SWEEP_S = 3600.0
# How often ticks are called.
TICK_S = 1.0

# Something to look at about every second, beside the jobs. Any number of dispatchers call it at the same time, and any
# call may be the last thing its process does.
Tick = Callable[[], None]


@dataclass(slots=True)
class _Started:
    job: JobRecord
    attempt: Attempt
    # Why we ended it, when we did.
    killed_because: str | None = None


class Dispatcher:
    """Runs jobs from the table in an executor; any number of dispatchers may share one database.

    Args:
        tasks: what it can run; jobs of other names are left to other dispatchers.
        lanes: how many jobs of each lane run here at once.
        alone: nobody else may be working on this database (the embedded platform, which locks its data folder):
            what an earlier process left running is taken over at the start instead of when its lease runs out.
        ticks: called one after the other, in a thread of their own: jobs do not wait for them.
    """

    def __init__(
        self,
        db: Database,
        tasks: Mapping[str, Task],
        executor: Executor,
        lanes: Mapping[str, int],
        *,
        policy: JobPolicy | None = None,
        alone: bool = False,
        ticks: Sequence[Tick] = (),
    ) -> None:
        self.worker = worker_name()
        # When the loop last came round without an error, seconds since the epoch; readiness looks at it.
        self.last_beat_at: float | None = None
        self._db = db
        self._tasks = tasks
        self._names = tuple(tasks)
        self._executor = executor
        self._lanes = lanes
        self._policy = policy or JobPolicy()
        self._alone = alone
        self._started: dict[tuple[str, int], _Started] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._left_alone: dict[str, float] = {}
        self._next_look = 0.0
        self._next_sweep = 0.0
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)
        self._ticks = ticks
        self._ticking = threading.Thread(target=self._tick, name="dispatcher-ticks", daemon=True)

    def start(self) -> None:
        self._thread.start()
        if self._ticks:
            self._ticking.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ask the running jobs to stop, kill those that do not, give them back to the queue, and end the thread."""
        self._stopping.set()
        self._wake.set()
        for thread in (self._ticking, self._thread):
            if thread.is_alive():
                thread.join(timeout_s)

    def notify(self) -> None:
        """Say that a job was put into the queue: it starts now instead of at the next look."""
        self._next_look = 0.0
        self._wake.set()

    def is_beating(self, max_age_s: float = 30.0) -> bool:
        """Return whether the loop came round lately."""
        return self.last_beat_at is not None and time.time() - self.last_beat_at < max_age_s

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
                self.last_beat_at = time.time()
            except Exception as error:
                # The database is away or busy; what runs goes on, and we come round again.
                _note("this turn", error)
                self._stopping.wait(1.0)
            self._wake.wait(WATCHING_S if self._started else IDLE_S)
            self._wake.clear()
        self._wind_down()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_S):
            for tick in self._ticks:
                try:
                    tick()
                except Exception as error:
                    # It comes round again, and the others have their turn.
                    _note("a tick", error)

    def _turn(self) -> None:
        ended = self._collect()
        if ended or time.monotonic() >= self._next_look:
            if self._alone:
                self._take_over()
                self._alone = False
            self._look()
            self._claim()
            self._next_look = time.monotonic() + LOOK_S
        if time.monotonic() >= self._next_sweep:
            self._sweep()
            self._next_sweep = time.monotonic() + SWEEP_S

    # --- what we started ------------------------------------------------------------------------------------------

    def _collect(self) -> int:
        """Set down the end of every process that is gone; return how many."""
        gone = 0
        for started in list(self._started.values()):
            ending = started.attempt.poll()
            if ending is None:
                continue
            self._settle(started, ending)
            del self._started[started.job.id, started.job.fence]
            gone += 1
        return gone

    def _settle(self, started: _Started, ending: Exit) -> None:
        job = started.job
        reason = started.killed_because or ending.reason
        words = f"{reason}. Its last words: {ending.log_tail}" if ending.log_tail else reason

        def record(conn: Connection) -> JobRecord | None:
            current = queue.get(conn, job.id)
            if current is None or current.state != "running" or current.fence != job.fence:
                # The runner has set it down itself, or the job has moved on.
                return current
            log.warning("job %s (%s), try %d: %s", job.id, job.task, job.attempt, reason)
            on_end = self._tasks[job.task].on_end
            if self._stopping.is_set():
                return lease.record_stop(conn, job.id, job.fence, on_end=on_end)
            return lease.record_death(conn, job.id, job.fence, reason=words, policy=self._policy, on_end=on_end)

        self._record(job, record)

    def _wind_down(self) -> None:
        for started in self._started.values():
            started.attempt.stop()
        while self._started:
            self._collect()
            time.sleep(0.05)

    # --- what the table says --------------------------------------------------------------------------------------

    def _look(self) -> None:
        with self._db.read() as conn:
            running = lease.running(conn, self._names)
            expired = {job.id for job in lease.expired(conn, self._names)}
            cancelled = lease.cancelled_in_queue(conn, self._names)
        current = {job.id: job for job in running}
        for started in self._started.values():
            self._check(started, current.get(started.job.id), started.job.id in expired)
        self._left_alone = {job_id: until for job_id, until in self._left_alone.items() if until > time.monotonic()}
        for job in cancelled:
            if job.id not in self._left_alone:
                self._cancel_waiting(job)
        for job in running:
            if job.id in self._left_alone:
                continue
            if (job.id, job.fence) in self._started or job.worker is None:
                continue
            if job.id in expired:
                self._take_back(job, "nothing was heard from its runner any more")
            elif is_known_dead(job.worker):
                self._take_back(job, "the process that ran it is gone")

    def _check(self, started: _Started, job: JobRecord | None, is_expired: bool) -> None:
        if job is None or job.fence != started.job.fence:
            # It has ended or moved on; the process is on its way out, and should it not be, it is now.
            started.attempt.stop()
        elif job.cancel_requested:
            started.attempt.stop()
        elif is_expired:
            started.killed_because = "its process hung: it gave no sign of life and was killed"
            started.attempt.kill()

    def _cancel_waiting(self, job: JobRecord) -> None:
        on_end = self._tasks[job.task].on_end
        self._record(job, lambda conn: lease.end_cancelled_in_queue(conn, job.id, on_end) or job)

    def _take_over(self) -> None:
        """Take back what earlier processes on this database left running."""
        with self._db.read() as conn:
            running = lease.running(conn, self._names)
        for job in running:
            if job.worker is not None and not is_known_alive(job.worker):
                self._take_back(job, "the process that ran it is gone")

    def _take_back(self, job: JobRecord, reason: str) -> None:
        log.warning("job %s (%s), try %d: %s; taking it back", job.id, job.task, job.attempt, reason)
        on_end = self._tasks[job.task].on_end
        self._record(
            job,
            lambda conn: lease.record_loss(conn, job.id, job.fence, reason=reason, policy=self._policy, on_end=on_end),
        )

    def _record(self, job: JobRecord, record: Callable[[Connection], JobRecord | None]) -> None:
        """Set down what happened to a job; tidy up if that was its end."""
        try:
            with self._db.write() as conn:
                current = record(conn)
        except LostLease:
            log.info("job %s: somebody else was faster; what they wrote stands", job.id)
        except Exception:
            # The database is away, or `on_end` is broken. The other jobs go on; this one is looked at again later.
            log.exception("job %s (%s): its state could not be set down", job.id, job.task)
            self._left_alone[job.id] = time.monotonic() + GRUDGE_S
        else:
            if current is None or current.state in ENDED:
                self._executor.clean(job.id)

    def _claim(self) -> None:
        for lane, slots in self._lanes.items():
            while sum(started.job.lane == lane for started in self._started.values()) < slots:
                job = self._claim_one(lane)
                if job is None:
                    break
                self._start(job)

    def _start(self, job: JobRecord) -> None:
        try:
            attempt = self._executor.start(job, self._policy)
        except OSError as error:
            reason = f"its process could not be started: {error}"
            on_end = self._tasks[job.task].on_end
            self._record(
                job,
                lambda conn: lease.record_death(
                    conn, job.id, job.fence, reason=reason, policy=self._policy, on_end=on_end
                ),
            )
            return
        self._started[job.id, job.fence] = _Started(job, attempt)

    def _claim_one(self, lane: str) -> JobRecord | None:
        with self._db.read() as conn:
            if not lease.runnable_exists(conn, lane, self._names):
                return None
        with self._db.write() as conn:
            return lease.claim(conn, lane=lane, tasks=self._names, worker=self.worker, lease_s=self._policy.start_s)

    def _sweep(self) -> None:
        """Forget what nobody will look at again, and scratch space that a crash left behind."""
        keep = timedelta(days=self._policy.keep_days)
        with self._db.write() as conn:
            lease.sweep(conn, older_than=keep)
        here = list(self._executor.leftovers())
        with self._db.read() as conn:
            ended = lease.not_live(conn, here)
            old = lease.not_live(conn, here, ended_for=keep)
        for job_id in ended:
            self._executor.clean(job_id)
        for job_id in old:
            self._executor.forget(job_id)


def _note(what: str, error: Exception) -> None:
    """Log what failed; in one line when the database is away, since that is so every second then."""
    if is_passing(error):
        log.warning("dispatcher: %s failed, the database could not do it: %s", what, cause_of(error))
    else:
        log.error("dispatcher: %s failed", what, exc_info=error)
