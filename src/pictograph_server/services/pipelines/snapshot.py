"""A run as people see it: every stage with its figures, out of the rows of the jobs behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from pictograph.models.pipeline import (
    ClassFindings,
    LabelledImage,
    LabellingProblem,
    LabellingSnapshot,
    PipelineRun,
    PipelineUpload,
    ReviewSnapshot,
    TrainingSnapshot,
    UploadSnapshot,
)
from pictograph_server.services.auto_annotation import confidences
from pictograph_server.services.auto_annotation import repository as batch_rows
from pictograph_server.services.images import service as images
from pictograph_server.services.pipelines import repository
from pictograph_server.services.pipelines.repository import Behind, PipelineRecord
from pictograph_server.services.pipelines.stages import settings_of
from pictograph_server.storage.db.types import now

_NEWEST = 12
_FAILURES = 100
# Of a model's figures, those that a page about something else shows.
HEADLINES = (
    "map_50_95",
    "map_50",
    "mask_map_50_95",
    "mask_map_50",
    "precision",
    "recall",
    "miou",
    "dice",
    "pixel_accuracy",
    "top_1",
    "top_5",
    "macro_f1",
)


def of(conn: Connection, record: PipelineRecord) -> PipelineRun:
    """Return one run with everything."""
    behind = repository.behind(conn, [record])
    run = _run(record, behind)
    run.upload.preparing = repository.preparing(conn, record.dataset_id) if record.dataset_id is not None else 0
    run.upload.failures = PipelineUpload.model_validate(record.upload).failures
    if not record.batch_ids:
        return run
    found: Mapping[str, Sequence[int]] = {}
    for batch_id in record.batch_ids:
        if batch_id in behind.batches:
            found = confidences.added(found, behind.batches[batch_id].confidences)
    run.annotate.confidences = confidences.total(found)
    run.annotate.classes = [
        ClassFindings(class_name=name, annotations=sum(bins), confidences=list(bins))
        for name, bins in sorted(found.items())
    ]
    problems = batch_rows.failures(conn, record.batch_ids, limit=_FAILURES)
    run.annotate.failures = [LabellingProblem(image_id=each, reason=reason) for each, reason in problems]
    newest = batch_rows.last_done(conn, record.batch_ids[-1], limit=_NEWEST)
    run.annotate.newest_images = [
        LabelledImage(
            image_id=image.id,
            filename=image.filename,
            width=image.width,
            height=image.height,
            annotation_count=image.annotation_count,
        )
        for image in images.get_many(conn, record.organization_id, newest)
    ]
    return run


def of_many(conn: Connection, records: Sequence[PipelineRecord]) -> list[PipelineRun]:
    """Return runs in short."""
    behind = repository.behind(conn, records)
    return [_run(record, behind) for record in records]


def dataset_name_of(conn: Connection, record: PipelineRecord) -> str:
    """Return what the dataset of a run is called now."""
    return repository.behind(conn, [record]).dataset_names.get(record.dataset_id or "", record.dataset_name)


def _run(record: PipelineRecord, behind: Behind) -> PipelineRun:
    dataset_id = record.dataset_id or ""
    statuses = behind.statuses.get(dataset_id, {})
    training = behind.trainings.get(record.training_run_ids[-1]) if record.training_run_ids else None
    jobs = {*record.batch_ids, *record.training_run_ids}
    return PipelineRun(
        id=record.id,
        organization_id=record.organization_id,
        dataset_id=record.dataset_id,
        dataset_name=behind.dataset_names.get(dataset_id, record.dataset_name),
        name=record.name,
        description=record.description,
        driver=record.driver,
        status=record.status,
        stage=record.stage,
        waiting_for=record.waiting_for,
        settings=settings_of(record),
        upload=_upload(record, statuses),
        annotate=_annotate(record, behind),
        review=_review(record, statuses),
        train=_train(record, behind),
        model_id=record.model_id,
        metrics=_headlines(training.metrics) if training is not None and record.model_id is not None else {},
        credits_spent=sum(behind.spent.get(job_id, 0) for job_id in jobs),
        credit_skip_reason=record.credit_skip_reason,
        error_code=record.error_code,
        error_message=record.error_message,
        rerun_of=record.rerun_of,
        created_by=record.created_by,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )


def _upload(record: PipelineRecord, statuses: Mapping[str, int]) -> UploadSnapshot:
    counts = {key: record.upload.get(key, 0) for key in ("uploaded", "skipped", "failed")}
    return UploadSnapshot(**_stage(record, "upload"), **counts, images=sum(statuses.values()))


def _annotate(record: PipelineRecord, behind: Behind) -> LabellingSnapshot:
    batches = [behind.batches[each] for each in record.batch_ids if each in behind.batches]
    stage = record.stages.get("annotate", {})
    last = batches[-1] if batches else None
    labelled = sum(batch.processed_images for batch in batches)
    moment = now()
    earlier = batches[:-1]
    if last is None and stage.get("reported"):
        # Image by image, by a program.
        return LabellingSnapshot(**_stage(record, "annotate"), **stage["reported"])
    return LabellingSnapshot(
        **_stage(record, "annotate"),
        job_id=last.id if last is not None else None,
        job_ids=[batch.id for batch in batches],
        # What an earlier job of the run left undone is in the last one's total.
        total=sum(batch.processed_images for batch in earlier) + (last.total_images if last is not None else 0),
        labelled=labelled,
        skipped=int(stage.get("skipped", 0)),
        failed=last.failed_images if last is not None else 0,
        annotations=sum(batch.annotations_added for batch in batches),
        engine=last.engine if last is not None else None,
        images_per_second=last.images_per_second(moment) if last is not None else None,
        eta_seconds=last.eta_seconds(moment) if last is not None else None,
        error_message=last.error_message if last is not None else None,
    )


def _review(record: PipelineRecord, statuses: Mapping[str, int]) -> ReviewSnapshot:
    waiting = statuses.get("review", 0)
    total = max(record.review_total or 0, waiting if record.stage == "review" else 0)
    return ReviewSnapshot(**_stage(record, "review"), waiting=waiting, completed=max(0, total - waiting), total=total)


def _train(record: PipelineRecord, behind: Behind) -> TrainingSnapshot:
    export = behind.exports.get(record.export_id or "")
    runs = [behind.trainings[each] for each in record.training_run_ids if each in behind.trainings]
    last = runs[-1] if runs and (record.training_run_id is not None or record.export_id is None) else None
    return TrainingSnapshot(
        **_stage(record, "train"),
        export_name=export.name if export is not None else None,
        export_status=export.status if export is not None else None,
        run_id=last.id if last is not None else None,
        run_ids=[run.id for run in runs],
        status=last.status if last is not None else None,
        epoch=last.current_epoch if last is not None else 0,
        epochs=last.total_epochs if last is not None else None,
        progress=last.progress if last is not None else 0,
        eta_seconds=last.eta_seconds if last is not None else None,
        metrics=dict(last.metrics) if last is not None else {},
        device=last.device if last is not None else None,
        dataset_version=last.dataset_version if last is not None else None,
        error_message=last.error_message if last is not None else None,
    )


def _stage(record: PipelineRecord, stage: str) -> dict[str, Any]:
    kept = record.stages.get(stage, {})
    return {key: kept[key] for key in ("state", "started_at", "finished_at") if key in kept}


def _headlines(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: metrics[name] for name in HEADLINES if name in metrics}
