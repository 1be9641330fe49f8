"""Trained models: what a run leaves behind, kept, listed, handed out and deleted (R14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from pictograph.models.model import Model, ModelType
from pictograph_server.errors import Conflict, NotFound
from pictograph_server.services.models import repository
from pictograph_server.services.models.repository import ModelFilter, ModelRecord
from pictograph_server.signing import UrlSigner
from pictograph_server.storage.blobs import BlobStore
from pictograph_server.storage.db.types import new_id, now
from pictograph_server.storage.digest import file_sha256

# What people download when they ask for "the model".
PRODUCT_FILE = "model.onnx"

# 64 bits: enough to notice other bytes, also those of a damaged disk.
_DIGEST_CHARACTERS = 16
_MEDIA_TYPES = {".json": "application/json", ".md": "text/markdown; charset=utf-8", ".onnx": "application/octet-stream"}


class ModelNotFound(NotFound):
    code = "model_not_found"

    def __init__(self, model_id: str) -> None:
        super().__init__(
            f"There is no model {model_id!r}",
            fix="List the models there are with `client.models.list()`",
        )


class ModelNotReady(Conflict):
    code = "model_not_ready"

    def __init__(self, name: str, status: str, *, purpose: str) -> None:
        super().__init__(
            f"Model {name!r} cannot {purpose}",
            why=f"it is {status}",
            fix="Wait for its training run (`client.training.wait_for_completion`), then try again",
        )


class ModelFileMissing(NotFound):
    code = "model_file_missing"

    def __init__(self, name: str, filename: str, *, why: str) -> None:
        super().__init__(
            f"Model {name!r} has no file {filename!r}",
            why=why,
            fix="Ask for one of its files, or train again if the weights were lost",
        )


@dataclass(frozen=True, slots=True)
class NewModel:
    """A model to be kept: its files are in the blob store already (`store_files`)."""

    organization_id: str
    dataset_id: str
    training_run_id: str
    name: str
    model_type: ModelType
    architecture: str
    class_names: Sequence[str]
    metrics: Mapping[str, float]
    card: Mapping[str, object]
    files: Mapping[str, str]
    # The model that its training went on from.
    parent_model_id: str | None = None
    # The version of the dataset that it learned from.
    dataset_version_id: str | None = None
    dataset_version: int | None = None


def get(conn: Connection, organization_id: str, model_id: str) -> Model:
    return _to_wire(_require(conn, organization_id, model_id))


def list_models(conn: Connection, organization_id: str, wanted: ModelFilter, *, limit: int, offset: int) -> list[Model]:
    records = repository.page(conn, organization_id, wanted, limit=limit, offset=offset)
    return [_to_wire(record) for record in records]


def ready_record(conn: Connection, organization_id: str, model_id: str, *, purpose: str) -> ModelRecord:
    """Return a model's row.

    Args:
        purpose: what the model was wanted for, as it follows «cannot»: "be downloaded".
    Raises:
        ModelNotFound: 404.
        ModelNotReady: 409, its training has not ended well.
    """
    model = _require(conn, organization_id, model_id)
    if model.status not in ("ready", "archived"):
        raise ModelNotReady(model.name, model.status, purpose=purpose)
    return model


@dataclass(frozen=True, slots=True)
class Download:
    """Where a model's file can be fetched without a key, for an hour."""

    download_url: str
    filename: str
    model_name: str


def download(
    conn: Connection,
    blobs: BlobStore,
    signer: UrlSigner,
    organization_id: str,
    model_id: str,
    *,
    file: str = PRODUCT_FILE,
) -> Download:
    """Return a fresh link to one of the model's files.

    Raises:
        ModelNotFound, ModelNotReady: see `ready_record`.
        ModelFileMissing: it has no such file, or the store lost it.
    """
    model = ready_record(conn, organization_id, model_id, purpose="be downloaded")
    key = model.files.get(file)
    if key is None:
        raise ModelFileMissing(model.name, file, why=f"its files are {', '.join(sorted(model.files))}")
    if not blobs.exists(key):
        raise ModelFileMissing(model.name, file, why="it is not in the store")
    suffix = Path(file).suffix
    # The product is named after the model; its companions keep their own names beside it.
    filename = f"{model.name}{suffix}" if file == PRODUCT_FILE else f"{model.name}.{file}"
    media_type = _MEDIA_TYPES.get(suffix, "application/octet-stream")
    return Download(
        download_url=signer.download_url(key, filename=filename, media_type=media_type),
        filename=filename,
        model_name=model.name,
    )


def delete(conn: Connection, organization_id: str, model_id: str) -> list[str]:
    """Delete a model's row and return the keys of its blobs, to be removed once the transaction is committed."""
    model = _require(conn, organization_id, model_id)
    repository.remove(conn, organization_id, model_id)
    return list(model.files.values())


def file_keys(run_id: str, folder: Path) -> dict[str, str]:
    """Return file name -> key for every file of a model's folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    # The digest is in the key because a second attempt of the run may write other bytes.
    return {path.name: f"models/{run_id}/{file_sha256(path)[:_DIGEST_CHARACTERS]}/{path.name}" for path in files}


def is_intact(path: Path, key: str) -> bool:
    """Return whether a file has the bytes that its key of `file_keys` was made for."""
    return path.is_file() and file_sha256(path)[:_DIGEST_CHARACTERS] == digest_of(key)


def digest_of(key: str) -> str:
    """Return how the SHA-256 of the bytes begins that a key of `file_keys` was made for."""
    return key.split("/")[-2]


def store_files(blobs: BlobStore, folder: Path, keys: Mapping[str, str]) -> None:
    """Put the files of a model's folder into the store, in place of what a killed attempt left of them."""
    for name, key in keys.items():
        blobs.discard_partial(key)
        blobs.put_file(key, folder / name)


def create(conn: Connection, new: NewModel) -> str:
    """Add a ready model and return its id."""
    moment = now()
    record = ModelRecord(
        id=new_id(),
        organization_id=new.organization_id,
        dataset_id=new.dataset_id,
        training_run_id=new.training_run_id,
        name=new.name,
        description=None,
        model_type=new.model_type,
        architecture=new.architecture,
        visibility="private",
        status="ready",
        metrics=dict(new.metrics),
        class_mapping={str(index): name for index, name in enumerate(new.class_names)},
        version="1.0.0",
        parent_model_id=new.parent_model_id,
        dataset_version_id=new.dataset_version_id,
        dataset_version=new.dataset_version,
        card=new.card,
        files=new.files,
        created_at=moment,
        updated_at=moment,
    )
    repository.add(conn, record)
    return record.id


def class_names_of(model: ModelRecord) -> tuple[str, ...]:
    """Return what a model knows, in the order of its answers."""
    mapping = model.class_mapping or {}
    return tuple(mapping[index] for index in sorted(mapping, key=int))


def _require(conn: Connection, organization_id: str, model_id: str) -> ModelRecord:
    record = repository.find(conn, organization_id, model_id)
    if record is None:
        raise ModelNotFound(model_id)
    return record


def _to_wire(record: ModelRecord) -> Model:
    return Model(
        id=record.id,
        organization_id=record.organization_id,
        name=record.name,
        description=record.description,
        model_type=record.model_type,
        architecture=record.architecture,
        visibility=record.visibility,
        status=record.status,
        metrics=dict(record.metrics) if record.metrics is not None else None,
        class_mapping=dict(record.class_mapping) if record.class_mapping is not None else None,
        version=record.version,
        parent_model_id=record.parent_model_id,
        training_run_id=record.training_run_id,
        dataset_id=record.dataset_id,
        dataset_version_id=record.dataset_version_id,
        dataset_version=record.dataset_version,
        created_at=record.created_at,
        updated_at=record.updated_at,
    )
