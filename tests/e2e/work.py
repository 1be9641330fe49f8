"""The three kinds of long work: how each begins, and what must be true of it once it is done, whatever was killed."""

import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from examples.local_server import LocalServer
from tests.e2e.database import ServerDatabase

from pictograph import Client
from pictograph.inference import load_model
from pictograph_server.services.credits.prices import batch_cost, training_cost
from pictograph_server.settings import Prices

DATASET = "signs"
CLASSES: list[dict[str, object]] = [
    {"name": "stop_sign", "output_type": "bbox"},
    {"name": "yield", "output_type": "polygon"},
]
IMAGES = 10
EPOCHS = 2
TINY_TRAINING = {"epochs": EPOCHS, "image_size": 64, "batch_size": 4, "seed": 1}

# For each task the folder of a server before it; a task's result without any disturbance is the next one's folder.
Folders = Mapping[str, Path]


@dataclass(frozen=True)
class Work:
    task: str
    # Starts the job and returns its id.
    begin: Callable[[Client], str]
    check: Callable[[LocalServer, Client, str, Folders], None]
    # It takes longer than this on any machine: starting its process alone does.
    seconds: float


def _begin_annotate(client: Client) -> str:
    names = [image.filename for image in client.datasets.get(DATASET, include_images=True).images or []]
    return client.auto_annotate.batch(DATASET, names, CLASSES, wait=False).job_id


def _check_annotate(server: LocalServer, client: Client, job_id: str, folders: Folders) -> None:
    """Every image was annotated once, and found on it was what an undisturbed run finds."""
    database = ServerDatabase(server.data)
    job = client.auto_annotate.get_batch(job_id)
    assert (job.status, job.progress, job.failed_images, job.error_message) == ("completed", 100, 0, None)
    assert job.total_images == IMAGES
    states = database.rows("SELECT state FROM batch_images WHERE batch_id = ?", job_id)
    assert states == [("done",)] * job.total_images == [("done",)] * job.processed_images
    saved = database.rows("SELECT annotation_version, status FROM images")
    assert saved == [(1, "complete")] * job.total_images
    counted = annotation_counts(database)
    assert counted == annotation_counts(ServerDatabase(folders["export"]))
    assert sum(counted.values()) == job.total_annotations_added
    ids = database.column("SELECT json_extract(e.value, '$.id') FROM annotations, json_each(document) e")
    assert len(set(ids)) == len(ids) == job.total_annotations_added >= job.total_images
    assert client.datasets.get(DATASET).completed_image_count == job.total_images
    assert database.spent_by(job_id) == batch_cost(Prices(), job.total_images, trained_model=False)
    database.check_ledger()


def annotation_counts(database: ServerDatabase) -> Counter[tuple[object, ...]]:
    """Return (image, class) -> how many annotations, counted in the documents."""
    rows = database.rows("SELECT image_id, json_extract(e.value, '$.name') FROM annotations, json_each(document) e")
    return Counter(rows)


def _begin_export(client: Client) -> str:
    return client.exports.create(DATASET, "all", include_images=True, wait=False).id


def _check_export(server: LocalServer, client: Client, job_id: str, folders: Folders) -> None:
    """There is one file, byte for byte that of an undisturbed export."""
    database = ServerDatabase(server.data)
    export = client.exports.get(DATASET, "all")
    assert (export.id, export.status, export.error_message) == (job_id, "completed", None)
    [key] = database.column("SELECT blob_key FROM exports")
    [stored] = files_below(server.data / "blobs" / "exports")
    assert stored == server.data / "blobs" / str(key)
    [undisturbed] = files_below(folders["train"] / "blobs" / "exports")
    file = client.exports.download(DATASET, "all", server.data.with_name("export.zip"))
    assert file.read_bytes() == undisturbed.read_bytes()
    assert zipfile.ZipFile(file).testzip() is None
    assert database.spent_by(job_id) == 0
    database.check_ledger()


def _begin_train(client: Client) -> str:
    return client.training.create(
        DATASET, "all", pipeline_type="yolox", name="detector", config=TINY_TRAINING, wait=False
    ).id


def _check_train(server: LocalServer, client: Client, job_id: str, folders: Folders) -> None:
    """There is one model, whole and usable, and the run has all its epochs."""
    database = ServerDatabase(server.data)
    run = client.training.get(job_id)
    assert (run.status, run.progress, run.error_message) == ("completed", 100, None)
    assert (run.current_epoch, run.total_epochs) == (EPOCHS, EPOCHS)
    assert client.training.history(job_id)
    splits = client.training.splits(job_id)
    assert len({image for ids in splits.images.values() for image in ids}) == IMAGES
    [model] = client.models.list()
    assert (model.id, model.status) == (run.model_id, "ready")
    kept = database.column("SELECT f.value FROM models, json_each(files) f")
    assert {server.data / "blobs" / str(key) for key in kept} == set(files_below(server.data / "blobs" / "models"))
    file = client.models.download(model.id, server.data.with_name("model.onnx"))
    assert load_model(file).class_names == ("stop_sign", "yield")
    [seconds] = database.column("SELECT training_seconds FROM training_runs")
    assert isinstance(seconds, float)
    assert database.spent_by(job_id) == training_cost(Prices(), "a10g", seconds / 60)
    assert database.column("SELECT id FROM ledger_transactions WHERE kind = 'capture' AND operation = 'training_a10g'")
    database.check_ledger()


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


annotate = Work("annotate", _begin_annotate, _check_annotate, seconds=1.5)
export = Work("export", _begin_export, _check_export, seconds=0.4)
train = Work("train", _begin_train, _check_train, seconds=1.5)
WORK = {work.task: work for work in (annotate, export, train)}
