"""The steps of a run, each in the caller's transaction: out of a stage whose job has ended, into the next one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.pipeline import PipelineStage
from pictograph_server.errors import Conflict
from pictograph_server.services.auto_annotation import repository as batch_rows
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.auto_annotation.choice import ChosenAnnotator
from pictograph_server.services.batch import changes
from pictograph_server.services.batch import repository as bulk_rows
from pictograph_server.services.credits import service as credits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.exports import repository as export_rows
from pictograph_server.services.exports import service as exports
from pictograph_server.services.exports.service import ExportExists, ExportRequest
from pictograph_server.services.images import tallies
from pictograph_server.services.pipelines import repository
from pictograph_server.services.pipelines.checks import batch_request
from pictograph_server.services.pipelines.repository import PipelineRecord
from pictograph_server.services.pipelines.stages import begun, ended, settings_of
from pictograph_server.services.training import repository as training_rows
from pictograph_server.services.training import service as training
from pictograph_server.services.training.checks import TrainerSpecs
from pictograph_server.services.training.service import TrainingRequest
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import now

# Images whose turn it is: what people or jobs have finished, or put up for review, is left alone (R2).
_OPEN_STATUSES = ("new", "annotate")
_ACCEPTED_AT_ONCE = 2_000
_MOST_NAME_TRIES = 20


class StageFailed(Conflict):
    """A stage's job ended without what the next stage needs; the words are the job's."""

    def __init__(self, code: str, what: str, why: str, fix: str) -> None:
        super().__init__(what, why=why, fix=fix, code=code)


@dataclass(frozen=True, slots=True)
class Means:
    """What steps are taken with. `chosen` is there when the run is about to label."""

    specs: TrainerSpecs
    prices: Prices
    chosen: ChosenAnnotator | None = None
    shard_images: int | None = None


def take(conn: Connection, record: PipelineRecord, means: Means) -> None:
    """Take the step that is due for a run that is held.

    Raises:
        ServiceError: what refuses it; the transaction is to be undone.
    """
    # Tells a step that was taken from one that was not: every write moves it.
    record = repository.change(conn, record, reported_at=now())
    if record.driver == "client":
        _settle_silent(conn, record)
    else:
        _STEPS[record.stage](conn, record, means)


def will_label(record: PipelineRecord) -> bool:
    """Return whether the next step begins to label, which asks who does."""
    return record.stage == "annotate" and record.batch_id is None


def fail(conn: Connection, record: PipelineRecord, code: str, message: str) -> None:
    _end(conn, record, "failed", error_code=code, error_message=message)


def wait_for_credits(conn: Connection, record: PipelineRecord, reason: str) -> None:
    """Stop before a paid stage, until somebody resumes the run."""
    stages = begun(record.stages, record.stage, now(), state="waiting")
    repository.change(conn, record, status="waiting", waiting_for="credits", credit_skip_reason=reason, stages=stages)


def _leave_upload(conn: Connection, record: PipelineRecord, means: Means) -> None:
    settings = settings_of(record)
    record = _end_stage(conn, record, "upload")
    if settings.annotate:
        _enter(conn, record, "annotate")
    elif settings.train:
        _enter(conn, record, "train")
    else:
        _complete(conn, record)


def _label(conn: Connection, record: PipelineRecord, means: Means) -> None:
    if record.batch_id is None:
        _begin_labelling(conn, record, means)
    else:
        _leave_labelling(conn, record)


def _begin_labelling(conn: Connection, record: PipelineRecord, means: Means) -> None:
    if not _has_credits(conn, record):
        return
    settings = settings_of(record)
    dataset = datasets.get_by_id(conn, record.organization_id, record.dataset_id or "")
    there = sum(_statuses(conn, record).values())
    if not there:
        raise StageFailed(
            "pipeline_has_no_images",
            "There is nothing to label",
            "the dataset has no images",
            "Upload some and resume",
        )
    image_ids = repository.open_images(conn, dataset.id, _OPEN_STATUSES)
    before = sum(batch.processed_images for batch in _batches(conn, record))
    stages = {**record.stages, "annotate": {**record.stages["annotate"], "skipped": there - len(image_ids) - before}}
    record = repository.change(conn, record, stages=stages)
    if not image_ids:
        # Labelled before, by people or by an earlier run.
        _after_labelling(conn, record)
        return
    assert means.chosen is not None
    request = batch_request(dataset.name, settings, image_ids=image_ids)
    job = batches.create(
        conn,
        record.organization_id,
        request,
        means.chosen,
        prices=means.prices,
        shard_images=means.shard_images,
    )
    batch_ids = [*(each for each in record.batch_ids if each != job.job_id), job.job_id]
    repository.change(conn, record, batch_id=job.job_id, batch_ids=batch_ids)


def _leave_labelling(conn: Connection, record: PipelineRecord) -> None:
    batch = batch_rows.find(conn, record.organization_id, record.batch_id or "")
    if batch is not None and batch.status == "cancelled":
        _end(conn, record, "cancelled", error_message="The labelling was cancelled")
    elif batch is None or batch.status == "failed":
        why = "its job is gone" if batch is None else batch.error_message or "its job did not say why"
        raise StageFailed("labelling_failed", "The images could not be labelled", why, "Put it right, then resume")
    else:
        _after_labelling(conn, record)


def _after_labelling(conn: Connection, record: PipelineRecord) -> None:
    settings = settings_of(record)
    labelled_now = sum(batch.processed_images for batch in _batches(conn, record))
    if not labelled_now and not record.stages["annotate"].get("skipped"):
        raise StageFailed(
            "labelling_failed",
            "No image could be labelled",
            "all of them failed",
            "Put it right, then resume",
        )
    record = _end_stage(conn, record, "annotate")
    statuses = _statuses(conn, record)
    waiting = statuses.get("review", 0)
    if not settings.train:
        _complete(conn, record)
    elif settings.review and waiting and (labelled_now or not statuses.get("complete")):
        stages = begun(record.stages, "review", now(), state="waiting")
        repository.change(
            conn,
            record,
            stage="review",
            status="waiting",
            waiting_for="review",
            review_total=waiting,
            stages=stages,
        )
    else:
        _enter(conn, _end_stage(conn, record, "review", is_skipped=True), "train")


def _review(conn: Connection, record: PipelineRecord, means: Means) -> None:
    if record.is_accepting:
        ids = repository.in_review(conn, record.dataset_id or "", limit=_ACCEPTED_AT_ONCE)
        images = bulk_rows.by_ids(conn, record.dataset_id or "", ids)
        changes.set_status(conn, record.dataset_id or "", images, "complete")
        if len(ids) == _ACCEPTED_AT_ONCE:
            return
    record = repository.change(conn, record, is_accepting=False, status="running", waiting_for=None)
    _enter(conn, _end_stage(conn, record, "review"), "train")


def _train(conn: Connection, record: PipelineRecord, means: Means) -> None:
    if record.training_run_id is not None:
        _leave_training(conn, record)
    elif record.export_id is not None:
        _begin_training(conn, record, means)
    elif _has_credits(conn, record):
        _begin_export(conn, record)


def _begin_export(conn: Connection, record: PipelineRecord) -> None:
    settings = settings_of(record)
    dataset = datasets.get_by_id(conn, record.organization_id, record.dataset_id or "")
    made_up = f"{settings.pipeline}-{now():%Y%m%d-%H%M%S}"
    for number in range(1, _MOST_NAME_TRIES + 1):
        name = made_up if number == 1 else f"{made_up}-{number}"
        request = ExportRequest(dataset.name, name, include_images=True, status_filter="complete")
        try:
            export = exports.create(conn, record.on_behalf_of, request)
        except ExportExists:
            if number == _MOST_NAME_TRIES:
                raise
            continue
        repository.change(conn, record, export_id=export.id)
        return


def _begin_training(conn: Connection, record: PipelineRecord, means: Means) -> None:
    settings = settings_of(record)
    export = export_rows.find(conn, record.organization_id, record.export_id or "")
    if export is None or export.status == "failed":
        why = "its export was deleted" if export is None else export.error_message or "its export failed"
        raise StageFailed("export_failed", "The training could not start", why, "Resume the run")
    run = training.create(
        conn,
        means.prices,
        record.organization_id,
        TrainingRequest(
            dataset_name=export.dataset_name,
            export_name=export.name,
            pipeline_type=settings.pipeline,
            name=f"{settings.pipeline}-run-{now():%Y%m%d-%H%M%S}",
            gpu_type=settings.gpu,
            config=settings.train_config,
            parent_model_id=settings.parent_model_id,
            created_by=record.on_behalf_of.id,
        ),
        means.specs,
    )
    repository.change(conn, record, training_run_id=run.id, training_run_ids=[*record.training_run_ids, run.id])


def _leave_training(conn: Connection, record: PipelineRecord) -> None:
    run = training_rows.find(conn, record.organization_id, record.training_run_id or "")
    if run is not None and run.status == "completed":
        record = repository.change(conn, record, model_id=run.model_id)
        _complete(conn, _end_stage(conn, record, "train"))
    elif run is not None and run.status == "cancelled":
        _end(conn, record, "cancelled", error_message="The training was cancelled")
    else:
        why = "its run is gone" if run is None else run.error_message or "its run did not say why"
        raise StageFailed("training_failed", "The training failed", why, "Put it right, then resume")


def _settle_silent(conn: Connection, record: PipelineRecord) -> None:
    """End a run whose program fell silent, as what it last began ended."""
    run = training_rows.find(conn, record.organization_id, record.training_run_id or "")
    if run is not None and run.status == "completed":
        record = repository.change(conn, record, model_id=run.model_id)
        _complete(conn, _end_stage(conn, record, "train"))
        return
    words = "Nothing was heard any more of the program that drove it. Resume the run here, or run the program again"
    fail(conn, record, "pipeline_program_silent", words)


def _has_credits(conn: Connection, record: PipelineRecord) -> bool:
    """Look whether there are as many credits as the run was told to look for; if not, it waits for them."""
    wanted = settings_of(record).min_credits
    if wanted is None:
        return True
    credits.renew_if_due(conn, record.organization_id)
    remaining = credits.remaining(conn, record.organization_id)
    if remaining >= wanted:
        return True
    wait_for_credits(conn, record, f"Insufficient credits: {remaining} left, and at least {wanted} asked for to go on")
    return False


def _enter(conn: Connection, record: PipelineRecord, stage: PipelineStage) -> None:
    """Go into a stage; its job begins with the next step."""
    repository.change(
        conn,
        record,
        stage=stage,
        batch_id=None,
        export_id=None,
        training_run_id=None,
        stages=begun(record.stages, stage, now()),
    )


def _end_stage(
    conn: Connection, record: PipelineRecord, stage: PipelineStage, *, is_skipped: bool = False
) -> PipelineRecord:
    return repository.change(
        conn, record, stages=ended(record.stages, stage, "skipped" if is_skipped else "done", now())
    )


def _complete(conn: Connection, record: PipelineRecord) -> None:
    repository.change(conn, record, stage="done", status="completed", waiting_for=None, completed_at=now())


def _end(conn: Connection, record: PipelineRecord, status: str, **values: str) -> None:
    moment = now()
    state = "cancelled" if status == "cancelled" else "failed"
    repository.change(
        conn,
        record,
        status=status,
        waiting_for=None,
        is_accepting=False,
        stages=ended(record.stages, record.stage, state, moment),
        completed_at=moment,
        **values,
    )


def _batches(conn: Connection, record: PipelineRecord) -> list[batch_rows.BatchRecord]:
    found = (batch_rows.find(conn, record.organization_id, each) for each in record.batch_ids)
    return [batch for batch in found if batch is not None]


def _statuses(conn: Connection, record: PipelineRecord) -> Mapping[str, int]:
    found = tallies.statuses(conn, record.dataset_id or "")
    return {status: count for (is_archived, status), count in found.items() if not is_archived}


_STEPS: Mapping[PipelineStage, Callable[[Connection, PipelineRecord, Means], None]] = {
    "upload": _leave_upload,
    "annotate": _label,
    "review": _review,
    "train": _train,
}
