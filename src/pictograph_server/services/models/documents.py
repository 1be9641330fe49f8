"""What was written down about a model when it was made: its card, its files, how good it was."""

from sqlalchemy import Connection

from pictograph.models.card import ModelCard
from pictograph.models.evaluation import ModelEvaluation
from pictograph.models.model import ModelFile
from pictograph_server.services.models.repository import ModelRecord
from pictograph_server.services.models.service import ModelFileMissing, digest_of, ready_record
from pictograph_server.storage.blobs import BlobStore

_CARD = "card.json"
_EVALUATION = "evaluation.json"


def card(conn: Connection, organization_id: str, model_id: str) -> ModelCard:
    """Return the model's card.

    Raises:
        ModelNotFound, ModelNotReady: see `ready_record`.
        ModelFileMissing: 404, it was made without one.
    """
    model = ready_record(conn, organization_id, model_id, purpose="be described")
    if not model.card:
        raise ModelFileMissing(model.name, _CARD, why="it was made without one")
    return ModelCard.model_validate(model.card)


def files(conn: Connection, blobs: BlobStore, organization_id: str, model_id: str) -> list[ModelFile]:
    """Return the model's files that are in the store, by name.

    Raises:
        ModelNotFound, ModelNotReady: see `ready_record`.
    """
    model = ready_record(conn, organization_id, model_id, purpose="be downloaded")
    return [
        ModelFile(name=name, size_bytes=blobs.size(key), digest=digest_of(key))
        for name, key in sorted(model.files.items())
        if blobs.exists(key)
    ]


def training_evaluation(conn: Connection, blobs: BlobStore, organization_id: str, model_id: str) -> ModelEvaluation:
    """Return every figure that the model's training ended with.

    Raises:
        ModelNotFound, ModelNotReady: see `ready_record`.
        ModelFileMissing: 404, it was made without them, or the store lost them.
    """
    model = ready_record(conn, organization_id, model_id, purpose="be looked at")
    return ModelEvaluation.model_validate_json(_content(blobs, model, _EVALUATION))


def _content(blobs: BlobStore, model: ModelRecord, file: str) -> bytes:
    key = model.files.get(file)
    if key is None:
        raise ModelFileMissing(model.name, file, why=f"its files are {', '.join(sorted(model.files))}")
    try:
        return blobs.get(key)
    except FileNotFoundError as error:
        raise ModelFileMissing(model.name, file, why="it is not in the store") from error
