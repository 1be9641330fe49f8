"""The task `train`: the frozen export becomes training data, a trainer makes a model of it, the model is kept.

Each part leaves something to go on from: the unpacked data, the trainer's own checkpoints, the stored files. The last
transaction makes the model, ends the run and settles the credits together.
"""

from pathlib import Path

from pydantic import BaseModel, JsonValue, TypeAdapter

from pictograph_server.engines.errors import Cancelled, EngineError
from pictograph_server.engines.trainers.base import TrainedModel, TrainerSpec, TrainModel
from pictograph_server.errors import BadRequest
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.credits import service as credits
from pictograph_server.services.exports import repository as export_rows
from pictograph_server.services.models import service as models
from pictograph_server.services.models.service import NewModel
from pictograph_server.services.training import material, repository
from pictograph_server.services.training.checks import DEFAULT_GPU, TrainerSpecs, check_trainable, read_train_config
from pictograph_server.services.training.estimate import charge
from pictograph_server.services.training.parents import fetch_parent
from pictograph_server.services.training.progress import ReportingRun, finite
from pictograph_server.services.training.repository import LIVE, RunRecord
from pictograph_server.storage.db.types import now

# Checkpoints.
UNPACKED = "unpacked"
# The model's files are complete on disk and their keys are written down: nothing gets into the store that no row knows.
TRAINED = "trained"
STORED = "stored"


class ExportGone(BadRequest):
    code = "export_gone"

    def __init__(self, run: RunRecord) -> None:
        super().__init__(
            f"Training run {run.name!r} cannot start",
            why="its export was deleted meanwhile",
            fix="Export the dataset again and start a new run",
        )


class FinishedModel(BaseModel):
    """A trained model and the keys of its files: what the checkpoints `trained` and `stored` hold."""

    # Where the files are in the run's working folder.
    folder: str
    architecture: str
    class_names: list[str]
    metrics: dict[str, float]
    card: dict[str, JsonValue]
    files: dict[str, str]
    epochs: int
    # Spent on them, over all attempts.
    seconds: float


def train(run: JobRun, platform: Platform, specs: TrainerSpecs, train_model: TrainModel) -> None:
    """Do the training run `run.job_id`, or what an earlier attempt left of it.

    Raises:
        ExportGone, ExportNotTrainable, BrokenExport, EngineError: with the words for the run's `error_message`.
    """
    with run.transaction() as conn:
        is_live = repository.start(conn, run.job_id, moment=now())
        record = repository.find(conn, run.organization_id, run.job_id)
    if record is not None and record.status == "completed":
        # An earlier attempt made the model and was killed before it could say that it had ended.
        return
    if record is None or not is_live:
        raise JobCancelled(f"training run {run.job_id} has ended")
    spec = _spec(record, specs)
    model = _finished_before(run, STORED)
    if model is None:
        model = _trained_before(run, platform) or _train(run, platform, spec, record, train_model)
        models.store_files(platform.blobs, run.workdir / model.folder, model.files)
        with run.transaction(checkpoint=STORED, value=model.model_dump(mode="json"), progress=0.98):
            pass
    _finish(run, platform, spec, model)


def _train(
    run: JobRun, platform: Platform, spec: TrainerSpec, record: RunRecord, train_model: TrainModel
) -> FinishedModel:
    data_folder = run.workdir / "data"
    _unpack(run, platform, spec, record, data_folder)
    data = material.load(data_folder)
    with platform.db.read() as conn:
        ids = [sample.image_id for sample in data.samples]
        data = material.with_dhashes(data, repository.image_dhashes(conn, record.organization_id, ids))
    # The trainer's checkpoints have a folder of their own beside the data, both kept between attempts.
    folder = _made(run.workdir / "trainer")
    reporting = ReportingRun(run, folder, weights_folders=_weights_folders(platform))
    config = read_train_config(spec, record.config)
    parent = fetch_parent(platform, record, folder)
    if parent is not None:
        config = config.model_copy(update={"weights": parent.weights})
        if parent.class_names != data.class_names:
            knew, has = ", ".join(parent.class_names), ", ".join(data.class_names)
            reporting.say(f"The model that it goes on from knew the classes {knew}; the dataset has {has}.")
    try:
        trained = train_model(spec, data, config, reporting)
        reporting.write()
        run.raise_if_cancelled()
    except (Cancelled, JobCancelled):
        reporting.write_cancelled()
        raise
    model = FinishedModel(
        folder=str(trained.folder.relative_to(run.workdir)),
        architecture=trained.architecture,
        class_names=list(trained.class_names),
        metrics=finite(trained.metrics),
        card=_card(trained),
        files=models.file_keys(record.id, trained.folder),
        epochs=trained.epochs,
        seconds=trained.seconds,
    )
    with run.transaction(checkpoint=TRAINED, value=model.model_dump(mode="json"), progress=0.97):
        pass
    return model


def _unpack(run: JobRun, platform: Platform, spec: TrainerSpec, record: RunRecord, folder: Path) -> None:
    with platform.db.read() as conn:
        export = export_rows.find(conn, record.organization_id, record.export_id or "")
    if export is None:
        raise ExportGone(record)
    check_trainable(export, spec.task)
    if folder.exists():
        return
    try:
        with platform.blobs.as_file(export.blob_key or "") as archive:
            material.unpack(archive, folder)
    except FileNotFoundError as error:
        raise ExportGone(record) from error
    with run.transaction(checkpoint=UNPACKED, progress=0.01):
        pass


def _finish(run: JobRun, platform: Platform, spec: TrainerSpec, model: FinishedModel) -> None:
    with run.transaction(progress=1.0) as conn:
        record = repository.lock(conn, run.organization_id, run.job_id)
        if record is None or record.status not in LIVE:
            raise JobCancelled(f"training run {run.job_id} has ended")
        new = NewModel(
            organization_id=record.organization_id,
            dataset_id=record.dataset_id,
            training_run_id=record.id,
            name=record.name,
            model_type=spec.task,
            architecture=model.architecture,
            class_names=model.class_names,
            metrics=model.metrics,
            card=model.card,
            files=model.files,
            parent_model_id=record.parent_model_id,
            dataset_version_id=record.dataset_version_id,
            dataset_version=record.dataset_version,
        )
        model_id = models.create(conn, new)
        repository.complete(
            conn,
            record.id,
            model_id=model_id,
            metrics={**record.metrics, **model.metrics},
            epochs=model.epochs,
            seconds=model.seconds,
            moment=now(),
        )
        cost = charge(platform.settings.prices, record.gpu_type or DEFAULT_GPU, model.seconds)
        credits.capture(conn, job_id=record.id, step="training", amount=cost)
        credits.release(conn, job_id=record.id)


def _finished_before(run: JobRun, checkpoint: str) -> FinishedModel | None:
    value = run.checkpoint(checkpoint)
    return None if value is None else FinishedModel.model_validate(value)


def _trained_before(run: JobRun, platform: Platform) -> FinishedModel | None:
    """Return the model of an earlier attempt if its files are still here; if not, what it had stored goes."""
    model = _finished_before(run, TRAINED)
    if model is None:
        return None
    folder = run.workdir / model.folder
    if folder.is_dir() and models.file_keys(run.job_id, folder) == model.files:
        return model
    for key in model.files.values():
        platform.blobs.delete(key)
    return None


def _spec(record: RunRecord, specs: TrainerSpecs) -> TrainerSpec:
    spec = specs.get(record.pipeline_type)
    if spec is None:
        raise EngineError(
            f"The pipeline {record.pipeline_type!r} is not on this worker", why=f"it has {', '.join(sorted(specs))}"
        )
    return spec


def _weights_folders(platform: Platform) -> tuple[Path, ...]:
    """Where published weights lie: what the operator put somewhere, then what was fetched before."""
    cache = platform.settings.data_dir.absolute() / "cache" / "weights"
    given = platform.settings.weights_dir
    return (cache,) if given is None else (given, cache)


def _card(trained: TrainedModel) -> dict[str, JsonValue]:
    return _CARD.validate_python(dict(trained.card))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


_CARD: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
