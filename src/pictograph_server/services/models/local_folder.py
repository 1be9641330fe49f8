"""A model's files in a folder of this machine, where an engine can open them."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pictograph_server.platform import Platform
from pictograph_server.services.models import service as models
from pictograph_server.services.models.repository import ModelRecord
from pictograph_server.services.models.service import PRODUCT_FILE, ModelFileMissing
from pictograph_server.storage.blobs import BlobStore

# Predicting needs no more. The checkpoint of the framework beside them may be ten times as large.
_WANTED = (PRODUCT_FILE, "card.json")
_INCOMING = "incoming"


def local_folder(platform: Platform, organization_id: str, model_id: str) -> Path:
    """Return `<data_dir>/cache/models/<model_id>/`, holding `model.onnx` and `card.json`, whole and checked.

    Any number of processes may ask at once. What a killed one left, or a disk has damaged, is fetched again.

    Raises:
        ModelNotFound: 404, also when the model was deleted and its folder is still here.
        ModelNotReady: 409, its training has not ended well.
        ModelFileMissing: 404, the store has lost its file, or has other bytes under its name.
    """
    with platform.db.read() as conn:
        model = models.ready_record(conn, organization_id, model_id, purpose="label images")
    if PRODUCT_FILE not in model.files:
        raise ModelFileMissing(model.name, PRODUCT_FILE, why="no network was stored with it")
    folder = _cache(platform) / model.id
    if not _is_whole(folder, model):
        with _alone(folder.parent):
            # Whoever had the lock before may have done the same work.
            if not _is_whole(folder, model):
                _fetch(platform.blobs, model, folder)
    return folder.absolute()


def discard_local_folder(platform: Platform, model_id: str) -> None:
    """Remove what this machine keeps of a deleted model. Who has it open reads on."""
    shutil.rmtree(_cache(platform) / model_id, ignore_errors=True)


def _fetch(blobs: BlobStore, model: ModelRecord, folder: Path) -> None:
    incoming = folder.parent / _INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    for name in _wanted(model):
        copy_file(blobs, model, name, incoming / name)
    shutil.rmtree(folder, ignore_errors=True)
    incoming.rename(folder)


def copy_file(blobs: BlobStore, model: ModelRecord, name: str, target: Path) -> None:
    """Put one of a model's files at `target`, where nothing is yet.

    Raises:
        ModelFileMissing: 404, the store has lost it, or has other bytes under its name.
    """
    try:
        with blobs.as_file(model.files[name]) as stored:
            try:
                # Takes no room where the store is a folder of the same disk; a stored file is never changed.
                os.link(stored, target)
            except OSError:
                shutil.copyfile(stored, target)
    except FileNotFoundError as error:
        raise ModelFileMissing(model.name, name, why="it is not in the store") from error
    if not models.is_intact(target, model.files[name]):
        raise ModelFileMissing(model.name, name, why="the store has other bytes than were put there")


def _is_whole(folder: Path, model: ModelRecord) -> bool:
    return all(models.is_intact(folder / name, model.files[name]) for name in _wanted(model))


def _wanted(model: ModelRecord) -> list[str]:
    return [name for name in _WANTED if name in model.files]


def _cache(platform: Platform) -> Path:
    return platform.settings.data_dir / "cache" / "models"


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Hold the folder's lock; the system lets go of it when the process dies."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
