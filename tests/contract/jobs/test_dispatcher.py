"""A dispatcher with real child processes: every way a try can end."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_dispatcher import small_dispatcher
from small_queue import Jobs
from small_tasks import effects_of
from sqlalchemy import create_engine, update

from pictograph_server.jobs.dispatcher import Dispatcher
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import jobs

StartDispatcher = Callable[..., Dispatcher]


@pytest.fixture
def start(db: Database, tmp_path: Path) -> Iterator[StartDispatcher]:
    """Start dispatchers on the database; they are stopped after the test."""
    started: list[Dispatcher] = []

    def start_one(*, slots: int = 1, folder: str = "jobs") -> Dispatcher:
        dispatcher = small_dispatcher(db, tmp_path / folder, slots=slots)
        dispatcher.start()
        started.append(dispatcher)
        return dispatcher

    yield start_one
    for dispatcher in started:
        dispatcher.stop()


def is_alive(pid: str) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_job__runs_to_its_end(db: Database, small_jobs: Jobs, start: StartDispatcher, tmp_path: Path) -> None:
    job_id = small_jobs.put(steps=3)
    start()
    job = small_jobs.wait_for_end(job_id)
    assert (job.state, job.progress, job.error) == ("succeeded", 1.0, None)
    assert effects_of(db, job_id) == ["step:0", "step:1", "step:2", "end:succeeded"]
    assert small_jobs.kinds(job_id) == ["queued", "started", "succeeded"]


def test_job__scratch_space_goes_and_log_stays(small_jobs: Jobs, start: StartDispatcher, tmp_path: Path) -> None:
    job_id = small_jobs.put(steps=1)
    start()
    small_jobs.wait_for_end(job_id)
    work = tmp_path / "jobs" / job_id / "work"
    deadline = time.monotonic() + 5
    while work.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not work.exists()
    assert (tmp_path / "jobs" / job_id / "log.txt").read_text().startswith("--- try 1 of steps")


def test_notify__starts_a_job_at_once(small_jobs: Jobs, start: StartDispatcher) -> None:
    dispatcher = start()
    job_id = small_jobs.put(steps=1)
    dispatcher.notify()
    small_jobs.wait(job_id, lambda job: job.state != "queued", timeout_s=5)
    # The turn that starts a job is still under way then.
    deadline = time.monotonic() + 5
    while not dispatcher.is_beating() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert dispatcher.is_beating()


def test_error__is_tried_again_and_then_forgotten(small_jobs: Jobs, start: StartDispatcher) -> None:
    job_id = small_jobs.put("raise_until", raises=2)
    start()
    job = small_jobs.wait_for_end(job_id)
    assert (job.state, job.attempt, job.error) == ("succeeded", 3, None)


def test_error__every_time_fails_in_words(small_jobs: Jobs, start: StartDispatcher, tmp_path: Path) -> None:
    job_id = small_jobs.put("raise_until", raises=9, max_attempts=2)
    start()
    job = small_jobs.wait_for_end(job_id)
    assert job.state == "failed"
    assert job.error == ("Unexpected error in raise_until: ValueError: try 2 (the last of 2 tries that got no further)")
    assert "Traceback" in (tmp_path / "jobs" / job_id / "log.txt").read_text()


def test_refusal__is_not_tried_again(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    job_id = small_jobs.put("refuse")
    start()
    job = small_jobs.wait_for_end(job_id)
    assert (job.state, job.attempt) == ("failed", 1)
    assert job.error == "Cannot export dataset 'cats': it is empty. Upload images first"
    assert effects_of(db, job_id) == ["end:failed"]


@pytest.mark.parametrize(
    ("task", "words"),
    [("die", "killed from outside (SIGKILL)"), ("crash", "crashed inside a native library (SIGSEGV)")],
)
def test_poison__ends_and_says_so(
    db: Database, small_jobs: Jobs, start: StartDispatcher, task: str, words: str
) -> None:
    job_id = small_jobs.put(task)
    start()
    job = small_jobs.wait_for_end(job_id)
    assert (job.state, job.attempt) == ("failed", 3)
    assert job.error is not None
    assert job.error.startswith("Stopped after 3 tries in a row that got no further: its process")
    assert words in job.error
    if task == "die":
        assert "loading 40 GB of weights" in job.error
    assert effects_of(db, job_id) == ["end:failed"]


def test_broken_on_end__does_not_stand_in_the_way_of_others(
    db: Database, small_jobs: Jobs, start: StartDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    cursed, fine = small_jobs.put("cursed"), small_jobs.put(steps=1)
    start()
    assert small_jobs.wait_for_end(fine).state == "succeeded"
    small_jobs.wait(cursed, lambda job: "the ledger does not add up: failed" in caplog.text)
    assert small_jobs.get(cursed).state == "running"


def test_frozen_process__is_killed_and_the_job_goes_on(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    job_id = small_jobs.put("freeze_once")
    start()
    job = small_jobs.wait_for_end(job_id)
    assert job.state == "succeeded"
    assert effects_of(db, job_id) == ["passed:2", "end:succeeded"]


def test_cancel__of_a_cooperative_job(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    job_id = small_jobs.put("cooperate")
    start()
    small_jobs.wait(job_id, lambda _: "begun:1" in effects_of(db, job_id))
    small_jobs.cancel(job_id)
    job = small_jobs.wait_for_end(job_id, timeout_s=5)
    assert job.state == "cancelled"
    assert effects_of(db, job_id) == ["begun:1", "end:cancelled"]


def test_cancel__of_a_blocked_job_kills_all_its_processes(
    db: Database, small_jobs: Jobs, start: StartDispatcher
) -> None:
    job_id = small_jobs.put("block")
    start()
    small_jobs.wait(job_id, lambda _: len(effects_of(db, job_id)) == 2)
    pids = [what.removeprefix("pid:") for what in effects_of(db, job_id)]
    assert all(is_alive(pid) for pid in pids)
    asked_at = time.monotonic()
    small_jobs.cancel(job_id)
    job = small_jobs.wait_for_end(job_id, timeout_s=5)
    assert job.state == "cancelled"
    assert time.monotonic() - asked_at < 5
    assert not any(is_alive(pid) for pid in pids)


def test_cancel__of_a_waiting_job(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    blocker = small_jobs.put("cooperate")
    start()
    small_jobs.wait(blocker, lambda job: job.state == "running")
    job_id = small_jobs.put(steps=1)
    small_jobs.cancel(job_id)
    assert small_jobs.wait_for_end(job_id, timeout_s=5).state == "cancelled"
    assert effects_of(db, job_id) == ["end:cancelled"]


def test_stop__gives_the_job_back_unharmed(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    job_id = small_jobs.put("cooperate", max_attempts=1)
    dispatcher = start()
    small_jobs.wait(job_id, lambda _: "begun:1" in effects_of(db, job_id))
    dispatcher.stop()
    job = small_jobs.get(job_id)
    assert (job.state, job.attempt, job.failures, job.deaths, job.losses) == ("queued", 0, 0, 0, 0)
    assert small_jobs.kinds(job_id)[-1] == "released"


def test_stop__a_job_that_does_not_heed_it_is_killed_and_given_back(
    db: Database, small_jobs: Jobs, start: StartDispatcher
) -> None:
    job_id = small_jobs.put("block")
    dispatcher = start()
    small_jobs.wait(job_id, lambda _: len(effects_of(db, job_id)) == 2)
    dispatcher.stop()
    pids = [what.removeprefix("pid:") for what in effects_of(db, job_id)]
    assert not any(is_alive(pid) for pid in pids)
    assert (small_jobs.get(job_id).state, small_jobs.get(job_id).deaths) == ("queued", 0)


def test_two_dispatchers__never_run_a_job_twice(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    ids = [small_jobs.put(steps=2, pause_s=0.05) for _ in range(8)]
    for folder in ("one", "two"):
        start(slots=2, folder=folder)
    for job_id in ids:
        job = small_jobs.wait_for_end(job_id)
        assert (job.state, job.attempt, job.fence) == ("succeeded", 1, 1)
        assert effects_of(db, job_id) == ["step:0", "step:1", "end:succeeded"]


def test_slots__limit_what_runs_at_once(small_jobs: Jobs, start: StartDispatcher) -> None:
    ids = [small_jobs.put("cooperate") for _ in range(3)]
    start(slots=2)
    small_jobs.wait(ids[1], lambda job: job.state == "running")
    time.sleep(0.7)
    assert [small_jobs.get(job_id).state for job_id in ids] == ["running", "running", "queued"]


def test_taken_lease__the_zombie_leaves(db: Database, small_jobs: Jobs, start: StartDispatcher) -> None:
    job_id = small_jobs.put("block")
    start()
    small_jobs.wait(job_id, lambda _: len(effects_of(db, job_id)) == 2)
    pid = effects_of(db, job_id)[0].removeprefix("pid:")
    with db.write() as conn:
        # As another dispatcher's claim would look like.
        conn.execute(update(jobs).where(jobs.c.id == job_id).values(fence=99, worker="elsewhere:1:1"))
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert small_jobs.get(job_id).fence == 99


def test_database_away__is_a_line_in_the_log_until_it_is_back(
    db: Database, small_jobs: Jobs, start: StartDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    engine = db.engine
    # Nothing listens there.
    db.engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    try:
        deadline = time.monotonic() + 10
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        db.engine = engine
    assert small_jobs.wait_for_end(small_jobs.put(steps=1)).state == "succeeded"
    noted = [record for record in caplog.records if "this turn failed" in record.getMessage()]
    assert noted
    assert all("\n" not in record.getMessage() and record.exc_info is None for record in noted)


def test_tick__comes_round_whatever_another_raises(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pictograph_server.jobs.dispatcher.TICK_S", 0.01)
    ticked: list[int] = []

    def break_down() -> None:
        raise RuntimeError("out of order")

    dispatcher = small_dispatcher(db, tmp_path / "jobs", ticks=(break_down, lambda: ticked.append(1)))
    dispatcher.start()
    deadline = time.monotonic() + 10
    while len(ticked) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    dispatcher.stop()
    seen = len(ticked)
    time.sleep(0.1)
    assert (seen >= 3, len(ticked)) == (True, seen)
