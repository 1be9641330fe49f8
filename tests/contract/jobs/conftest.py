"""A database with the tables of the queue (SQLite, and Postgres when one is given), and jobs to put in."""

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import job_checkpoints, job_events, jobs, metadata, organizations

# The small_*.py beside this file are scripts and modules at once.
sys.path.insert(0, str(Path(__file__).parent))

from small_queue import Jobs, make_organization  # noqa: E402
from small_tasks import effects_metadata  # noqa: E402

POSTGRES_URL = os.environ.get("PICTOGRAPH_TEST_POSTGRES_URL")


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.skipif(not POSTGRES_URL, reason="no Postgres given"))]
)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        yield from _with_tables(f"sqlite:///{tmp_path / 'jobs.db'}")
        return
    assert POSTGRES_URL is not None
    schema = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES_URL)
    with admin.begin() as conn:
        conn.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(POSTGRES_URL).update_query_dict({"options": f"-csearch_path={schema}"})
    yield from _with_tables(url.render_as_string(hide_password=False))
    with admin.begin() as conn:
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


def _with_tables(url: str) -> Iterator[Database]:
    database = Database(url)
    metadata.create_all(database.engine, tables=[organizations, jobs, job_checkpoints, job_events])
    effects_metadata.create_all(database.engine)
    make_organization(database, "cats")
    yield database
    database.close()


@pytest.fixture
def small_jobs(db: Database) -> Jobs:
    return Jobs(db)
