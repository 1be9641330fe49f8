"""The jobs table keeps its promises to services, dispatchers and runners, on every database."""

from datetime import timedelta

import pytest
from small_queue import Jobs, make_organization
from small_tasks import LANE, effects_of, on_end
from sqlalchemy import Connection, update

from pictograph_server.jobs import lease, queue
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import LostLease
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import jobs

POLICY = JobPolicy(backoff_s=0.0)


def claim(db: Database, *, lease_s: float = 30) -> JobRecord | None:
    with db.write() as conn:
        return lease.claim(conn, lane=LANE, tasks=("steps",), worker="here:1:1", lease_s=lease_s)


def claim_some(db: Database, *, lease_s: float = 30) -> JobRecord:
    job = claim(db, lease_s=lease_s)
    assert job is not None
    return job


def test_enqueue__undone_with_the_callers_transaction(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as conn:
        queue.enqueue(conn, task="steps", lane=LANE, organization_id="cats", payload={})
        raise RuntimeError("the request failed")
    assert claim(db) is None


def test_enqueue__keeps_the_id_it_is_given(db: Database) -> None:
    with db.write() as conn:
        given = queue.enqueue(conn, task="steps", lane=LANE, organization_id="cats", payload={"n": 1}, job_id="abc")
        job = queue.get(conn, "abc")
    assert given == "abc"
    assert job is not None
    assert (job.state, job.payload, job.attempt) == ("queued", {"n": 1}, 0)


def test_claim__takes_the_oldest_first(db: Database, small_jobs: Jobs) -> None:
    ids = [small_jobs.put() for _ in range(3)]
    assert [claim_some(db).id for _ in range(3)] == ids
    assert claim(db) is None


def test_claim__organizations_take_turns(db: Database, small_jobs: Jobs) -> None:
    make_organization(db, "dogs")
    for _ in range(3):
        small_jobs.put(organization="cats")
    for _ in range(3):
        small_jobs.put(organization="dogs")
    turns = [claim_some(db).organization_id for _ in range(6)]
    assert turns == ["cats", "dogs"] * 3


def test_claim__turns_count_when_one_runs_at_a_time(db: Database, small_jobs: Jobs) -> None:
    make_organization(db, "dogs")
    for organization in ("cats", "cats", "cats", "dogs", "dogs"):
        small_jobs.put(organization=organization)
    turns: list[str] = []
    for _ in range(5):
        job = claim_some(db)
        turns.append(job.organization_id)
        with db.write() as conn:
            lease.end(conn, job.id, job.fence, "succeeded", on_end=on_end)
    assert turns == ["cats", "dogs", "cats", "dogs", "cats"]


def test_claim__leaves_unknown_tasks_alone(db: Database, small_jobs: Jobs) -> None:
    small_jobs.put("made_by_a_newer_version")
    assert claim(db) is None


def test_claim__raises_fence_and_attempt(db: Database, small_jobs: Jobs) -> None:
    small_jobs.put()
    first = claim_some(db)
    with db.write() as conn:
        lease.record_loss(conn, first.id, first.fence, reason="gone", policy=POLICY, on_end=on_end)
    second = claim_some(db)
    assert (first.fence, first.attempt) == (1, 1)
    assert (second.fence, second.attempt) == (2, 2)


def test_heartbeat__renews_the_lease(db: Database, small_jobs: Jobs) -> None:
    small_jobs.put()
    job = claim_some(db, lease_s=-1)
    with db.write() as conn:
        assert [late.id for late in lease.expired(conn, ("steps",))] == [job.id]
        lease.heartbeat(conn, job.id, job.fence, lease_s=30)
        assert lease.expired(conn, ("steps",)) == []


def test_heartbeat__hears_cancel(db: Database, small_jobs: Jobs) -> None:
    small_jobs.put()
    job = claim_some(db)
    small_jobs.cancel(job.id)
    with db.write() as conn:
        assert lease.heartbeat(conn, job.id, job.fence, lease_s=30).cancel_requested


def test_heartbeat__progress_only_grows(db: Database, small_jobs: Jobs) -> None:
    small_jobs.put()
    job = claim_some(db)
    for progress in (0.5, 0.2, 7.0):
        with db.write() as conn:
            lease.heartbeat(conn, job.id, job.fence, lease_s=30, progress=progress, message=f"at {progress}")
        if progress < 1:
            assert small_jobs.get(job.id).progress == 0.5
    assert small_jobs.get(job.id).progress == 1.0
    assert small_jobs.get(job.id).message == "at 7.0"


@pytest.mark.parametrize("act", ["heartbeat", "end", "retry", "record_death", "record_loss", "record_stop"])
def test_old_fence__can_do_nothing(db: Database, small_jobs: Jobs, act: str) -> None:
    job_id = small_jobs.put()
    old = claim_some(db)
    with db.write() as conn:
        lease.record_loss(conn, job_id, old.fence, reason="gone", policy=POLICY, on_end=on_end)
    new = claim_some(db)

    def try_it(conn: Connection) -> None:
        match act:
            case "heartbeat":
                lease.heartbeat(conn, job_id, old.fence, lease_s=30, progress=0.9)
            case "end":
                lease.end(conn, job_id, old.fence, "succeeded", on_end=on_end)
            case "retry":
                lease.retry(conn, job_id, old.fence, error="no", policy=POLICY, on_end=on_end)
            case "record_death":
                lease.record_death(conn, job_id, old.fence, reason="no", policy=POLICY, on_end=on_end)
            case "record_loss":
                lease.record_loss(conn, job_id, old.fence, reason="no", policy=POLICY, on_end=on_end)
            case _:
                lease.record_stop(conn, job_id, old.fence, on_end=on_end)

    with pytest.raises(LostLease), db.write() as conn:
        try_it(conn)
    assert small_jobs.get(job_id) == new
    assert effects_of(db, job_id) == []


def test_end__runs_on_end_in_the_same_transaction(db: Database, small_jobs: Jobs) -> None:
    small_jobs.put()
    job = claim_some(db)

    def fail(conn: Connection, ended: JobRecord) -> None:
        on_end(conn, ended)
        raise RuntimeError("the ledger said no")

    with pytest.raises(RuntimeError), db.write() as conn:
        lease.end(conn, job.id, job.fence, "succeeded", on_end=fail)
    assert small_jobs.get(job.id).state == "running"
    assert effects_of(db, job.id) == []
    with db.write() as conn:
        ended = lease.end(conn, job.id, job.fence, "succeeded", on_end=on_end)
    assert small_jobs.get(job.id) == ended
    assert (ended.state, ended.progress) == ("succeeded", 1.0)
    assert effects_of(db, job.id) == ["end:succeeded"]


def test_retry__fails_after_max_attempts(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put(max_attempts=3)
    for _ in range(3):
        job = claim_some(db)
        with db.write() as conn:
            lease.retry(conn, job_id, job.fence, error="boom", policy=POLICY, on_end=on_end)
    failed = small_jobs.get(job_id)
    assert failed.state == "failed"
    assert failed.error == "boom (the last of 3 tries that got no further)"
    assert effects_of(db, job_id) == ["end:failed"]


def test_retry__waits_before_the_next_try(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put()
    job = claim_some(db)
    with db.write() as conn:
        lease.retry(conn, job_id, job.fence, error="boom", policy=JobPolicy(backoff_s=60), on_end=on_end)
    assert claim(db) is None
    assert small_jobs.get(job_id).error == "boom"


def test_error__that_quotes_what_is_no_text(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put()
    job = claim_some(db)
    with db.write() as conn:
        lease.heartbeat(conn, job_id, job.fence, lease_s=30, message="reading \udcff.png")
        lease.end(conn, job_id, job.fence, "failed", error="cannot read '\udcff\x00.png'", on_end=on_end)
    assert small_jobs.get(job_id).error == "cannot read '??.png'"
    assert small_jobs.get(job_id).message == "reading ?.png"


def test_tries__start_again_when_one_gets_further(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put(max_attempts=2)
    for number in range(5):
        job = claim_some(db)
        with db.write() as conn:
            lease.save_checkpoint(conn, job_id, job.fence, f"part:{number}", value=True)
            lease.retry(conn, job_id, job.fence, error="boom", policy=POLICY, on_end=on_end)
    assert small_jobs.get(job_id).state == "queued"


def test_tries__the_same_checkpoint_again_is_no_progress(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put(max_attempts=2)
    for number in range(3):
        job = claim_some(db)
        with db.write() as conn:
            lease.save_checkpoint(conn, job_id, job.fence, "cursor", value=number)
            lease.heartbeat(conn, job_id, job.fence, lease_s=30, progress=0.5)
            lease.retry(conn, job_id, job.fence, error="boom", policy=POLICY, on_end=on_end)
        if small_jobs.get(job_id).state == "failed":
            break
    assert small_jobs.get(job_id).attempt == 2


def test_record_loss__thirty_restarts_of_the_server_and_not_one(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put()
    for restart in range(POLICY.max_losses):
        assert small_jobs.get(job_id).state == "queued", restart
        job = claim_some(db)
        with db.write() as conn:
            lease.record_loss(conn, job_id, job.fence, reason="gone", policy=POLICY, on_end=on_end)
    failed = small_jobs.get(job_id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "30 times in a row" in failed.error


def test_record_stop__does_not_count_as_a_try(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put(max_attempts=1)
    for _ in range(3):
        job = claim_some(db)
        assert job.attempt == 1
        with db.write() as conn:
            lease.record_stop(conn, job_id, job.fence, on_end=on_end)
    assert small_jobs.get(job_id).state == "queued"
    assert small_jobs.get(job_id).error is None


@pytest.mark.parametrize("act", ["record_death", "record_loss", "record_stop"])
def test_cancel__of_a_job_whose_process_is_gone(db: Database, small_jobs: Jobs, act: str) -> None:
    job_id = small_jobs.put()
    job = claim_some(db)
    small_jobs.cancel(job_id)
    with db.write() as conn:
        if act == "record_stop":
            lease.record_stop(conn, job_id, job.fence, on_end=on_end)
        elif act == "record_loss":
            lease.record_loss(conn, job_id, job.fence, reason="x", policy=POLICY, on_end=on_end)
        else:
            lease.record_death(conn, job_id, job.fence, reason="x", policy=POLICY, on_end=on_end)
    assert small_jobs.get(job_id).state == "cancelled"
    assert effects_of(db, job_id) == ["end:cancelled"]


def test_cancel__of_a_waiting_job(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put()
    small_jobs.cancel(job_id)
    assert claim(db) is None
    for _ in range(2):
        with db.write() as conn:
            lease.end_cancelled_in_queue(conn, job_id, on_end)
    assert small_jobs.get(job_id).state == "cancelled"
    assert effects_of(db, job_id) == ["end:cancelled"]


def test_cancel__of_an_ended_job_changes_nothing(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put()
    job = claim_some(db)
    with db.write() as conn:
        ended = lease.end(conn, job_id, job.fence, "succeeded", on_end=on_end)
    small_jobs.cancel(job_id)
    assert small_jobs.get(job_id) == ended
    assert small_jobs.kinds(job_id) == ["queued", "started", "succeeded"]


def test_events__are_numbered_without_gaps(db: Database, small_jobs: Jobs) -> None:
    job_id = small_jobs.put()
    claim_some(db)
    with db.write() as conn:
        queue.add_event(conn, job_id, "note", {"device": "cpu"})
        rest = queue.events(conn, job_id, after=2)
    assert [(event.sequence, event.kind, event.data) for event in rest] == [(3, "note", {"device": "cpu"})]


def test_sweep__deletes_events_and_checkpoints_of_old_jobs_only(db: Database, small_jobs: Jobs) -> None:
    old, recent, waiting = small_jobs.put(), small_jobs.put(), small_jobs.put()
    for job_id in (old, recent):
        job = claim_some(db)
        with db.write() as conn:
            lease.save_checkpoint(conn, job_id, job.fence, "part", value=True)
            lease.end(conn, job_id, job.fence, "succeeded", on_end=on_end)
    with db.write() as conn:
        finished_at = small_jobs.get(old).finished_at
        assert finished_at is not None
        conn.execute(update(jobs).where(jobs.c.id == old).values(finished_at=finished_at - timedelta(days=15)))
    with db.write() as conn:
        assert lease.sweep(conn, older_than=timedelta(days=14)) == 4
        assert lease.read_checkpoint(conn, recent, "part") is True
        assert lease.not_live(conn, [old, recent, waiting, "unknown"]) == [old, recent, "unknown"]
        assert lease.not_live(conn, [old, recent, waiting], ended_for=timedelta(days=14)) == [old]
    assert small_jobs.kinds(old) == []
    assert small_jobs.get(old).state == "succeeded"


def test_count_by_state__per_lane(db: Database, small_jobs: Jobs) -> None:
    for _ in range(3):
        small_jobs.put()
    claim_some(db)
    with db.read() as conn:
        assert queue.count_by_state(conn) == {(LANE, "queued"): 2, (LANE, "running"): 1}
