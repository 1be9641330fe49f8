"""Images: metadata, bytes, uploads of one or many, deletion (contract §6.2)."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, Field, JsonValue
from starlette.responses import Response

from pictograph.models.dataset import DatasetImage
from pictograph_server.actor import Actor
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.at_once import AtOnce
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.routes.image_json import image_json
from pictograph_server.routes.receiving import received_file
from pictograph_server.routes.streaming import blob_response
from pictograph_server.services.batch import service as batch
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import bundle, uploads
from pictograph_server.services.images import service as images
from pictograph_server.services.images.blobs import remove_unreferenced
from pictograph_server.services.images.bundle import MemberResult
from pictograph_server.services.images.content import FileTooLarge
from pictograph_server.services.images.records import THUMBNAIL_MEDIA_TYPE, ImageNotFound
from pictograph_server.storage.blobs import image_key, thumbnail_key

router = APIRouter(prefix=f"{API}/images", tags=["images"])

# Bundles are checked by as many threads as help; more would only hold more of them in memory.
_bundles = AtOnce("bundles", 2)


# Any of the kinds of image that are taken, and parts of one.
_IMAGE = {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
_BYTES: dict[int | str, dict[str, Any]] = {200: _IMAGE, 206: {"description": "A part of it", **_IMAGE}}


class UploadUrlBody(BaseModel):
    dataset_id: str
    filename: str
    folder_path: str = "/"
    content_type: str = "application/octet-stream"


class CheckedFile(BaseModel):
    folder_path: str
    filename: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class UploadTicket(BaseModel):
    """Where the bytes go, and what is sent back when they are there; opaque but for `upload_url`."""

    success: Literal[True] = True
    upload_url: str
    gcs_bucket: str
    gcs_path: str
    gcs_uri: str


class Registered(BaseModel):
    success: Literal[True] = True
    image_id: str
    filename: str


class ImageAnswer(DatasetImage):
    """An image with what only our own clients read."""

    annotation_version: int
    image_auto_tags: dict[str, JsonValue]
    updated_at: datetime


class ImageEnvelope(BaseModel):
    image: ImageAnswer


class Uploaded(ImageEnvelope):
    success: Literal[True]
    image_id: str


class Deleted(BaseModel):
    success: Literal[True] = True
    image_id: str
    permanent: bool


class Presence(BaseModel):
    """For each file: is it there, is another one there under its name, or neither."""

    states: list[str]


class BundleAnswer(BaseModel):
    results: list[MemberResult]


class CheckBody(BaseModel):
    dataset_id: str
    images: Annotated[list[CheckedFile], Field(max_length=10_000)]


@router.post("/upload-url")
def create_upload_url(body: UploadUrlBody, actor: Member, platform: PlatformDep) -> UploadTicket:
    with platform.db.write() as conn:
        ticket = uploads.begin(
            conn,
            actor,
            dataset_id=body.dataset_id,
            filename=body.filename,
            folder_path=body.folder_path,
            content_type=body.content_type,
        )
    return UploadTicket(
        upload_url=platform.signer.upload_url(ticket.upload_id),
        gcs_bucket=uploads.BUCKET,
        gcs_path=ticket.path,
        gcs_uri=ticket.uri,
    )


@router.post("/register", status_code=201)
def register_image(
    actor: Member,
    platform: PlatformDep,
    dataset_id: Annotated[str, Form()],
    filename: Annotated[str, Form()],
    gcs_path: Annotated[str, Form()],
) -> Registered:
    # The form's sizes and types are the client's guess, empty where it had none; the server reads the bytes.
    image_id = uploads.complete(platform, actor, dataset_id=dataset_id, filename=filename, gcs_path=gcs_path)
    return Registered(image_id=image_id, filename=filename)


@router.post("/upload", status_code=201, response_model=Uploaded)
def upload_image(
    actor: Member,
    platform: PlatformDep,
    file: Annotated[UploadFile, File()],
    dataset_id: Annotated[str, Form()],
    folder_path: Annotated[str, Form()] = "/",
    filename: Annotated[str | None, Form()] = None,
) -> Response:
    name = filename or file.filename or ""
    limit = platform.settings.limits.image_bytes
    if file.size is not None and file.size > limit:
        raise FileTooLarge(name, limit)
    with platform.db.read() as conn:
        datasets.get_by_id(conn, actor.organization_id, dataset_id)
    image_id = uploads.add_image(platform, actor, dataset_id, folder_path, name, file.file.read())
    return json_response({"success": True, "image_id": image_id, "image": _metadata(platform, actor, image_id)}, 201)


@router.post("/check")
def check_images(body: CheckBody, actor: Member, platform: PlatformDep) -> Presence:
    files = [(entry.folder_path, entry.filename, entry.sha256) for entry in body.images]
    with platform.db.read() as conn:
        return Presence(states=list(bundle.presence(conn, actor.organization_id, body.dataset_id, files)))


@router.post("/bundle", response_model=BundleAnswer)
async def upload_bundle(
    request: Request, actor: Member, platform: PlatformDep, dataset_id: Annotated[str, Query()]
) -> Response:
    """Take an uncompressed tar of images (`application/x-tar`), members `<folder>/<filename>`."""
    limits = platform.settings.limits
    async with received_file(request, platform.settings.data_dir, limit_bytes=limits.bundle_bytes) as tar:
        results = await to_thread.run_sync(
            bundle.add_bundle, platform, actor, dataset_id, tar, limiter=_bundles.limiter()
        )
    return json_response({"results": [asdict(result) for result in results]})


@router.get("/{image_id}/metadata", response_model=ImageEnvelope)
def get_image_metadata(image_id: str, actor: Viewer, platform: PlatformDep) -> Response:
    return json_response({"image": _metadata(platform, actor, image_id)})


@router.get("/{image_id}/thumbnail", responses=_BYTES, response_class=Response)
def get_thumbnail(image_id: str, request: Request, actor: Viewer, platform: PlatformDep) -> Response:
    with platform.db.read() as conn:
        record = images.get(conn, actor.organization_id, image_id)
    if not record.has_thumbnail:
        raise ThumbnailNotReady(image_id)
    return blob_response(
        request,
        platform.blobs,
        thumbnail_key(record.sha256),
        filename=f"{record.filename}.thumbnail.jpg",
        media_type=THUMBNAIL_MEDIA_TYPE,
    )


@router.get("/{image_id}", responses=_BYTES, response_class=Response)
def get_image(image_id: str, request: Request, actor: Viewer, platform: PlatformDep) -> Response:
    """Answer the bytes themselves, whatever Accept says."""
    with platform.db.read() as conn:
        record = images.get(conn, actor.organization_id, image_id)
    return blob_response(
        request, platform.blobs, image_key(record.sha256), filename=record.filename, media_type=record.mime_type
    )


@router.delete("/{image_id}")
def delete_image(image_id: str, actor: Admin, platform: PlatformDep, permanent: bool = False) -> Deleted:
    with platform.db.write() as conn:
        sha256s = batch.delete_one(conn, actor, image_id, permanent=permanent)
    remove_unreferenced(platform, sha256s)
    return Deleted(image_id=image_id, permanent=permanent)


class ThumbnailNotReady(ImageNotFound):
    code = "thumbnail_not_ready"


def _metadata(platform: Platform, actor: Actor, image_id: str) -> dict[str, object]:
    with platform.db.read() as conn:
        record = images.get(conn, actor.organization_id, image_id)
    return image_json(record, platform.signer, platform.signer.base_url)
