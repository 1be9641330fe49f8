"""What a program says of the run that it drives itself: figures of its upload, the jobs it started, how it ended."""

from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.pipeline import LabellingReport, PipelineRun, PipelineStage, PipelineUpload, ReportedOutcome
from pictograph_server.errors import Conflict
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.pipelines import repository, snapshot
from pictograph_server.services.pipelines.repository import PipelineRecord
from pictograph_server.services.pipelines.service import locked
from pictograph_server.services.pipelines.stages import ORDER, Stages, begun, ended, settings_of
from pictograph_server.services.training import repository as training_rows
from pictograph_server.services.training import service as training
from pictograph_server.storage.db.types import now


class PipelineNotReported(Conflict):
    code = "pipeline_not_reported"

    def __init__(self, record: PipelineRecord, why: str) -> None:
        super().__init__(
            f"Nothing can be reported of pipeline run {record.name!r}",
            why=why,
            fix='Create a run with `driver="client"` to report what a program does',
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What is new. All of it may be left out: such a report says that the program is alive."""

    stage: PipelineStage | None = None
    upload: PipelineUpload | None = None
    # Where no batch job labels, but the program, image by image.
    labelling: LabellingReport | None = None
    job_id: str | None = None
    training_run_id: str | None = None
    outcome: ReportedOutcome | None = None
    credit_skip_reason: str | None = None
    error_message: str | None = None


def report(conn: Connection, organization_id: str, run_id: str, news: Report) -> PipelineRun:
    """Note what a program did.

    Raises:
        PipelineNotFound, BatchNotFound, RunNotFound: 404.
        PipelineNotReported: 409, the run is moved by the server, or was cancelled.
    """
    record = locked(conn, organization_id, run_id)
    if record.driver != "client":
        raise PipelineNotReported(record, "the server moves it on")
    if record.status == "cancelled":
        raise PipelineNotReported(record, "it was cancelled")
    record = repository.change(
        conn, record, reported_at=now(), dataset_id=record.dataset_id or _dataset_id(conn, record)
    )
    if news.upload is not None:
        record = repository.change(conn, record, upload=news.upload.model_dump())
    if news.stage is not None and news.stage != record.stage:
        record = _enter(conn, record, news.stage)
    if news.job_id is not None:
        batches.get(conn, organization_id, news.job_id)
        batch_ids = [*(each for each in record.batch_ids if each != news.job_id), news.job_id]
        record = repository.change(conn, record, batch_id=news.job_id, batch_ids=batch_ids)
    if news.labelling is not None:
        kept = {**record.stages["annotate"], "skipped": news.labelling.skipped, "reported": news.labelling.model_dump()}
        record = repository.change(conn, record, stages={**record.stages, "annotate": kept})
    if news.training_run_id is not None:
        training.get(conn, organization_id, news.training_run_id)
        runs = [*(each for each in record.training_run_ids if each != news.training_run_id), news.training_run_id]
        record = repository.change(conn, record, training_run_id=news.training_run_id, training_run_ids=runs)
    if news.outcome is not None:
        record = _settle(conn, record, news)
    return snapshot.of(conn, record)


def _dataset_id(conn: Connection, record: PipelineRecord) -> str | None:
    try:
        return datasets.get_by_name(conn, record.organization_id, record.dataset_name).id
    except DatasetNotFound:
        return None


def _enter(conn: Connection, record: PipelineRecord, stage: PipelineStage) -> PipelineRecord:
    moment = now()
    stages = _before_done(record.stages, stage)
    if stage != "done":
        stages = begun(stages, stage, moment)
    return repository.change(conn, record, stage=stage, stages=stages)


def _before_done(stages: Stages, stage: PipelineStage) -> Stages:
    """Return the stages with those before one ended: skipped where they never began."""
    before = ORDER if stage == "done" else ORDER[: ORDER.index(stage)]
    for each in before:
        state = stages[each]["state"]
        if state in ("waiting", "running"):
            stages = ended(stages, each, "done" if state == "running" else "skipped", now())
    return stages


def _settle(conn: Connection, record: PipelineRecord, news: Report) -> PipelineRecord:
    if news.outcome == "running":
        return repository.change(conn, record, status="running", waiting_for=None, completed_at=None)
    if news.outcome == "waiting":
        is_review = news.credit_skip_reason is None
        stage = "review" if is_review else _paid_stage(record)
        stages = begun(_before_done(record.stages, stage), stage, now(), state="waiting")
        waiting = repository.in_review_count(conn, record.dataset_id or "") if is_review else None
        return repository.change(
            conn,
            record,
            status="waiting",
            waiting_for="review" if is_review else "credits",
            stage=stage,
            stages=stages,
            review_total=waiting,
            credit_skip_reason=news.credit_skip_reason,
        )
    if news.outcome == "failed":
        return repository.change(
            conn,
            record,
            status="failed",
            stages=ended(record.stages, record.stage, "failed", now()) if record.stage != "done" else record.stages,
            error_code="pipeline_program_failed",
            error_message=news.error_message,
            completed_at=now(),
        )
    run = training_rows.find(conn, record.organization_id, record.training_run_id or "")
    return repository.change(
        conn,
        record,
        status="completed",
        stage="done",
        stages=_before_done(record.stages, "done"),
        model_id=run.model_id if run is not None else None,
        completed_at=now(),
    )


def _paid_stage(record: PipelineRecord) -> PipelineStage:
    """Return the stage that a program did not begin for want of credits: its files have arrived."""
    if record.stage != "upload":
        return record.stage
    return "annotate" if settings_of(record).annotate else "train"
