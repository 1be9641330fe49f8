"""Trained models: endpoints 24-27."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from pictograph.models.model import Model, ModelStatus, ModelType
from pictograph_server.auth import Admin, Viewer
from pictograph_server.routes.dependencies import Offset, PlatformDep
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


@router.get("/")
def list_models(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    status: ModelStatus | None = None,
    model_type: ModelType | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Offset = 0,
) -> ModelList:
    wanted = ModelFilter(dataset_name=dataset_name, status=status, model_type=model_type)
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


@router.delete("/{model_id}", status_code=204)
def delete_model(model_id: str, actor: Admin, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        keys = models.delete(conn, actor.organization_id, model_id)
    for key in keys:
        platform.blobs.delete(key)
    discard_local_folder(platform, model_id)
    return Response(status_code=204)
