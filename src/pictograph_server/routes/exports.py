"""Exports: endpoints 15-19."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pictograph.models.export import AnyExportFormat, ExportFormatInfo, ExportStatus
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.services.exports import formats
from pictograph_server.services.exports import service as exports
from pictograph_server.services.exports.service import ExportAnswer, ExportRequest

router = APIRouter(prefix="/api/v1/developer/exports", tags=["exports"])


class CreateExport(BaseModel):
    dataset_name: str
    name: str = Field(min_length=1, max_length=exports.MAX_NAME_LENGTH)
    format: str = "pictograph"
    include_images: bool = False
    class_filter: list[str] | None = None
    status_filter: str | None = None
    version: str | None = None


class ExportEnvelope(BaseModel):
    export: ExportAnswer


class ExportList(BaseModel):
    exports: list[ExportAnswer]


class FormatList(BaseModel):
    formats: list[ExportFormatInfo]


class DownloadLink(BaseModel):
    download_url: str


@router.post("/", status_code=201)
def create_export(body: CreateExport, actor: Member, platform: PlatformDep) -> ExportEnvelope:
    request = ExportRequest(
        dataset_name=body.dataset_name,
        name=body.name,
        format=body.format,
        include_images=body.include_images,
        class_filter=body.class_filter,
        status_filter=body.status_filter,
        version=body.version,
    )
    with platform.db.write() as conn:
        return ExportEnvelope(export=exports.create(conn, actor, request))


@router.get("/")
def list_exports(
    request: Request,
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    status: ExportStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Offset = 0,
) -> ExportList:
    with platform.db.read() as conn:
        found = exports.list_exports(
            conn,
            actor.organization_id,
            dataset_name=dataset_name,
            status=status,
            limit=limit,
            offset=offset,
            formats=_formats_known_to(request),
        )
    return ExportList(exports=found)


@router.get("/formats")
def list_formats(actor: Viewer) -> FormatList:
    """The formats there are, with what each can hold."""
    del actor
    return FormatList(formats=list(formats.formats()))


@router.get("/{dataset_name}/{export_name}")
def get_export(
    dataset_name: str, export_name: str, request: Request, actor: Viewer, platform: PlatformDep
) -> ExportEnvelope:
    formats = _formats_known_to(request)
    with platform.db.read() as conn:
        export = exports.get(conn, actor.organization_id, dataset_name, export_name, formats=formats)
    return ExportEnvelope(export=export)


@router.get("/{dataset_name}/{export_name}/events", response_class=EventStream)
async def follow_export(
    dataset_name: str, export_name: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The export whenever it changes, and what its job says."""

    def look(conn: Connection) -> JobLook:
        export = exports.get(conn, actor.organization_id, dataset_name, export_name)
        return JobLook(ExportEnvelope(export=export), export.id, export.status in OVER)

    return await job_stream(request, platform, heard, look)


@router.get("/{dataset_name}/{export_name}/download")
def download_export(dataset_name: str, export_name: str, actor: Viewer, platform: PlatformDep) -> DownloadLink:
    with platform.db.read() as conn:
        url = exports.download_url(conn, platform.signer, actor.organization_id, dataset_name, export_name)
    return DownloadLink(download_url=url)


@router.delete("/{dataset_name}/{export_name}", status_code=204)
def delete_export(dataset_name: str, export_name: str, actor: Admin, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        keys = exports.delete(conn, actor, dataset_name, export_name)
    for key in keys:
        platform.blobs.delete(key)
    return Response(status_code=204)


def _formats_known_to(request: Request) -> tuple[AnyExportFormat, ...] | None:
    return exports.formats_known_to(request.headers.get("user-agent", ""))
