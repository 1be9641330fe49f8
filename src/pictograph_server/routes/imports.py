"""Imports: an archive sent in parts, the plan of what it will do, and the import itself."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pictograph.models.dataset_import import DatasetImport, MergeRule
from pictograph.models.image import ImageStatus
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, Look, Position, event_stream
from pictograph_server.routes.receiving import received_file
from pictograph_server.services.imports import service as imports
from pictograph_server.services.imports import uploads
from pictograph_server.services.imports.uploads import ImportRequest

router = APIRouter(prefix=f"{API}/imports", tags=["imports"])


class CreateImport(BaseModel):
    dataset_name: Annotated[str, Field(min_length=1, max_length=200)]
    # For people: the archive's or the folder's name.
    filename: Annotated[str, Field(min_length=1, max_length=400)]
    size_bytes: Annotated[int, Field(ge=1)]
    # What the client knows its files by; an upload that was cut short goes on under the same one.
    fingerprint: Annotated[str, Field(min_length=1, max_length=64)]
    part_bytes: Annotated[int, Field(ge=uploads.SMALLEST_PART_BYTES, le=uploads.LARGEST_PART_BYTES)] = (
        uploads.PART_BYTES
    )
    merge: MergeRule = "keep"
    format: str | None = None
    labels_only: bool = False
    folder_path: str = "/"
    image_status: ImageStatus | None = None
    create_if_missing: bool = True


class ImportEnvelope(BaseModel):
    # `import` is a word of Python's.
    dataset_import: DatasetImport


class ImportList(BaseModel):
    imports: list[DatasetImport]


class PartTaken(BaseModel):
    number: int


@router.post("/", status_code=201)
def create_import(body: CreateImport, actor: Member, platform: PlatformDep) -> ImportEnvelope:
    """Announce an import, or go on with one of the same files that was begun before."""
    return ImportEnvelope(dataset_import=uploads.create(platform, actor, ImportRequest(**body.model_dump())))


@router.get("/")
def list_imports(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> ImportList:
    with platform.db.read() as conn:
        found = imports.list_imports(conn, actor.organization_id, dataset_name=dataset_name, limit=limit, offset=offset)
    return ImportList(imports=found)


@router.get("/{import_id}")
def get_import(import_id: str, actor: Viewer, platform: PlatformDep) -> ImportEnvelope:
    with platform.db.read() as conn:
        return ImportEnvelope(dataset_import=imports.get(conn, actor.organization_id, import_id))


@router.get("/{import_id}/events", response_class=EventStream)
async def follow_import(
    import_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The import whenever it changes."""

    def look(conn: Connection, position: Position) -> Look:
        # The plan is one job and the import another: what they say has no one order, so the import alone is told.
        del position
        found = imports.get(conn, actor.organization_id, import_id)
        return Look(ImportEnvelope(dataset_import=found), found.status in OVER)

    return await event_stream(request, platform, heard, look)


@router.put(
    "/{import_id}/parts/{number}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_part(
    import_id: str,
    number: int,
    request: Request,
    actor: Member,
    platform: PlatformDep,
    sha256: Annotated[str, Query(pattern=r"^[0-9a-fA-F]{64}$")],
) -> PartTaken:
    """Take a part of the archive, counted from 0; the same one again replaces it. All but the last are alike long."""

    def expected() -> int:
        with platform.db.read() as conn:
            return uploads.expected_part(conn, actor.organization_id, import_id, number)

    size = await to_thread.run_sync(expected)
    async with received_file(request, platform.settings.data_dir, limit_bytes=size) as file:
        await to_thread.run_sync(
            lambda: uploads.receive_part(platform, actor.organization_id, import_id, number, file, sha256=sha256)
        )
    return PartTaken(number=number)


@router.post("/{import_id}/plan")
def plan_import(import_id: str, actor: Member, platform: PlatformDep) -> ImportEnvelope:
    """Have the plan made: what the archive holds and what importing it will do. Nothing of the dataset changes."""
    with platform.db.write() as conn:
        return ImportEnvelope(dataset_import=imports.plan(conn, actor.organization_id, import_id))


@router.post("/{import_id}/start")
def start_import(import_id: str, actor: Member, platform: PlatformDep) -> ImportEnvelope:
    """Do what was planned."""
    with platform.db.write() as conn:
        return ImportEnvelope(dataset_import=imports.start(conn, actor, import_id))


@router.post("/{import_id}/cancel")
def cancel_import(import_id: str, actor: Member, platform: PlatformDep) -> ImportEnvelope:
    """Stop an import. What has been imported stays."""
    with platform.db.write() as conn:
        return ImportEnvelope(dataset_import=imports.cancel(conn, actor, import_id))
