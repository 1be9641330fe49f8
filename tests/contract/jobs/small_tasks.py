"""Tiny tasks that leave a trace of each effect, for the tests of the queue. No pictures, no platform."""

import faulthandler
import os
import signal
import subprocess
import time

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select

from pictograph_server.errors import BadRequest
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.storage.db.session import Database

LANE = "small"

# Nothing here is unique: an effect that happens twice is seen twice.
effects_metadata = MetaData()
effects = Table(
    "effects",
    effects_metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", String(36), nullable=False),
    Column("what", String(200), nullable=False),
)


def leave(conn: Connection, job_id: str, what: str) -> None:
    conn.execute(insert(effects).values(job_id=job_id, what=what))


def effects_of(db: Database, job_id: str) -> list[str]:
    with db.read() as conn:
        return list(
            conn.execute(select(effects.c.what).where(effects.c.job_id == job_id).order_by(effects.c.id)).scalars()
        )


def on_end(conn: Connection, job: JobRecord) -> None:
    leave(conn, job.id, f"end:{job.state}")


def count(run: JobRun) -> int:
    steps = run.payload["steps"]
    assert isinstance(steps, int)
    return steps


def steps(run: JobRun) -> None:
    """Leave one effect for each step, each with its checkpoint."""
    for step in range(count(run)):
        run.raise_if_cancelled()
        name = f"step:{step}"
        if run.checkpoint(name) is not None:
            continue
        with run.transaction(checkpoint=name, value={"step": step}, progress=(step + 1) / count(run)) as conn:
            leave(conn, run.job_id, name)
        time.sleep(float(str(run.payload.get("pause_s", 0))))


def block(run: JobRun) -> None:
    """Neither look at the cancel flag nor heed SIGTERM, and have a child that would outlive us."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"])
    with run.transaction() as conn:
        leave(conn, run.job_id, f"pid:{os.getpid()}")
        leave(conn, run.job_id, f"pid:{child.pid}")
    time.sleep(600)


def cooperate(run: JobRun) -> None:
    """Run until somebody asks to stop."""
    with run.transaction() as conn:
        leave(conn, run.job_id, f"begun:{run.attempt}")
    while True:
        run.raise_if_cancelled()
        time.sleep(0.02)


def raise_until(run: JobRun) -> None:
    """Raise for the first `raises` tries."""
    raises = run.payload["raises"]
    assert isinstance(raises, int)
    if run.attempt <= raises:
        raise ValueError(f"try {run.attempt}")


def refuse(run: JobRun) -> None:
    raise BadRequest("Cannot export dataset 'cats'", why="it is empty", fix="Upload images first")


def give_up(run: JobRun) -> None:
    """Find that nobody wants the result any more."""
    raise JobCancelled("the dataset was deleted")


def die(run: JobRun) -> None:
    """Be killed like the kernel does when memory runs out."""
    print("loading 40 GB of weights", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def crash(run: JobRun) -> None:
    """Crash as a native library does."""
    faulthandler._sigsegv()  # pyright: ignore


def freeze_once(run: JobRun) -> None:
    """Stand still on the first try: no heartbeat, no exit."""
    if run.attempt == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    with run.transaction() as conn:
        leave(conn, run.job_id, f"passed:{run.attempt}")


def nothing(run: JobRun) -> None:
    """Succeed at once."""


def broken_on_end(_conn: Connection, job: JobRecord) -> None:
    raise ArithmeticError(f"the ledger does not add up: {job.state}")


def all_tasks() -> dict[str, Task]:
    functions = (steps, block, cooperate, raise_until, refuse, give_up, die, crash, freeze_once)
    tasks = {function.__name__: Task(function.__name__, LANE, function, on_end) for function in functions}
    return tasks | {"cursed": Task("cursed", LANE, nothing, broken_on_end)}
