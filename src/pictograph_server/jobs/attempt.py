"""One try of one job, from the check of the lease to the recorded end. Runs in the runner's process."""

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from pictograph_server.engines.errors import Cancelled
from pictograph_server.storage.db.session import Database

from . import lease, queue
from .crash import END, CrashPoint
from .job_run import AttemptRun, Heart
from .policy import JobPolicy
from .queue import JobRecord
from .run import JobCancelled, LostLease
from .starter import Starter, started_by
from .task import Task

log = logging.getLogger(__name__)

# `recorded`: the database knows how the try ended. `lost`: somebody else holds the job; nothing was written.
Outcome = Literal["recorded", "lost"]


def run_attempt(
    db: Database,
    load_tasks: Callable[[], Mapping[str, Task]],
    job_id: str,
    fence: int,
    *,
    folder: Path,
    policy: JobPolicy,
    refusal_words: Callable[[Exception], str | None],
    stop_requested: threading.Event | None = None,
    leave: Callable[[], None] = lambda: None,
    crash_at: CrashPoint | None = None,
) -> Outcome:
    """Run the job's task under `fence` and write down how it ended.

    Args:
        load_tasks: called after the heart has begun to beat, because it may import for seconds.
        folder: where the job's `work` folder is made.
        refusal_words: what an error says that was raised on purpose (no use trying again); None for unexpected ones.
        stop_requested: set from outside to ask the task to stop (a signal handler).
        leave: called in the heart's thread when the lease is lost; the runner ends its process.
    Raises:
        Exception: only what `load_tasks` raises; the dispatcher sees the dead process.
    """
    with db.read() as conn:
        job = queue.get(conn, job_id)
    if job is None or job.state != "running" or job.fence != fence:
        return "lost"
    heart = Heart(db, job, policy, stop_requested=stop_requested or threading.Event(), lost=leave)
    try:
        heart.start()
        task = load_tasks()[job.task]
        workdir = folder / "work"
        workdir.mkdir(parents=True, exist_ok=True)
        run = AttemptRun(db, job, heart, policy, workdir=workdir, crash_at=crash_at)
        with started_by(_starter(job)):
            error = _run_task(task, run)
        heart.close()
        heart.flush()
        with db.write() as conn:
            if error is None:
                lease.end(conn, job.id, job.fence, "succeeded", on_end=task.on_end)
            else:
                _record_error(conn, task, job, error, heart, policy, refusal_words)
            run.crash_point("before", END)
        run.crash_point("after", END)
    except LostLease as lost:
        log.warning("%s", lost)
        return "lost"
    finally:
        heart.close()
    return "recorded"


def _starter(job: JobRecord) -> Starter | None:
    return None if job.created_by is None else Starter(job.created_by, job.created_by_name or "")


def _run_task(task: Task, run: AttemptRun) -> Exception | None:
    try:
        run.raise_if_cancelled()
        task.function(run)
    except LostLease:
        raise
    except Exception as error:
        return error
    return None


def _record_error(
    conn: Connection,
    task: Task,
    job: JobRecord,
    error: Exception,
    heart: Heart,
    policy: JobPolicy,
    refusal_words: Callable[[Exception], str | None],
) -> None:
    if isinstance(error, (JobCancelled, Cancelled)) and not heart.stop_requested.is_set():
        # The task itself found that nobody wants it any more: its dataset is gone, its run was ended.
        lease.end(conn, job.id, job.fence, "cancelled", on_end=task.on_end)
        return
    if isinstance(error, (JobCancelled, Cancelled)):
        lease.record_stop(conn, job.id, job.fence, on_end=task.on_end)
        return
    log.error("job %s (%s), try %d", job.id, job.task, job.attempt, exc_info=error)
    words = refusal_words(error)
    if words is not None:
        lease.end(conn, job.id, job.fence, "failed", error=words, on_end=task.on_end)
    elif heart.stop_requested.is_set():
        # A stop tears down what the task was using: the error is most likely its echo.
        lease.record_stop(conn, job.id, job.fence, on_end=task.on_end)
    else:
        words = f"Unexpected error in {job.task}: {type(error).__name__}: {error}"[:2000]
        lease.retry(conn, job.id, job.fence, error=words, policy=policy, on_end=task.on_end)
