"""Datasets: the read side, with their images and the listing for downloads (contract §6.1)."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from pictograph.models.dataset import Dataset, DatasetClass
from pictograph_server.actor import Actor
from pictograph_server.auth import Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.routes.image_json import download_item_json, image_json
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import downloads
from pictograph_server.services.images import service as images

router = APIRouter(prefix=f"{API}/datasets", tags=["datasets"])

Limit = Annotated[int, Query(ge=1, le=10_000)]


class ClassAnswer(DatasetClass):
    prompts: list[str]


class DatasetAnswer(Dataset):
    """A dataset with what only our own clients read."""

    classes: list[ClassAnswer] = Field(default_factory=list[ClassAnswer])  # pyright: ignore[reportIncompatibleVariableOverride]
    annotation_types: list[str]
    review_required: bool
    updated_at: datetime


class DatasetEnvelope(BaseModel):
    dataset: DatasetAnswer


class DatasetList(BaseModel):
    datasets: list[DatasetAnswer]


class DownloadItem(BaseModel):
    """One image of a download: the address of its bytes is signed, that of its annotations needs the key."""

    id: str
    filename: str
    folder_path: str
    file_size: int
    sha256: str
    annotation_count: int
    annotation_version: int
    image_url: str | None
    annotation_url: str | None


class DownloadListing(BaseModel):
    dataset_id: str
    name: str
    items: list[DownloadItem]
    # Without a cursor; with one, on the first page.
    total_items: int = 0
    # With a cursor.
    total_annotated: int = 0
    next_cursor: str | None = None


@router.get("/", response_model=DatasetList)
def list_datasets(
    actor: Viewer, platform: PlatformDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Offset = 0
) -> Response:
    with platform.db.read() as conn:
        records = datasets.list_page(conn, actor.organization_id, limit=limit, offset=offset)
    return json_response({"datasets": [_dataset_json(record) for record in records]})


@router.get("/by-name/{name}", response_model=DatasetEnvelope)
def get_dataset(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    include_images: bool = False,
    images_limit: Limit = 1000,
    images_offset: Offset = 0,
) -> Response:
    with platform.db.read() as conn:
        record = datasets.get_by_name(conn, actor.organization_id, name)
        answer = _dataset_json(record)
        if include_images:
            page = images.list_page(conn, record.id, limit=images_limit, offset=images_offset)
            base_url = platform.signer.base_url
            answer["images"] = [image_json(image, platform.signer, base_url) for image in page]
    return json_response({"dataset": answer})


@router.get("/by-name/{name}/download", response_model=DownloadListing)
def list_for_download(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    mode: Literal["full", "images_only", "annotations_only"] = "full",
    status_filter: str | None = None,
    limit: Limit = 10_000,
    offset: Offset = 0,
    cursor: str | None = None,
) -> Response:
    """List files to download: by offset, newest first; or with `cursor` (empty at the beginning), oldest first."""
    if cursor is not None:
        return _page_for_download(name, actor, platform, mode, status_filter, limit, cursor)
    with platform.db.read() as conn:
        record = datasets.get_by_name(conn, actor.organization_id, name)
        page = images.list_page(conn, record.id, limit=limit, offset=offset, status_filter=status_filter)
        total = images.count(conn, record.id, status_filter=status_filter)
    base_url = platform.signer.base_url
    items = [download_item_json(image, platform.signer, base_url, mode) for image in page]
    return json_response({"dataset_id": record.id, "name": record.name, "items": items, "total_items": total})


def _page_for_download(
    name: str, actor: Actor, platform: Platform, mode: str, status_filter: str | None, limit: int, cursor: str
) -> Response:
    with platform.db.read() as conn:
        record = datasets.get_by_name(conn, actor.organization_id, name)
        page = downloads.list_for_download(conn, record.id, cursor=cursor, limit=limit, status_filter=status_filter)
    base_url = platform.signer.base_url
    answer: dict[str, object] = {
        "dataset_id": record.id,
        "name": record.name,
        "items": [download_item_json(image, platform.signer, base_url, mode) for image in page.images],
        "next_cursor": page.next_cursor,
    }
    if page.total_images is not None:
        answer |= {"total_items": page.total_images, "total_annotated": page.total_annotated}
    return json_response(answer)


@router.get("/{dataset_id}", response_model=DatasetEnvelope)
def get_dataset_by_id(dataset_id: str, actor: Viewer, platform: PlatformDep) -> Response:
    with platform.db.read() as conn:
        return json_response({"dataset": _dataset_json(datasets.get_by_id(conn, actor.organization_id, dataset_id))})


def _dataset_json(record: DatasetRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "organization_id": record.organization_id,
        "name": record.name,
        "description": record.description,
        "annotation_types": record.annotation_types,
        "review_required": record.review_required,
        "image_count": record.image_count,
        "completed_image_count": record.completed_image_count,
        "total_size": record.total_size_bytes,
        "archived_images": record.archived_image_count,
        "classes": [
            {"name": entry.name, "type": entry.type, "color": entry.color, "prompts": entry.prompts}
            for entry in record.classes
        ],
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }
