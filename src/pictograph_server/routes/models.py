"""Trained models: endpoints 24-27."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from pictograph.models.card import ModelCard
from pictograph.models.evaluation import ModelEvaluation
from pictograph.models.model import Model, ModelFile, ModelStatus, ModelType
from pictograph_server.auth import Admin, Viewer
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.services.models import documents
from pictograph_server.services.models import service as models
from pictograph_server.services.models.local_folder import discard_local_folder
from pictograph_server.services.models.repository import ModelFilter

router = APIRouter(prefix="/api/v1/developer/models", tags=["models"])


class ModelEnvelope(BaseModel):
    model: Model


class ModelList(BaseModel):
    models: list[Model]


class ModelDownload(BaseModel):
    download_url: str
    filename: str
    model_name: str


class ModelCardEnvelope(BaseModel):
    card: ModelCard


class ModelFileList(BaseModel):
    files: list[ModelFile]


class TrainingEvaluation(BaseModel):
    evaluation: ModelEvaluation


@router.get("/")
def list_models(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    status: ModelStatus | None = None,
    model_type: ModelType | None = None,
    parent_model_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Offset = 0,
) -> ModelList:
    wanted = ModelFilter(dataset_name, status, model_type, parent_model_id)
    with platform.db.read() as conn:
        found = models.list_models(conn, actor.organization_id, wanted, limit=limit, offset=offset)
    return ModelList(models=found)


@router.get("/{model_id}")
def get_model(model_id: str, actor: Viewer, platform: PlatformDep) -> ModelEnvelope:
    with platform.db.read() as conn:
        return ModelEnvelope(model=models.get(conn, actor.organization_id, model_id))


@router.get("/{model_id}/download")
def download_model(
    model_id: str, actor: Viewer, platform: PlatformDep, file: str = models.PRODUCT_FILE
) -> ModelDownload:
    """`file` names one of the model's files; the ONNX network when it is left out."""
    with platform.db.read() as conn:
        link = models.download(conn, platform.blobs, platform.signer, actor.organization_id, model_id, file=file)
    return ModelDownload(download_url=link.download_url, filename=link.filename, model_name=link.model_name)


@router.get("/{model_id}/card")
def get_model_card(model_id: str, actor: Viewer, platform: PlatformDep) -> ModelCardEnvelope:
    with platform.db.read() as conn:
        return ModelCardEnvelope(card=documents.card(conn, actor.organization_id, model_id))


@router.get("/{model_id}/files")
def list_model_files(model_id: str, actor: Viewer, platform: PlatformDep) -> ModelFileList:
    with platform.db.read() as conn:
        return ModelFileList(files=documents.files(conn, platform.blobs, actor.organization_id, model_id))


@router.get("/{model_id}/evaluation")
def get_training_evaluation(model_id: str, actor: Viewer, platform: PlatformDep) -> TrainingEvaluation:
    """How good it was on the images that its own training held back."""
    with platform.db.read() as conn:
        found = documents.training_evaluation(conn, platform.blobs, actor.organization_id, model_id)
    return TrainingEvaluation(evaluation=found)


@router.delete("/{model_id}", status_code=204)
def delete_model(model_id: str, actor: Admin, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        keys = models.delete(conn, actor.organization_id, model_id)
    for key in keys:
        platform.blobs.delete(key)
    discard_local_folder(platform, model_id)
    return Response(status_code=204)
