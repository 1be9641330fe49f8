"""The task `evaluate`: the dataset as it is now, the model's file, and the figures into the evaluation's row.

Killed anywhere, it starts again: nothing is written but progress and, at the end, all figures in one transaction.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pictograph.inference import load_model
from pictograph.models.evaluation import ModelEvaluation
from pictograph_server.engines.errors import EngineError
from pictograph_server.engines.evaluation.asking import UnreadableSample
from pictograph_server.engines.evaluation.evaluate import evaluate
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.evaluations import repository
from pictograph_server.services.evaluations.held_out import choose, learned_from
from pictograph_server.services.evaluations.material import Material, fetch, read
from pictograph_server.services.evaluations.repository import EvaluationRecord
from pictograph_server.services.evaluations.service import NothingToMeasure
from pictograph_server.services.images import service as images
from pictograph_server.services.models import service as models
from pictograph_server.services.models.local_folder import local_folder
from pictograph_server.storage.db.types import now

# Of the progress, what comes before the first image is measured.
_FETCHED = 0.1
_REPORT_INTERVAL_S = 1.0
_BATCH_ON_GPU = 16


@dataclass(frozen=True, slots=True)
class _Measured:
    material: Material
    # Of the images, those that the model learned from; None when it is not known from what it learned.
    seen: int | None
    remarks: Sequence[str]


def measure(run: JobRun, platform: Platform) -> None:
    """Do the evaluation `run.job_id`.

    Raises:
        ModelNotFound, ModelNotReady, ModelFileMissing, DatasetNotFound: the model or the dataset went meanwhile.
        NothingToMeasure: no image is left to measure on.
        EngineError: an image cannot be read.
    """
    _show(run, 0)
    with platform.db.read() as conn:
        found = repository.find(conn, run.organization_id, run.job_id)
    if found is None:
        raise JobCancelled(f"evaluation {run.job_id} was deleted")
    if found.record.status == "completed":
        # An earlier attempt was killed before it could say that it had ended.
        return
    model = load_model(local_folder(platform, run.organization_id, found.record.model_id))
    chosen = _chosen(run, platform, found.record, found.dataset_name)
    count = len(chosen.material.samples)
    batch_size = 1 if model.device == "cpu" else _BATCH_ON_GPU
    fetch(platform.blobs, chosen.material, on_image=_Progress(run, 1 / count, 0.0, _FETCHED))
    try:
        result = evaluate(
            model,
            chosen.material.samples,
            batch_size=batch_size,
            before_batch=_Progress(run, batch_size / count, _FETCHED, 1.0),
            class_names=chosen.material.class_names,
            measured_on=found.dataset_name,
        )
    except UnreadableSample as error:
        ids = {sample.path: sample.image_id for sample in chosen.material.samples}
        name = _paths(run, platform, [ids[error.path]]).get(ids[error.path], ids[error.path])
        raise EngineError(f"The image {name!r} cannot be read", why=error.why, fix=error.fix) from error
    paths = _paths(run, platform, [each.image_id for each in result.worst_images])
    worst = [each.model_copy(update={"path": paths.get(each.image_id, "")}) for each in result.worst_images]
    remarks = [*chosen.remarks, *result.remarks]
    _keep(
        run,
        result.model_copy(update={"worst_images": worst, "seen_in_training": chosen.seen, "remarks": remarks}),
    )


def _chosen(run: JobRun, platform: Platform, record: EvaluationRecord, dataset_name: str) -> _Measured:
    with platform.db.read() as conn:
        model = models.ready_record(conn, run.organization_id, record.model_id, purpose="be evaluated")
        dataset = datasets.get_by_id(conn, run.organization_id, record.dataset_id)
        learned = learned_from(conn, model)
        material = read(conn, platform.blobs, dataset, record.status_filter, model.model_type, run.workdir / "images")
    choice = choose(material.samples, learned, record.split)
    if not choice.samples:
        raise NothingToMeasure(dataset_name, choice.why_none, choice.fix)
    return _Measured(replace(material, samples=choice.samples), choice.seen, [*material.remarks, *choice.remarks])


def _paths(run: JobRun, platform: Platform, image_ids: Sequence[str]) -> dict[str, str]:
    """Return folder and name of images, by which people know them."""
    with platform.db.read() as conn:
        return {image.id: image.path for image in images.get_many(conn, run.organization_id, image_ids)}


def _keep(run: JobRun, result: ModelEvaluation) -> None:
    with run.transaction(progress=1.0) as conn:
        is_wanted = repository.complete(conn, run.job_id, result.model_dump(mode="json"), moment=now())
    if not is_wanted:
        raise JobCancelled(f"evaluation {run.job_id} has ended")


def _show(run: JobRun, percent: int) -> None:
    with run.transaction(progress=percent / 100) as conn:
        is_live = repository.set_progress(conn, run.job_id, percent)
        found = repository.find(conn, run.organization_id, run.job_id)
    if not is_live and (found is None or found.record.status != "completed"):
        raise JobCancelled(f"evaluation {run.job_id} has ended")


class _Progress:
    """Called before every step: stops when the job is cancelled, and shows how far it is, once a second.

    `step` is the share of the whole that each call stands for; it is shown between `start` and `end`.
    """

    def __init__(self, run: JobRun, step: float, start: float, end: float) -> None:
        self._run = run
        self._step = step
        self._start, self._end = start, end
        self._calls = 0
        self._shown_at = time.monotonic()

    def __call__(self) -> None:
        self._run.raise_if_cancelled()
        share = min(self._calls * self._step, 1.0)
        self._calls += 1
        if time.monotonic() - self._shown_at >= _REPORT_INTERVAL_S:
            self._shown_at = time.monotonic()
            _show(self._run, int(100 * (self._start + share * (self._end - self._start))))
