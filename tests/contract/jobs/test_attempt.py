"""One attempt in this process: what a task function may count on."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from small_queue import Jobs
from small_tasks import LANE, all_tasks, effects_of, leave, on_end
from sqlalchemy import event

from pictograph_server.jobs import lease, queue
from pictograph_server.jobs.attempt import Outcome, run_attempt
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun, LostLease
from pictograph_server.jobs.task import Task
from pictograph_server.runner import refusal_words, run_pending
from pictograph_server.storage.db.session import Database

POLICY = JobPolicy(backoff_s=0.0, beat_s=0.1)


@pytest.fixture
def attempt(db: Database, small_jobs: Jobs, tmp_path: Path) -> Callable[..., Outcome]:
    """Claim the waiting job, hand it to `function`, and return how that ended."""

    def run(function: Callable[[JobRun], None], *, leave: Callable[[], None] = lambda: None) -> Outcome:
        job = take(db)
        return run_attempt(
            db,
            lambda: {"steps": Task("steps", LANE, function, on_end)},
            job.id,
            job.fence,
            folder=tmp_path / job.id,
            policy=POLICY,
            refusal_words=refusal_words,
            leave=leave,
        )

    return run


Attempt = Callable[..., Outcome]


def take(db: Database) -> JobRecord:
    with db.write() as conn:
        job = lease.claim(conn, lane=LANE, tasks=("steps",), worker="here:1:1", lease_s=30)
    assert job is not None
    return job


def steal(db: Database, job_id: str) -> JobRecord:
    """Take the job from whoever holds it, as another dispatcher would."""
    with db.write() as conn:
        held = queue.get(conn, job_id)
        assert held is not None
        lease.record_loss(conn, job_id, held.fence, reason="silent", policy=POLICY, on_end=on_end)
    return take(db)


def test_transaction__effect_and_checkpoint_together(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put()

    def task(run: JobRun) -> None:
        if run.checkpoint("part") is None:
            with run.transaction(checkpoint="part", value={"at": 7}, progress=0.4) as conn:
                leave(conn, run.job_id, "part")
            raise OSError("disk full")
        assert run.checkpoint("part") == {"at": 7}
        assert (run.attempt, small_jobs.get(job_id).progress) == (2, 0.4)

    attempt(task)
    assert small_jobs.get(job_id).error == "Unexpected error in steps: OSError: disk full"
    attempt(task)
    assert small_jobs.get(job_id).state == "succeeded"
    assert effects_of(db, job_id) == ["part", "end:succeeded"]


def test_transaction__undone_when_the_block_raises(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put(max_attempts=1)

    def task(run: JobRun) -> None:
        with run.transaction(checkpoint="part", progress=0.9) as conn:
            leave(conn, run.job_id, "part")
            raise KeyError("x")

    attempt(task)
    assert effects_of(db, job_id) == ["end:failed"]
    assert small_jobs.get(job_id).progress == 0
    with db.read() as conn:
        assert lease.read_checkpoint(conn, job_id, "part") is None


def test_zombie__writes_nothing(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put()
    heard: list[str] = []

    def task(run: JobRun) -> None:
        steal(db, job_id)
        for _ in range(2):
            try:
                with run.transaction(checkpoint="part") as conn:
                    leave(conn, run.job_id, "by the zombie")
            except LostLease:
                heard.append("lost")
        run.event("note", {})

    assert attempt(task) == "lost"
    assert heard == ["lost", "lost"]
    job = small_jobs.get(job_id)
    assert (job.state, job.fence) == ("running", 2)
    assert effects_of(db, job_id) == []
    assert small_jobs.kinds(job_id) == ["queued", "started", "lost", "started"]


def test_zombie__that_finishes_does_not_end_the_job(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put()

    def task(_run: JobRun) -> None:
        steal(db, job_id)

    assert attempt(task) == "lost"
    assert small_jobs.get(job_id).state == "running"
    assert effects_of(db, job_id) == []


def test_zombie__deep_in_a_library_is_made_to_leave(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put()
    told_to_leave = threading.Event()

    def task(run: JobRun) -> None:
        steal(db, job_id)
        assert told_to_leave.wait(10)

    assert attempt(task, leave=told_to_leave.set) == "lost"


def test_report__reaches_the_row_and_is_not_lost_at_the_end(small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put()

    def task(run: JobRun) -> None:
        run.report(0.3, "counting")
        small_jobs.wait(job_id, lambda job: job.message == "counting", timeout_s=5)
        assert small_jobs.get(job_id).progress == 0.3
        run.report(0.9, "done counting")

    attempt(task)
    assert small_jobs.get(job_id).message == "done counting"


def test_report__a_thousand_are_few_writes(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    small_jobs.put()
    writes: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:  # pyright: ignore[reportUnusedFunction]
        writes.append(statement)

    def task(run: JobRun) -> None:
        for number in range(1000):
            run.report(number / 1000)

    attempt(task)
    assert 0 < sum("UPDATE jobs" in statement for statement in writes) < 10


def test_raise_if_cancelled__hears_it_from_the_heartbeat(db: Database, small_jobs: Jobs, attempt: Attempt) -> None:
    job_id = small_jobs.put()

    def task(run: JobRun) -> None:
        run.raise_if_cancelled()
        small_jobs.cancel(job_id)
        for _ in range(500):
            run.raise_if_cancelled()
            threading.Event().wait(0.02)

    attempt(task)
    assert small_jobs.get(job_id).state == "cancelled"
    assert effects_of(db, job_id) == ["end:cancelled"]


def test_run_pending__runs_all_that_waits(db: Database, small_jobs: Jobs, tmp_path: Path) -> None:
    ids = [
        small_jobs.put("steps", steps=2),
        small_jobs.put("refuse"),
        small_jobs.put("raise_until", raises=2),
        small_jobs.put("give_up"),
    ]
    ended = {job.id: job.state for job in run_pending(db, all_tasks(), tmp_path)}
    assert ended == dict(zip(ids, ("succeeded", "failed", "succeeded", "cancelled"), strict=True))
    assert effects_of(db, ids[0]) == ["step:0", "step:1", "end:succeeded"]
