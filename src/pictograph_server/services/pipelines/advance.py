"""Moves open pipeline runs on: called about every second by any dispatcher, one step and one transaction at a time.

The job of the next stage is enqueued in the transaction that changes the stage, and the run is held while it is
written: a kill -9 anywhere neither loses nor repeats a stage, and any number of dispatchers may do this at once.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pictograph_server.errors import ServiceError
from pictograph_server.jobs.starter import Starter, started_by
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import planning
from pictograph_server.services.credits.service import InsufficientCredits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images.registration import INGEST_TASK
from pictograph_server.services.pipelines import repository, steps
from pictograph_server.services.pipelines.checks import batch_request
from pictograph_server.services.pipelines.repository import PipelineRecord
from pictograph_server.services.pipelines.stages import settings_of
from pictograph_server.services.pipelines.steps import Means
from pictograph_server.services.training.checks import TrainerSpecs
from pictograph_server.storage.db.types import now

log = logging.getLogger(__name__)

# A program of which nothing was heard for so long, while no job works for it, has ended without saying how.
CLIENT_SILENCE = timedelta(minutes=10)
# Steps that follow each other without a job in between are taken at once.
_STEPS_AT_ONCE = 4
_ENDED = ("completed", "failed", "cancelled")


def ticker(platform: Platform, load_specs: Callable[[], TrainerSpecs]) -> Callable[[], None]:
    """Return what a dispatcher calls every second."""

    def tick() -> None:
        for run_id in due(platform):
            advance(platform, run_id, load_specs())

    return tick


def due(platform: Platform) -> list[str]:
    """Return the runs of which the job has ended, or that have a step to take without one."""
    with platform.db.read() as conn:
        return [record.id for record in repository.open_runs(conn) if _is_due(conn, record)]


def advance(platform: Platform, run_id: str, specs: TrainerSpecs) -> None:
    """Take the steps that are due. What refuses a step ends the run with its words."""
    for _ in range(_STEPS_AT_ONCE):
        before = None
        try:
            with platform.db.read() as conn:
                before = repository.find_any(conn, run_id)
                if before is None or not _is_due(conn, before):
                    return
                means = _means(platform, conn, before, specs)
            with platform.db.write() as conn:
                record = _locked(conn, before)
                if record is None or record.reported_at != before.reported_at or not _is_due(conn, record):
                    return
                actor = record.on_behalf_of
                with started_by(Starter(actor.id, actor.name)):
                    steps.take(conn, record, means)
        except DBAPIError:
            # The database is away or busy: at the next tick.
            raise
        except Exception as error:
            if before is None:
                raise
            if not isinstance(error, ServiceError):
                log.exception("pipeline run %s: its stage %s failed", run_id, before.stage)
            _fail(platform, before, error)
            return


def _means(platform: Platform, conn: Connection, record: PipelineRecord, specs: TrainerSpecs) -> Means:
    """Return what a step needs that may take seconds to find out: who labels."""
    chosen = None
    if record.driver == "server" and steps.will_label(record):
        request = batch_request(record.dataset_name, settings_of(record))
        chosen = planning.choose(platform, conn, record.on_behalf_of, request)
    return Means(specs, platform.settings.prices, chosen, platform.settings.jobs.shard_images)


def _is_due(conn: Connection, record: PipelineRecord) -> bool:
    if not record.is_open:
        return False
    job_status = repository.job_status(conn, record)
    if record.driver == "client":
        is_working = job_status is not None and job_status not in _ENDED
        return record.status == "running" and not is_working and now() - record.reported_at > CLIENT_SILENCE
    if record.stage == "upload":
        dataset_id = record.dataset_id or ""
        return record.status == "running" and not repository.is_being_prepared(conn, dataset_id, task=INGEST_TASK)
    if record.stage == "review":
        return record.is_accepting or not repository.in_review_count(conn, record.dataset_id or "")
    return record.status == "running" and (job_status is None or job_status in _ENDED)


def _fail(platform: Platform, before: PipelineRecord, error: Exception) -> None:
    with platform.db.write() as conn:
        record = _locked(conn, before)
        # Unless somebody was faster: cancelled it, or took the step.
        if record is None or not record.is_open or record.reported_at != before.reported_at:
            return
        if isinstance(error, InsufficientCredits):
            steps.wait_for_credits(conn, record, f"{error.message}. {error.fix}")
        elif isinstance(error, ServiceError):
            steps.fail(conn, record, error.code, f"{error.message}. {error.fix}" if error.fix else error.message)
        else:
            steps.fail(conn, record, "unexpected_error", f"Unexpected error: {type(error).__name__}: {error}"[:2000])


def _locked(conn: Connection, record: PipelineRecord) -> PipelineRecord | None:
    """Return the run, held with its dataset until the transaction ends; None when it is gone."""
    if record.dataset_id is not None:
        try:
            datasets.lock(conn, record.organization_id, record.dataset_id)
        except DatasetNotFound:
            return None
    return repository.lock(conn, record.id)
