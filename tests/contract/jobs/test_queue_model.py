"""Whatever dispatchers, runners, zombies and people do in whatever order: the queue's promises hold."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, consumes, invariant, multiple, rule
from small_queue import Jobs, make_organization
from small_tasks import LANE, effects_metadata, effects_of, leave, on_end
from sqlalchemy import Connection

from pictograph_server.jobs import lease
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.jobs.queue import ENDED, JobRecord
from pictograph_server.jobs.run import LostLease
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import job_checkpoints, job_events, jobs, metadata, organizations

POLICY = JobPolicy(backoff_s=0, max_deaths=3, max_losses=4)


class QueueModel(RuleBasedStateMachine):
    """Holders keep the fence they were given; only the latest of a running job may have an effect."""

    holders = Bundle[JobRecord]("holders")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.db = Database(f"sqlite:///{Path(self._folder.name) / 'jobs.db'}")
        metadata.create_all(self.db.engine, tables=[organizations, jobs, job_checkpoints, job_events])
        effects_metadata.create_all(self.db.engine)
        for name in ("cats", "dogs"):
            make_organization(self.db, name)
        self.jobs = Jobs(self.db)
        self.ids: list[str] = []
        self.seen: dict[str, JobRecord] = {}

    def teardown(self) -> None:
        self.db.close()
        self._folder.cleanup()

    @rule(organization=st.sampled_from(["cats", "dogs"]))
    def enqueue(self, organization: str) -> None:
        self.ids.append(self.jobs.put(organization=organization))

    @rule(target=holders)
    def claim(self) -> JobRecord | MultipleResults[JobRecord]:
        waiting = {job_id for job_id, job in self._now().items() if job.state == "queued" and not job.cancel_requested}
        with self.db.write() as conn:
            job = lease.claim(conn, lane=LANE, tasks=("steps",), worker="w", lease_s=30)
        assert (job is None) == (not waiting)
        if job is None:
            return multiple()
        assert job.id in waiting
        return job

    @rule(holder=holders, name=st.sampled_from(["a", "b", "c"]))
    def do_a_step(self, holder: JobRecord, name: str) -> None:
        def step(conn: Connection) -> None:
            done = lease.read_checkpoint(conn, holder.id, name)
            if done is None:
                leave(conn, holder.id, name)
            lease.heartbeat(conn, holder.id, holder.fence, lease_s=30, progress=ord(name) / 200)
            if done is None:
                lease.save_checkpoint(conn, holder.id, holder.fence, name, value=True)

        self._act(holder, step)

    @rule(holder=consumes(holders), how=st.sampled_from(["succeed", "fail", "raise", "die"]))
    def end_the_try(self, holder: JobRecord, how: str) -> None:
        def end(conn: Connection) -> None:
            job_id, fence = holder.id, holder.fence
            match how:
                case "succeed":
                    lease.end(conn, job_id, fence, "succeeded", on_end=on_end)
                case "fail":
                    lease.end(conn, job_id, fence, "failed", error="no", on_end=on_end)
                case "raise":
                    lease.retry(conn, job_id, fence, error="no", policy=POLICY, on_end=on_end)
                case _:
                    lease.record_death(conn, job_id, fence, reason="no", policy=POLICY, on_end=on_end)

        self._act(holder, end)

    # The holder is not consumed: it becomes a zombie.
    @rule(holder=holders, how=st.sampled_from(["lose", "stop"]))
    def take_away(self, holder: JobRecord, how: str) -> None:
        def take(conn: Connection) -> None:
            if how == "lose":
                lease.record_loss(conn, holder.id, holder.fence, reason="no", policy=POLICY, on_end=on_end)
            else:
                lease.record_stop(conn, holder.id, holder.fence, on_end=on_end)

        self._act(holder, take)

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        if which < len(self.ids):
            self.jobs.cancel(self.ids[which])

    @rule()
    def end_the_cancelled(self) -> None:
        with self.db.write() as conn:
            for job in lease.cancelled_in_queue(conn, ("steps",)):
                lease.end_cancelled_in_queue(conn, job.id, on_end)

    @invariant()
    def promises_hold(self) -> None:
        for job_id, job in self._now().items():
            effects = effects_of(self.db, job_id)
            assert len(effects) == len(set(effects)), "an effect happened twice"
            assert [what for what in effects if what.startswith("end:")] == (
                [f"end:{job.state}"] if job.state in ENDED else []
            )
            before = self.seen.get(job_id)
            if before is not None:
                assert job.progress >= before.progress
                assert job.fence >= before.fence
                assert before.state not in ENDED or job == before
            self.seen[job_id] = job

    def _act(self, holder: JobRecord, act: Callable[[Connection], None]) -> None:
        """Carry out what a holder does; it must be refused exactly when it holds the job no more."""
        current = self.jobs.get(holder.id)
        holds = current.state == "running" and current.fence == holder.fence
        if holds:
            with self.db.write() as conn:
                act(conn)
            return
        with pytest.raises(LostLease), self.db.write() as conn:
            act(conn)
        assert self.jobs.get(holder.id) == current

    def _now(self) -> dict[str, JobRecord]:
        return {job_id: self.jobs.get(job_id) for job_id in self.ids}


QueueModel.TestCase.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=(HealthCheck.too_slow,)
)
test_queue__any_order_of_events = QueueModel.TestCase
