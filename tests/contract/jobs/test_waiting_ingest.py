"""An upload that counts on a waiting ingest job: the job must see what the upload adds."""

import pytest

from pictograph_server.jobs import lease, queue
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.services.images.repository import has_waiting_ingest
from pictograph_server.storage.db.session import Database


def test_claim__passes_over_a_job_that_an_upload_counts_on(db: Database) -> None:
    """On Postgres it could be claimed, and done, before the images are there; SQLite has one writer at a time."""
    if db.is_sqlite:
        pytest.skip("one writer at a time")
    with db.write() as conn:
        queue.enqueue(conn, task="ingest", lane="ingest", organization_id="cats", payload={"dataset_id": "signs"})
    with db.write() as upload:
        assert has_waiting_ingest(upload, "signs", "ingest")
        assert claim(db) is None
    assert claim(db) is not None
    with db.write() as upload:
        assert not has_waiting_ingest(upload, "signs", "ingest")


def claim(db: Database) -> JobRecord | None:
    with db.write() as conn:
        return lease.claim(conn, lane="ingest", tasks=["ingest"], worker="worker", lease_s=60.0)
