"""The child process of one attempt: `python -m pictograph_server.runner JOB FENCE --folder … [--parent PID]`.

Started by `executors/process.py`. It opens the platform from the environment, runs the job's task and exits.
"""

import argparse
import contextlib
import ctypes
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pictograph_server.engines.errors import EngineError
from pictograph_server.errors import ServiceError
from pictograph_server.jobs import lease, queue
from pictograph_server.jobs.attempt import run_attempt
from pictograph_server.jobs.crash import CrashPoint
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.task import Task
from pictograph_server.jobs.worker import worker_name
from pictograph_server.storage.db.session import Database

EXIT_RECORDED = 0
EXIT_LOST = 4
PR_SET_PDEATHSIG = 1


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    from pictograph_server.platform import open_platform
    from pictograph_server.settings import Settings

    order = prepare(arguments)
    settings = Settings()
    platform = open_platform(settings)

    def load_tasks() -> Mapping[str, Task]:
        from pictograph_server.services.tasks import all_tasks

        return all_tasks(platform)

    crash_at = CrashPoint.parse(settings.crash_at) if settings.crash_at else None
    execute(order, platform.db, load_tasks, crash_at=crash_at)


@dataclass(frozen=True, slots=True)
class Order:
    """What the executor asked for."""

    job_id: str
    fence: int
    folder: Path
    policy: JobPolicy
    # Set by SIGTERM.
    stop_requested: threading.Event


def prepare(arguments: Sequence[str] | None = None) -> Order:
    """Read the command line and tie this process to its parent. Call it first: imports of engines take seconds."""
    parser = argparse.ArgumentParser(prog="pictograph_server.runner", description="Run one attempt of one job.")
    parser.add_argument("job_id")
    parser.add_argument("fence", type=int)
    parser.add_argument("--folder", type=Path, required=True, help="the job's folder: scratch space and log")
    parser.add_argument("--policy", type=JobPolicy.from_json, default=JobPolicy(), help="JSON of a JobPolicy")
    parser.add_argument("--parent", type=int, help="pid to die with; standard input is its lifeline")
    given = parser.parse_args(arguments)
    stop_requested = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop_requested.set())
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if given.parent is not None:
        die_with(given.parent)
    _be_first_to_go()
    return Order(given.job_id, given.fence, given.folder, given.policy, stop_requested)


def execute(
    order: Order,
    db: Database,
    load_tasks: Callable[[], Mapping[str, Task]],
    *,
    crash_at: CrashPoint | None = None,
) -> NoReturn:
    """Run the attempt and leave the process."""
    outcome = run_attempt(
        db,
        load_tasks,
        order.job_id,
        order.fence,
        folder=order.folder,
        policy=order.policy,
        refusal_words=refusal_words,
        stop_requested=order.stop_requested,
        # From the heart's thread: the task may be deep in a library and must not go on.
        leave=lambda: _leave(EXIT_LOST),
        crash_at=crash_at,
    )
    # Not sys.exit: threads of libraries could keep a finished runner, and with it a slot, for ever.
    _leave(EXIT_RECORDED if outcome == "recorded" else EXIT_LOST)


def run_pending(db: Database, tasks: Mapping[str, Task], folder: Path) -> list[JobRecord]:
    """Run every job that waits, here and now, one after the other, and return how they ended.

    For tests and scripts that want a job's effect without a dispatcher and child processes. What has failed for a
    reason that may pass is tried again at once.
    """
    policy = JobPolicy(backoff_s=0.0)
    ran: dict[str, None] = {}
    for lane in dict.fromkeys(task.lane for task in tasks.values()):
        while True:
            with db.write() as conn:
                job = lease.claim(conn, lane=lane, tasks=tuple(tasks), worker=worker_name(), lease_s=policy.start_s)
            if job is None:
                break
            ran[job.id] = None
            run_attempt(
                db,
                lambda: tasks,
                job.id,
                job.fence,
                folder=folder / job.id,
                policy=policy,
                refusal_words=refusal_words,
            )
    with db.read() as conn:
        records = [queue.get(conn, job_id) for job_id in ran]
    return [record for record in records if record is not None]


def refusal_words(error: Exception) -> str | None:
    """Return what an error says that was raised on purpose; None for one that nobody expected."""
    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, ServiceError):
        return f"{error.message}. {error.fix}" if error.fix else error.message
    return None


def die_with(parent: int) -> None:
    """See to it that this process, and the group it leads, ends when `parent` does, however that ends.

    Linux kills us with the *thread* that started us (prctl(2), PR_SET_PDEATHSIG): the dispatcher starts children from
    the one thread that lives as long as it does. Elsewhere, and for the processes we start, the pipe on standard
    input is watched: it closes when the parent is gone.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            # It died before we had said so.
            os.kill(os.getpid(), signal.SIGKILL)
    threading.Thread(target=_watch_lifeline, name="lifeline", daemon=True).start()


def _watch_lifeline() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(EXIT_LOST)


def _be_first_to_go() -> None:
    """When memory runs out, let the kernel choose this process and not the server."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _leave(code: int) -> NoReturn:
    logging.shutdown()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
