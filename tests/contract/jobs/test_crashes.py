"""kill -9 at every checkpoint, of the child, of the dispatcher, of both: the job completes, its effects happen once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_dispatcher import POLICY, small_dispatcher
from small_queue import Jobs
from small_tasks import effects_of
from sqlalchemy import update

from pictograph_server.jobs.dispatcher import Dispatcher
from pictograph_server.jobs.queue import ENDED
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import jobs

STEPS = ["step:0", "step:1", "step:2"]
PLACES = [f"{when}:{name}" for name in ["step:0", "#2", "step:2", "end"] for when in ("before", "after")]
SCRIPT = Path(__file__).with_name("small_dispatcher.py")

StartDispatcher = Callable[..., Dispatcher]
StartProcess = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(db: Database, tmp_path: Path) -> Iterator[StartDispatcher]:
    started: list[Dispatcher] = []

    def start_one(*, alone: bool = False, crash_at: str = "") -> Dispatcher:
        dispatcher = small_dispatcher(db, tmp_path / "jobs", alone=alone, crash_at=crash_at)
        dispatcher.start()
        started.append(dispatcher)
        return dispatcher

    yield start_one
    for dispatcher in started:
        dispatcher.stop()


@pytest.fixture
def start_process(db: Database, tmp_path: Path) -> Iterator[StartProcess]:
    """Start a process with a dispatcher in it: the server, as far as jobs are concerned."""
    started: list[subprocess.Popen[bytes]] = []
    url = db.engine.url.render_as_string(hide_password=False)

    def start_one(*, crash_at: str = "") -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), url, str(tmp_path / "jobs"), "shared"],
            env={**os.environ, "SMALL_CRASH_AT": crash_at},
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.wait()


def is_alive(pid: str) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("place", PLACES)
def test_kill_of_the_child__at_every_checkpoint(
    db: Database, small_jobs: Jobs, start: StartDispatcher, place: str
) -> None:
    job_id = small_jobs.put("steps", steps=len(STEPS))
    start(crash_at=f"steps:{place}")
    job = small_jobs.wait_for_end(job_id)
    assert job.state == "succeeded"
    assert effects_of(db, job_id) == [*STEPS, "end:succeeded"]
    assert job.attempt == (1 if place == "after:end" else 2)


@pytest.mark.parametrize("place", PLACES)
def test_kill_of_both__at_every_checkpoint(
    db: Database, small_jobs: Jobs, start: StartDispatcher, start_process: StartProcess, place: str
) -> None:
    job_id = small_jobs.put("steps", steps=len(STEPS))
    server = start_process(crash_at=f"steps:{place}@server")
    assert server.wait(60) == -signal.SIGKILL
    done_before = effects_of(db, job_id)
    start(alone=True)
    job = small_jobs.wait_for_end(job_id)
    assert job.state == "succeeded"
    assert effects_of(db, job_id) == [*STEPS, "end:succeeded"]
    assert done_before == effects_of(db, job_id)[: len(done_before)]


@pytest.mark.parametrize("alone", [True, False], ids=["embedded", "shared"])
def test_kill_of_the_dispatcher__its_children_die_and_the_next_one_takes_over_at_once(
    db: Database, small_jobs: Jobs, start: StartDispatcher, start_process: StartProcess, alone: bool
) -> None:
    job_id = small_jobs.put("block")
    server = start_process()
    small_jobs.wait(job_id, lambda _: len(effects_of(db, job_id)) == 2)
    child = effects_of(db, job_id)[0].removeprefix("pid:")
    with db.write() as conn:
        # A lease that would keep everybody waiting.
        conn.execute(update(jobs).where(jobs.c.id == job_id).values(lease_expires_at=4e9))
    server.kill()
    server.wait()
    deadline = time.monotonic() + 5
    while is_alive(child):
        assert time.monotonic() < deadline, "the child outlives its dispatcher"
        time.sleep(0.02)
    with db.write() as conn:
        conn.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running").values(lease_expires_at=4e9))
    start(alone=alone)
    taken = small_jobs.wait(job_id, lambda job: job.fence == 2, timeout_s=5)
    assert (taken.state, taken.losses, taken.deaths) == ("running", 1, 0)


def test_kill_of_another_host__its_job_is_taken_when_the_lease_runs_out(
    db: Database, small_jobs: Jobs, start: StartDispatcher, start_process: StartProcess
) -> None:
    job_id = small_jobs.put("cooperate")
    server = start_process()
    small_jobs.wait(job_id, lambda _: effects_of(db, job_id) == ["begun:1"])
    with db.write() as conn:
        conn.execute(update(jobs).where(jobs.c.id == job_id).values(worker="elsewhere/0.0:1:1"))
    server.kill()
    server.wait()
    killed_at = time.monotonic()
    start()
    small_jobs.wait(job_id, lambda _: effects_of(db, job_id) == ["begun:1", "begun:2"])
    assert time.monotonic() - killed_at > POLICY.lease_s - POLICY.beat_s - 1


def test_kill_at_random__each_effect_once(db: Database, small_jobs: Jobs, start_process: StartProcess) -> None:
    """Kill the server again and again, at any moment after it has got a little further."""
    names = [f"step:{step}" for step in range(12)]
    job_id = small_jobs.put("steps", steps=len(names), pause_s=0.1)
    choose = random.Random(7)
    while small_jobs.get(job_id).state not in ENDED:
        server = start_process()
        enough = len(effects_of(db, job_id)) + choose.randint(2, 4)
        small_jobs.wait(job_id, lambda job, n=enough: len(effects_of(db, job_id)) >= n or job.state in ENDED)
        time.sleep(choose.uniform(0, 0.2))
        server.kill()
        server.wait()
    assert effects_of(db, job_id) == [*names, "end:succeeded"]
